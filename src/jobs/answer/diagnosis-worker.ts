/** Takes questions from the queue, diagnoses each once, and answers all of its requesters. */
import type { Logger } from 'pino';
import type { Subject, Symptoms } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { formatUnknownVersion } from '../../formatters/answer/undelivered.ts';
import type { Answer, Message } from '../../formatters/message.ts';
import { deliver, type Reply, say } from '../deliver/wanted.ts';
import type { GatherPhase } from '../gather/gather.ts';
import {
  DIAGNOSES,
  type DiagnosisJob,
  QUESTIONS,
  type QueueBackend,
  questionKey,
  type WorkerSettings,
} from '../queue/queues.ts';
import {
  type AnyJob,
  isLastAttempt,
  type Recipient,
  type RunningWorker,
  rejectionOf,
  runWorker,
} from '../queue/run-worker.ts';
import { type DiagnoseRequest, diagnoseRequestSchema, questionSchema } from '../requests.ts';
import { record, recordStretch } from '../telemetry.ts';
import {
  adoptQuestion,
  answerRequesters,
  dropRequester,
  type ProgressMessages,
  type Requester,
  requestersAmong,
  type Waiting,
  waitingFor,
} from './requests-queue.ts';

export interface DiagnosisWorkerOptions {
  readonly backend: QueueBackend;
  /** Unavailable sources are a diagnosis; a rejection is a bug. `onPhase` reports the progress. */
  diagnose(
    subject: Subject,
    symptom: Symptoms | null,
    signal: AbortSignal,
    onPhase: (phase: GatherPhase) => void,
  ): Promise<Diagnosis>;
  format(diagnosis: Diagnosis, question: DiagnosisJob): Answer | Promise<Answer>;
  /** With `isPointed`, the request is answered by another message of this run, and this answer is only a fallback. */
  personal?(answer: Answer, diagnosis: Diagnosis, request: DiagnoseRequest, isPointed: boolean): Promise<Reply | null>;
  /** Whether a request gets an answer: not for pasted IDs that are muted. */
  accepts?(request: DiagnoseRequest): Promise<boolean>;
  /** For requesters whose channel already shows an answer: what replaces the placeholder and the apology. */
  readonly again?: {
    looking(request: DiagnoseRequest): Promise<Reply | null>;
    apology(request: DiagnoseRequest, apology: Message): Promise<Reply>;
  };
  readonly messages: ProgressMessages;
  readonly concurrency: number;
  readonly log: Logger;
  /** A diagnosis that takes longer is treated as a bug. */
  readonly timeLimitMs?: number;
  readonly settings?: WorkerSettings;
}

export interface DiagnosisWorker extends RunningWorker {
  readonly stats: { readonly diagnosed: number; readonly answered: number; readonly failed: number };
}

const TIME_LIMIT_MS = 120_000;
/** Requesters who wait longer see progress. */
const FIRST_PROGRESS_MS = 700;
/** Slack allows about 50 edits per minute, and a quick answer needs none. */
const PROGRESS_INTERVAL_MS = 2500;

export function startDiagnosisWorker(options: DiagnosisWorkerOptions): DiagnosisWorker {
  const { backend, log } = options;
  const stats = { diagnosed: 0, answered: 0, failed: 0 };
  const shared = {
    settings: { concurrency: options.concurrency, ...options.settings },
    failed(job: AnyJob, err: Error) {
      stats.failed += 1;
      log.error({ jobId: job.id, reference: referenceOf(job), err }, 'diagnosis failed');
    },
    exhausted: (question: DiagnosisJob, job: AnyJob) => apologize(options, question, job),
    unreadable: (recipient: Recipient) => say(backend.back, recipient, { summary: formatUnknownVersion(), thread: [] }),
  };

  async function run(question: DiagnosisJob, job: AnyJob, signal: AbortSignal): Promise<void> {
    const answered = await answerQuestion(question, job, signal, options);
    if (answered === null) return;
    stats.answered += answered;
    stats.diagnosed += 1;
  }

  const workers = [
    runWorker<DiagnoseRequest>(
      backend,
      {
        ...shared,
        queue: QUESTIONS,
        schema: diagnoseRequestSchema,
        run: (request, job, _token, signal) => run(request, job, signal),
      },
      log,
    ),
    // Handles jobs of an earlier version, which had a separate queue for them.
    runWorker<DiagnosisJob>(
      backend,
      {
        ...shared,
        queue: DIAGNOSES,
        schema: questionSchema,
        run: (data, job, _token, signal) => run(data, job, signal),
      },
      log,
    ),
  ];

  return {
    stats,
    async close(graceMs) {
      await Promise.all(workers.map((worker) => worker.close(graceMs)));
    },
  };
}

/** Returns the number of answered requesters; null when nobody waited for the answer. */
async function answerQuestion(
  asked: DiagnosisJob,
  job: AnyJob,
  signal: AbortSignal,
  options: DiagnosisWorkerOptions,
): Promise<number | null> {
  const { log, personal } = options;
  const { back } = options.backend;
  const { subject, symptom } = asked;
  const question = { subject, symptom };
  const key = questionKey(subject, symptom);
  const audience = createAudience(key, asked, options);
  if ((await audience.current()).length === 0) return null;
  const startMs = Date.now();
  try {
    const diagnosis = await diagnoseWithProgress(question, audience, signal, options);
    if (diagnosis === null) {
      log.info({ jobId: job.id, key }, 'stopped: nobody waits any more');
      return null;
    }
    const answer = await options.format(diagnosis, question);
    signal.throwIfAborted();
    // Read again, so that people who joined during the diagnosis also get the answer.
    const answeredMs = Date.now();
    const requesters = await audience.current();
    const answered = await answerRequesters(back, requesters, async (request, isPointed) => {
      traceDiagnosis(request, diagnosis, { startMs, answeredMs });
      return personal === undefined ? answer : personal(answer, diagnosis, request, isPointed);
    });
    const requestIds = requesters.map(({ request }) => request.requestId);
    log.info(
      { jobId: job.id, key, requestIds, answered, verdict: diagnosis.verdict, cause: diagnosis.primary?.cause },
      'diagnosed',
    );
    return answered;
  } catch (error) {
    if (!signal.aborted && isLastAttempt(job, error)) await apologize(options, question, job);
    throw error;
  }
}

/** Traces one requester's wait in the queue and the diagnosis. */
function traceDiagnosis(
  { requestId, askedAt, subject }: DiagnoseRequest,
  { verdict, primary, analysisMs, operationId, sources }: Diagnosis,
  { startMs, answeredMs }: { readonly startMs: number; readonly answeredMs: number },
): void {
  const gatheredMs = Math.max(startMs, answeredMs - analysisMs);
  const part = (name: string, from: number, to: number) => ({
    ...{ name, kind: 'internal' as const, startMs: from, endMs: to, attributes: {}, error: null },
  });
  recordStretch(requestId, false, () => part('wait in the queue', Math.min(askedAt / 1000, startMs), startMs));
  recordStretch(requestId, false, () => ({
    name: 'diagnose',
    kind: 'consumer',
    startMs,
    endMs: answeredMs,
    attributes: {
      // Not operation.id: a search for the operation must not find the bot's own spans.
      'ktrdr.operation.id': operationId,
      'ktrdr_bot.subject': subject.kind,
      'ktrdr_bot.verdict': verdict,
      'ktrdr_bot.cause': primary?.cause ?? null,
      ...Object.fromEntries(sources.map(({ name, state }) => [`ktrdr_bot.source.${name}`, state])),
    },
    error: verdict === 'unavailable' ? 'unavailable' : null,
    parts: [part('gather', startMs, gatheredMs), part('analyze', gatheredMs, answeredMs)],
  }));
}

interface Audience {
  /** The requesters who are currently waiting. Each request is checked only once for whether it gets an answer. */
  current(): Promise<readonly Requester[]>;
}

function createAudience(key: string, asked: DiagnosisJob, { backend, accepts }: DiagnosisWorkerOptions): Audience {
  const { back } = backend;
  const accepted = new Set<string>();
  let isAdopted = false;

  async function waiting(): Promise<readonly Waiting[]> {
    const found = await waitingFor(back, key);
    const request = isAdopted ? undefined : diagnoseRequestSchema.safeParse(asked).data;
    isAdopted = true;
    return request !== undefined && (await adoptQuestion(back, request, found)) ? waitingFor(back, key) : found;
  }

  async function accept(one: Waiting): Promise<boolean> {
    const { request } = one;
    const isAccepted = accepts === undefined || accepted.has(request.requestId) || (await accepts(request));
    if (isAccepted) accepted.add(request.requestId);
    else await dropRequester(back, one);
    return isAccepted;
  }

  return {
    async current() {
      const all = await waiting();
      const isAccepted = await Promise.all(all.map(accept));
      return requestersAmong(all.filter((_, i) => isAccepted[i]));
    },
  };
}

/**
 * Diagnoses within the time limit, and regularly shows progress to the requesters. Null when all of them cancelled, which may
 * happen through another process.
 */
async function diagnoseWithProgress(
  { subject, symptom }: DiagnosisJob,
  audience: Audience,
  signal: AbortSignal,
  { backend, diagnose, messages, again, log, timeLimitMs = TIME_LIMIT_MS }: DiagnosisWorkerOptions,
): Promise<Diagnosis | null> {
  const cancellation = new AbortController();
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeLimitMs), cancellation.signal]);
  const shown = new Map<string, GatherPhase | null | 'again'>();
  let phase: GatherPhase | null = null;

  async function showProgress(): Promise<void> {
    const requesters = await audience.current();
    if (requesters.length === 0) return cancellation.abort(new Error('nobody waits any more'));
    for (const { request, elsewhere } of requesters) {
      const before = shown.get(request.requestId);
      const isShown = before !== undefined && (elsewhere !== null || before === 'again' || before === phase);
      if (isShown || request.isQuiet === true) continue;
      const looking = before === undefined ? await again?.looking(request) : null;
      shown.set(request.requestId, looking == null ? phase : 'again');
      if (looking != null) {
        await deliver(backend.back, request, 'placeholder', looking);
        continue;
      }
      const summary = phase === null ? messages.placeholder(request) : messages.phase(request, phase);
      const stage = phase === null ? 'placeholder' : 'phase';
      await deliver(backend.back, request, stage, { summary, thread: [], elsewhere });
    }
  }
  function show(): void {
    showProgress().catch((err: unknown) => log.warn({ err }, 'could not check the requesters or show progress'));
  }
  const first = setTimeout(show, FIRST_PROGRESS_MS);
  const later = setInterval(show, PROGRESS_INTERVAL_MS);
  try {
    const diagnosis = diagnose(subject, symptom, limited, (current) => {
      phase = current;
    });
    return await Promise.race([diagnosis, rejectionOf(limited)]);
  } catch (error) {
    if (cancellation.signal.aborted) return null;
    throw error;
  } finally {
    clearTimeout(first);
    clearInterval(later);
  }
}

async function apologize(
  { backend, messages, again }: DiagnosisWorkerOptions,
  { subject, symptom }: DiagnosisJob,
  job: AnyJob,
): Promise<void> {
  record({ kind: 'request', outcome: 'apologized' });
  const requesters = requestersAmong(await waitingFor(backend.back, questionKey(subject, symptom)));
  await answerRequesters(backend.back, requesters, (request) => {
    if (request.isQuiet === true) return null;
    const apology = messages.failed(request, referenceOf(job));
    return again === undefined ? { summary: apology, thread: [] } : again.apology(request, apology);
  });
}

function referenceOf(job: AnyJob): string {
  return `diagnosis-${job.id}`;
}
