/** Takes questions from their queue, diagnoses each once, and answers everybody who asked it. */
import type { Logger } from 'pino';
import type { Subject, Symptom } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Answer } from '../../formatters/message.ts';
import { deliver } from '../deliver/wanted.ts';
import type { GatherPhase } from '../gather/gather.ts';
import {
  DIAGNOSES,
  type DiagnosisJob,
  diagnosisJobSchema,
  QUESTIONS,
  type QueueBackend,
  questionKey,
  type WorkerSettings,
} from '../queue/queues.ts';
import { type AnyJob, isLastAttempt, type RunningWorker, rejectionOf, runWorker } from '../queue/run-worker.ts';
import { type DiagnoseRequest, diagnoseRequestSchema } from '../requests.ts';
import {
  answerRequesters,
  type ProgressMessages,
  type Requester,
  takeQuestion,
  waitingRequesters,
} from './requests-queue.ts';

export interface DiagnosisWorkerOptions {
  readonly backend: QueueBackend;
  /** Unreachable sources are a diagnosis (`unavailable`); what is thrown is a bug. `onPhase` says what is being done now. */
  diagnose(
    subject: Subject,
    symptom: Symptom | null,
    signal: AbortSignal,
    onPhase: (phase: GatherPhase) => void,
  ): Promise<Diagnosis>;
  format(diagnosis: Diagnosis, asked: DiagnosisJob): Answer;
  /** What one asker gets of the answer; null: nothing. */
  personal?(answer: Answer, diagnosis: Diagnosis, request: DiagnoseRequest): Promise<Answer | null>;
  /** Whether a question is taken at all; one that nobody asked may be dropped. */
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
/** Slack allows some fifty edits a minute, and a quick answer needs none. */
const PHASE_EDIT_MS = 2500;
const SWEEP_MS = 30_000;
/** Failed jobs that one sweep looks at, newest first. */
const SWEEP_JOBS = 50;

export function startDiagnosisWorker(options: DiagnosisWorkerOptions): DiagnosisWorker {
  const { backend, messages, log } = options;
  const { back } = backend;
  const stats = { diagnosed: 0, answered: 0, failed: 0 };

  const worker = runWorker(
    backend,
    {
      queue: DIAGNOSES,
      schema: diagnosisJobSchema,
      settings: { concurrency: options.concurrency, ...options.settings },
      async run({ subject, symptom }, job, _token, signal) {
        const key = questionKey(subject, symptom);
        if ((await waitingRequesters(back, key)).length === 0) return;
        try {
          const diagnosis = await withPhases(key, signal, (onPhase, limited) =>
            options.diagnose(subject, symptom, limited, onPhase),
          );
          if (diagnosis === null) return log.info({ jobId: job.id, key }, 'stopped: nobody waits any more');
          const answer = options.format(diagnosis, { subject, symptom });
          signal.throwIfAborted();
          const answered = await answerRequesters(back, key, async (request) =>
            options.personal === undefined ? answer : options.personal(answer, diagnosis, request),
          );
          stats.answered += answered;
          stats.diagnosed += 1;
          log.info({ jobId: job.id, key, verdict: diagnosis.verdict, cause: diagnosis.primary?.cause }, 'answered');
        } catch (error) {
          if (!signal.aborted && isLastAttempt(job, error)) await apologise(key, job);
          throw error;
        }
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
      settings: { concurrency: options.concurrency, ...options.settings },
      async run(request) {
        if (options.accepts !== undefined && !(await options.accepts(request))) return;
        await takeQuestion(back, request, request.isQuiet === true ? null : messages.placeholder(request));
      },
      failed: (job, err) => log.error({ jobId: job.id, err }, 'a question could not be taken'),
    },
    log,
  );

  /**
   * Runs the diagnosis under its time limit; now and then it looks who waits, and tells them what is being done. Null when
   * nobody does any more: whoever cancels leaves the list, in whatever process.
   */
  async function withPhases(
    key: string,
    signal: AbortSignal,
    run: (onPhase: (phase: GatherPhase) => void, signal: AbortSignal) => Promise<Diagnosis>,
  ): Promise<Diagnosis | null> {
    const unwanted = new AbortController();
    const timeLimit = AbortSignal.timeout(options.timeLimitMs ?? TIME_LIMIT_MS);
    const limited = AbortSignal.any([signal, timeLimit, unwanted.signal]);
    let phase: GatherPhase | null = null;
    let shown: GatherPhase | null = null;

    async function look(): Promise<void> {
      const requesters = await waitingRequesters(back, key);
      if (requesters.length === 0) return unwanted.abort(new Error('nobody waits any more'));
      if (phase === null || phase === shown) return;
      shown = phase;
      await showPhase(requesters, phase);
    }
    const ticker = setInterval(() => {
      look().catch((err: unknown) =>
        log.warn({ key, err }, 'could not look who waits, or tell them what is being done'),
      );
    }, PHASE_EDIT_MS);
    try {
      return await Promise.race([
        run((current) => {
          phase = current;
        }, limited),
        rejectionOf(limited),
      ]);
    } catch (error) {
      if (unwanted.signal.aborted) return null;
      throw error;
    } finally {
      clearInterval(ticker);
    }
  }

  async function showPhase(requesters: readonly Requester[], phase: GatherPhase): Promise<void> {
    for (const { request } of requesters) {
      if (request.isQuiet === true) continue;
      await deliver(back, request, 'phase', { summary: messages.phase(request, phase), thread: [] });
    }
  }

  async function apologise(key: string, job: AnyJob): Promise<void> {
    await answerRequesters(back, key, (request) =>
      request.isQuiet === true ? null : { summary: messages.failed(request, referenceOf(job)), thread: [] },
    );
  }

  /** Jobs can fail without a word from here: a payload that nobody understands, a job that killed its worker again and again. */
  async function sweep(): Promise<void> {
    const queue = back.queue(DIAGNOSES);
    for (const job of await queue.getFailed(0, SWEEP_JOBS - 1)) {
      const key = job.deduplicationId;
      if (key !== undefined && (await queue.getDeduplicationJobId(key)) === null) await apologise(key, job);
    }
  }
  const sweeping = every(SWEEP_MS, sweep, (err) => log.warn({ err }, 'could not look for abandoned questions'));

  return {
    stats,
    async close(graceMs) {
      clearInterval(sweeping);
      await intake.close(graceMs);
      await worker.close(graceMs);
    },
  };
}

function referenceOf(job: AnyJob): string {
  return `diagnosis-${job.id}`;
}

function every(intervalMs: number, task: () => Promise<void>, onError: (error: unknown) => void): NodeJS.Timeout {
  const run = () => void task().catch(onError);
  run();
  return setInterval(run, intervalMs);
}
