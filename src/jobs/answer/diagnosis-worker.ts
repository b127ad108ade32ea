/** Takes requests from their queue, diagnoses each question once, and answers all of its requesters. */
import type { Logger } from 'pino';
import type { Subject, Symptom } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Answer } from '../../formatters/message.ts';
import { deliver } from '../deliver/wanted.ts';
import type { GatherPhase } from '../gather/gather.ts';
import {
  DIAGNOSES,
  type DiagnosisJob,
  QUESTIONS,
  type QueueBackend,
  type QueueClient,
  questionKey,
  type WorkerSettings,
} from '../queue/queues.ts';
import { type AnyJob, isLastAttempt, type RunningWorker, rejectionOf, runWorker } from '../queue/run-worker.ts';
import { type DiagnoseRequest, diagnoseRequestSchema, questionSchema } from '../requests.ts';
import { answerRequesters, type ProgressMessages, takeQuestion, waitingRequesters } from './requests-queue.ts';

export interface DiagnosisWorkerOptions {
  readonly backend: QueueBackend;
  /** Unavailable sources are a diagnosis; a rejection is a bug. `onPhase` reports the progress. */
  diagnose(
    subject: Subject,
    symptom: Symptom | null,
    signal: AbortSignal,
    onPhase: (phase: GatherPhase) => void,
  ): Promise<Diagnosis>;
  format(diagnosis: Diagnosis, question: DiagnosisJob): Answer;
  personal?(answer: Answer, diagnosis: Diagnosis, request: DiagnoseRequest): Promise<Answer | null>;
  /** Whether a request is taken at all: pasted IDs may be dropped. */
  accepts?(request: DiagnoseRequest): Promise<boolean>;
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
/** Slack allows about 50 edits per minute, and a quick answer needs none. */
const PROGRESS_INTERVAL_MS = 2500;
const SWEEP_INTERVAL_MS = 30_000;
const MAX_SWEPT = 50;

export function startDiagnosisWorker(options: DiagnosisWorkerOptions): DiagnosisWorker {
  const { backend, messages, log } = options;
  const { back } = backend;
  const stats = { diagnosed: 0, answered: 0, failed: 0 };
  const settings = { concurrency: options.concurrency, ...options.settings };

  const worker = runWorker(
    backend,
    {
      queue: DIAGNOSES,
      schema: questionSchema,
      settings,
      async run(question, job, _token, signal) {
        const answered = await answerQuestion(question, job, signal, options);
        if (answered === null) return;
        stats.answered += answered;
        stats.diagnosed += 1;
      },
      failed(job, err) {
        stats.failed += 1;
        log.error({ jobId: job.id, reference: referenceOf(job), err }, 'diagnosis failed');
      },
    },
    log,
  );
  const intake = runWorker(
    backend,
    {
      queue: QUESTIONS,
      schema: diagnoseRequestSchema,
      settings,
      async run(request) {
        if (options.accepts !== undefined && !(await options.accepts(request))) return;
        await takeQuestion(back, request, request.isQuiet === true ? null : messages.placeholder(request));
      },
      failed: (job, err) => log.error({ jobId: job.id, err }, 'a request could not be taken'),
    },
    log,
  );
  const sweep = () =>
    apologizeForLostJobs(back, messages).catch((err: unknown) => log.warn({ err }, 'could not check the failed jobs'));
  void sweep();
  const sweeping = setInterval(sweep, SWEEP_INTERVAL_MS);

  return {
    stats,
    async close(graceMs) {
      clearInterval(sweeping);
      await Promise.all([intake.close(graceMs), worker.close(graceMs)]);
    },
  };
}

/** Returns the number of answered requesters; null when nobody waited for the answer. */
async function answerQuestion(
  question: DiagnosisJob,
  job: AnyJob,
  signal: AbortSignal,
  options: DiagnosisWorkerOptions,
): Promise<number | null> {
  const { log, messages, personal } = options;
  const { back } = options.backend;
  const key = questionKey(question.subject, question.symptom);
  if ((await waitingRequesters(back, key)).length === 0) return null;
  try {
    const diagnosis = await diagnoseWithProgress(question, key, signal, options);
    if (diagnosis === null) {
      log.info({ jobId: job.id, key }, 'stopped: nobody waits any more');
      return null;
    }
    const answer = options.format(diagnosis, question);
    signal.throwIfAborted();
    const answered = await answerRequesters(back, key, async (request) =>
      personal === undefined ? answer : personal(answer, diagnosis, request),
    );
    log.info({ jobId: job.id, key, verdict: diagnosis.verdict, cause: diagnosis.primary?.cause }, 'answered');
    return answered;
  } catch (error) {
    if (!signal.aborted && isLastAttempt(job, error)) await apologize(back, messages, key, job);
    throw error;
  }
}

/**
 * Diagnoses within the time limit, and regularly shows the progress to those who wait. Null when all of them cancelled,
 * which may happen in another process.
 */
async function diagnoseWithProgress(
  { subject, symptom }: DiagnosisJob,
  key: string,
  signal: AbortSignal,
  { backend, diagnose, messages, log, timeLimitMs = TIME_LIMIT_MS }: DiagnosisWorkerOptions,
): Promise<Diagnosis | null> {
  const cancellation = new AbortController();
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeLimitMs), cancellation.signal]);
  let phase: GatherPhase | null = null;
  let shown: GatherPhase | null = null;

  async function checkRequesters(): Promise<void> {
    const requesters = await waitingRequesters(backend.back, key);
    if (requesters.length === 0) return cancellation.abort(new Error('nobody waits any more'));
    if (phase === null || phase === shown) return;
    shown = phase;
    for (const { request } of requesters) {
      if (request.isQuiet === true) continue;
      await deliver(backend.back, request, 'phase', { summary: messages.phase(request, shown), thread: [] });
    }
  }
  const checking = setInterval(() => {
    checkRequesters().catch((err: unknown) =>
      log.warn({ key, err }, 'could not check the requesters or show progress'),
    );
  }, PROGRESS_INTERVAL_MS);
  try {
    const diagnosis = diagnose(subject, symptom, limited, (current) => {
      phase = current;
    });
    return await Promise.race([diagnosis, rejectionOf(limited)]);
  } catch (error) {
    if (cancellation.signal.aborted) return null;
    throw error;
  } finally {
    clearInterval(checking);
  }
}

async function apologize(back: QueueClient, messages: ProgressMessages, key: string, job: AnyJob): Promise<void> {
  await answerRequesters(back, key, (request) =>
    request.isQuiet === true ? null : { summary: messages.failed(request, referenceOf(job)), thread: [] },
  );
}

/** A job can fail without running: its payload is malformed, or it crashed its worker too often. */
async function apologizeForLostJobs(back: QueueClient, messages: ProgressMessages): Promise<void> {
  const queue = back.queue(DIAGNOSES);
  for (const job of await queue.getFailed(0, MAX_SWEPT - 1)) {
    const key = job.deduplicationId;
    if (key !== undefined && (await queue.getDeduplicationJobId(key)) === null)
      await apologize(back, messages, key, job);
  }
}

function referenceOf(job: AnyJob): string {
  return `diagnosis-${job.id}`;
}
