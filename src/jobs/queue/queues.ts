/** The queues, their payloads and settings, and the interface of the backend that runs them. */
import type { IQueueBackend, Processor, Queue, Worker, WorkerOptions } from 'bullmq';
import { z } from 'zod';
import { type Subject, type Symptoms, symptomsIn } from '../../diagnosis/case.ts';
import type { Message } from '../../formatters/message.ts';
import type { Store } from '../ports.ts';
import { placeSchema, type questionSchema } from '../requests.ts';

/** One job for everyone who asks the same question at the same time. */
export const QUESTIONS = 'questions';
/** Jobs of earlier versions of the bot. */
export const DIAGNOSES = 'diagnoses';
/**
 * One job for each channel. Slack posts have a separate queue, so that a slow or rate-limited Slack never holds up a diagnosis.
 */
export const DELIVERIES = 'deliveries';
/** Watches, previews of links, long details. */
export const BACKGROUND_JOBS = 'background-jobs';
/** Searches and digests. They make many requests to Jaeger and must not delay diagnoses. */
export const REPORTS = 'reports';
export const QUEUES = [QUESTIONS, DIAGNOSES, DELIVERIES, BACKGROUND_JOBS, REPORTS] as const;

export type DiagnosisJob = z.infer<typeof questionSchema>;

const blockSchema = z.custom<Message['blocks'][number]>(
  (block) => typeof block === 'object' && block !== null && 'type' in block,
);
export const messageSchema = z.object({ text: z.string(), blocks: z.array(blockSchema).readonly() });

/** Names only the channel. The messages are in the store, so that a delayed job delivers the latest ones. */
export const deliveryJobSchema = z.object({
  requestId: z.string(),
  place: placeSchema,
  /** Set only by earlier versions of the bot. */
  placeholder: messageSchema.nullable(),
});
export type DeliveryJob = z.infer<typeof deliveryJobSchema>;

export type JobQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend>;
type JobWorker = Worker<unknown, unknown, string, IQueueBackend>;
type JobProcessor = Processor<unknown, unknown, string>;
export type WorkerSettings = Partial<
  Pick<WorkerOptions, 'concurrency' | 'lockDuration' | 'stalledInterval' | 'drainDelay' | 'settings'>
>;

/** One connection. Commands are executed in the order in which they were issued. */
export interface QueueClient {
  readonly store: Store;
  queue(name: string): JobQueue;
}

export interface QueueHealth {
  /** True if it just took a write. Risky settings are listed as problems, but don't make this false. */
  readonly ok: boolean;
  /** One sentence each; empty when all is well. */
  readonly problems: readonly string[];
  /** Jobs by queue and state; empty when they could not be counted. */
  readonly queues: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /** Which backend this is, in one sentence without credentials. */
  describe(): string;
  /**
   * For handlers. Rejects immediately without a connection. On a connection that just died, a command rejects within seven
   * seconds. A caller with less time needs its own limit; the promise still shows how the command ended.
   */
  readonly front: QueueClient;
  /** For workers: waits until the queue is available. */
  readonly back: QueueClient;
  worker(name: string, processor: JobProcessor, settings: WorkerSettings): JobWorker;
  /** Calls `listener` now and after each reconnect, because a queue without persistence has lost its schedules. */
  onReady(listener: () => void): void;
  /**
   * Claims the queue for one Slack app, or checks the earlier claim. Workers that start later wait for the result. Waits for an
   * unreachable queue. Rejects when the queue belongs to another app, and also aborts `unusable`.
   */
  claim(identity: string): Promise<void>;
  /** Aborts, with an error whose message is a sentence, when this process must not use the queue and has to stop. */
  readonly unusable: AbortSignal;
  health(): Promise<QueueHealth>;
  close(): Promise<void>;
}

/**
 * Failed jobs are kept for troubleshooting; expired ones are removed when a later one fails. Successful jobs are removed,
 * because the register, the record, and the log have more information, and keeping them would slow down each answer.
 */
const RETENTION = { removeOnComplete: true, removeOnFail: { age: 7 * 86_400, count: 5000 } };

/** Only bugs make a diagnosis fail (an unreachable source doesn't). A retry helps when other data avoids the bug. */
export const QUESTION_OPTIONS = { ...RETENTION, attempts: 2, backoff: { type: 'fixed', delay: 1000 } };

/** Retries until Slack shows the message. */
export const DELIVERY_OPTIONS = {
  ...RETENTION,
  attempts: 100_000,
  backoff: { type: 'exponential', delay: 1000, jitter: 0.5 },
};

/**
 * A killed worker's job starts again after 12 to 17 seconds. The queue never abandons it for that. Instead, a worker counts how
 * often a job started, and after too many starts tells those who wait for it.
 */
export const WORKER_SETTINGS = { lockDuration: 12_000, stalledInterval: 5_000, maxStalledCount: 100_000 };

/**
 * Questions with one key share one diagnosis. The symptom is part of the key, because it determines what data is gathered and
 * what the answer addresses.
 */
export function questionKey(subject: Subject, symptom: Symptoms | null): string {
  return [subject.kind, subjectKey(subject), symptomKey(symptom)].join('-');
}

/** `any` when no symptom was named. */
export function symptomKey(symptom: Symptoms | null): string {
  return symptomsIn(symptom).join('+') || 'any';
}

function subjectKey(subject: Subject): string {
  switch (subject.kind) {
    case 'operation':
      return subject.operationId;
    case 'trace':
      return subject.traceId;
    case 'last':
      return `${subject.type ?? 'any'}${subject.percent === undefined ? '' : `-${subject.percent}`}`;
  }
}

/**
 * A delay in whole milliseconds, never shorter than requested. Every delay given to the queue goes through this function,
 * because PostgreSQL rejects fractions: a retry with one isn't scheduled, and its job counts as stalled.
 */
export function wholeMs(ms: number): number {
  return Math.max(0, Math.ceil(ms));
}
