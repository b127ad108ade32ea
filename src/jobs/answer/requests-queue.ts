/** Requests wait in a list for each question, so that one diagnosis answers all of its requesters. */
import { z } from 'zod';
import { formatCancelled } from '../../formatters/answer/placeholder.ts';
import type { Answer, Message } from '../../formatters/message.ts';
import { deliver, isAnswered, nudge } from '../deliver/wanted.ts';
import type { GatherPhase } from '../gather/gather.ts';
import type { Store } from '../ports.ts';
import {
  DIAGNOSES,
  DIAGNOSIS_OPTIONS,
  QUESTION_OPTIONS,
  QUESTIONS,
  type QueueBackend,
  type QueueClient,
  questionKey,
} from '../queue/queues.ts';
import { cell, cellList, PLAIN_TEXT } from '../queue/store-cell.ts';
import { type DiagnoseRequest, diagnoseRequestSchema, type Questions } from '../requests.ts';

/** The messages before the answer, and instead of it. */
export interface ProgressMessages {
  placeholder(request: DiagnoseRequest): Message;
  phase(request: DiagnoseRequest, phase: GatherPhase): Message;
  /** After an internal error. Its log line has the `reference`. */
  failed(request: DiagnoseRequest, reference: string): Message;
}

/** Longer than a restart or an outage that someone waits for. */
const REQUESTS_KEPT_MS = 24 * 3_600_000;

const REQUESTS = cellList<string, DiagnoseRequest>({
  schema: diagnoseRequestSchema,
  key: (question) => `askers:${question}`,
  ttlMs: REQUESTS_KEPT_MS,
});
/** How a request ended. The first value stays. */
const OUTCOME = cell<string, 'answer' | 'cancelled'>({
  schema: z.enum(['answer', 'cancelled']),
  key: (requestId) => `settled:${requestId}`,
  ttlMs: REQUESTS_KEPT_MS,
  encoding: PLAIN_TEXT,
});

/** For handlers. The requester waits for the acknowledgement, so a request only adds a job; the same request twice adds one. */
export function createQuestions({ front }: Pick<QueueBackend, 'front'>): Questions {
  return {
    async diagnose(request) {
      const jobId = jobIdOf(request.requestId);
      await front.queue(QUESTIONS).add('diagnose', request, { ...QUESTION_OPTIONS, jobId });
    },

    // Only the requester can cancel: others would take away an answer that someone waits for.
    async cancel(requestId, by, at) {
      const job = /^[\w-]{1,80}$/.test(requestId) ? await front.queue(QUESTIONS).getJob(jobIdOf(requestId)) : undefined;
      const request = diagnoseRequestSchema.safeParse(job?.data).data;
      if (request === undefined || request.place.teamId !== by.teamId) return 'over';
      if (request.place.userId !== by.userId) return 'not-yours';
      const { subject, symptom, askedAt } = request;
      const entries = await REQUESTS.entries(front.store, questionKey(subject, symptom));
      const entry = entries.find(({ value }) => value.requestId === requestId);
      if (entry === undefined || !(await settle(front.store, requestId, 'cancelled'))) return 'over';
      const summary = formatCancelled(subject, symptom, by.userId, (at - askedAt) / 1000);
      await deliver(front, request, 'cancelled', { summary, thread: [] });
      // The worker stops a diagnosis whose list is empty.
      await entry.remove();
      return 'cancelled';
    },
  };
}

/**
 * Adds a request to the list of its question, and a job that answers it. The commands run in this order, on one connection:
 * a run that doesn't see the request has ended before the job is added, so another run follows. Idempotent.
 */
export async function takeQuestion(
  client: QueueClient,
  request: DiagnoseRequest,
  placeholder: Message | null,
): Promise<void> {
  const { subject, symptom, requestId, place } = request;
  const key = questionKey(subject, symptom);
  const deduplication = { id: key, keepLastIfActive: true };
  await Promise.all([
    REQUESTS.append(client.store, key, request),
    client.queue(DIAGNOSES).add('diagnose', { subject, symptom }, { ...DIAGNOSIS_OPTIONS, deduplication }),
    nudge(client, { requestId, place, placeholder }),
  ]);
}

interface Requester {
  readonly request: DiagnoseRequest;
  remove(): Promise<void>;
}

/** The requesters who wait for an answer to the question; those who have one are removed from the list. */
export async function waitingRequesters(client: QueueClient, key: string): Promise<readonly Requester[]> {
  const entries = await REQUESTS.entries(client.store, key);
  const requesters = await Promise.all(
    entries.map(async ({ value: request, remove }) => {
      if (!(await isAnswered(client.store, request.requestId))) return { request, remove };
      await nudge(client, { ...request, placeholder: null });
      await remove();
      return null;
    }),
  );
  return requesters.filter((requester) => requester !== null);
}

/**
 * Answers all waiting requesters, including those who joined while the diagnosis ran. A request leaves the list only after
 * its answer is queued. Idempotent. `answerFor` resolves to null when a requester gets no answer.
 */
export async function answerRequesters(
  client: QueueClient,
  key: string,
  answerFor: (request: DiagnoseRequest) => Answer | null | Promise<Answer | null>,
): Promise<number> {
  const requesters = await waitingRequesters(client, key);
  await Promise.all(
    requesters.map(async ({ request, remove }) => {
      const isWanted = await settle(client.store, request.requestId, 'answer');
      const answer = isWanted ? await answerFor(request) : null;
      if (answer !== null) await deliver(client, request, 'answer', answer);
      await remove();
    }),
  );
  return requesters.length;
}

/** False when the request has already ended in the other way. */
async function settle(store: Store, requestId: string, outcome: 'answer' | 'cancelled'): Promise<boolean> {
  return (await OUTCOME.getOrSet(store, requestId, outcome)) === outcome;
}

function jobIdOf(requestId: string): string {
  return `question-${requestId}`;
}
