/** The queues, what travels in them, and what the jobs ask of whatever runs them. */
import type { IQueueBackend, Processor, Queue, Worker, WorkerOptions } from 'bullmq';
import { z } from 'zod';
import { type Subject, SYMPTOMS, type Symptom } from '../../diagnosis/case.ts';
import type { Message } from '../../formatters/message.ts';
import type { Store } from '../ports.ts';
import { placeSchema, subjectSchema } from '../requests.ts';

/** What people asked, one job per gesture; a worker puts each with the others who ask the same. */
export const QUESTIONS = 'questions';
/** Slack posts have a queue of their own, so that a slow or rate-limited Slack never holds up a diagnosis. */
export const DIAGNOSES = 'diagnoses';
export const DELIVERIES = 'deliveries';
/** What is done later or beside an answer: watches, previews of links, long details. */
export const BACKGROUND_JOBS = 'background-jobs';
/** Searches and digests: they ask much of Jaeger, and nobody's diagnosis waits for them. */
export const REPORTS = 'reports';
export const QUEUES = [QUESTIONS, DIAGNOSES, DELIVERIES, BACKGROUND_JOBS, REPORTS] as const;

export const diagnosisJobSchema = z.object({ subject: subjectSchema, symptom: z.enum(SYMPTOMS).nullable() });
export type DiagnosisJob = z.infer<typeof diagnosisJobSchema>;

const blockSchema = z.custom<Message['blocks'][number]>(
  (block) => typeof block === 'object' && block !== null && 'type' in block,
);
export const messageSchema = z.object({ text: z.string(), blocks: z.array(blockSchema).readonly() });

/**
 * Who, where, and what to say first. What is to be said later is kept in the store, so that a job that waits always
 * delivers the newest state.
 */
export const deliveryJobSchema = z.object({
  requestId: z.string(),
  place: placeSchema,
  placeholder: messageSchema.nullable(),
});
export type DeliveryJob = z.infer<typeof deliveryJobSchema>;

export type JobQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend>;
type JobWorker = Worker<unknown, unknown, string, IQueueBackend>;
type JobProcessor = Processor<unknown, unknown, string>;
export type WorkerSettings = Partial<
  Pick<WorkerOptions, 'concurrency' | 'lockDuration' | 'stalledInterval' | 'drainDelay' | 'settings'>
>;

/** One connection: commands issued on it are executed in the order in which they were issued. */
export interface QueueClient {
  readonly store: Store;
  queue(name: string): JobQueue;
}

export interface QueueHealth {
  /** Jobs are taken and kept. Risky settings are problems without making this false. */
  readonly ok: boolean;
  /** One sentence each; empty when all is well. */
  readonly problems: readonly string[];
  readonly queues: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /** Which of the possible queues this is, in one sentence without credentials. */
  describe(): string;
  /** For handlers: rejects within two seconds when the queue is away, and works again when it is back. */
  readonly front: QueueClient;
  /** For workers: waits until the queue is back. */
  readonly back: QueueClient;
  worker(name: string, processor: JobProcessor, settings: WorkerSettings): JobWorker;
  /** Calls `listener` now and whenever the connection comes back: a queue without persistence has forgotten its schedules. */
  onReady(listener: () => void): void;
  health(): Promise<QueueHealth>;
  close(): Promise<void>;
}

/** Kept jobs are for people who look why; finished ones are dropped when a later one finishes. */
const RETENTION = {
  removeOnComplete: { age: 3600, count: 1000 },
  removeOnFail: { age: 7 * 86_400, count: 5000 },
};

/** Only a queue in trouble keeps a question from being taken. */
export const QUESTION_OPTIONS = { ...RETENTION, attempts: 10, backoff: { type: 'exponential', delay: 200 } };

/** A bug is tried once more, because the second look may find the world changed; an unreachable source is an answer. */
export const DIAGNOSIS_OPTIONS = { ...RETENTION, attempts: 2, backoff: { type: 'fixed', delay: 1000 } };

/** An hour of a Slack outage: the waits grow to one minute. */
export const DELIVERY_OPTIONS = { ...RETENTION, attempts: 64, backoff: { type: 'custom' } };

/** A killed worker's job starts again after 12 to 17 seconds; a job that kills its worker four times is given up. */
export const WORKER_SETTINGS = { lockDuration: 12_000, stalledInterval: 5_000, maxStalledCount: 3 };

/**
 * Questions with one key share one diagnosis. The symptom belongs to it: it decides what is gathered and what the answer
 * addresses, and two people who see different symptoms of one operation in the same seconds are rare.
 */
export function questionKey(subject: Subject, symptom: Symptom | null): string {
  return [subject.kind, nameOf(subject), symptom ?? 'any'].join('-');
}

function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case 'operation':
      return subject.operationId;
    case 'trace':
      return subject.traceId;
    case 'last':
      return subject.type ?? 'any';
  }
}
