/** From a question to its answers: who asked is kept in a list per question, so that one diagnosis answers everybody. */
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

/** What an asker reads before the answer, or instead of it. */
export interface ProgressMessages {
  placeholder(request: DiagnoseRequest): Message;
  phase(request: DiagnoseRequest, phase: GatherPhase): Message;
  /** After an internal error; `reference` is in the log line of the error. */
  failed(request: DiagnoseRequest, reference: string): Message;
}

/** A question outlives a restart and a long outage, and then nobody waits for it any more. */
const ASKERS_LIFE_MS = 24 * 3_600_000;

/** By the key of their question. */
const ASKERS = cellList<string, DiagnoseRequest>({
  schema: diagnoseRequestSchema,
  key: (question) => `askers:${question}`,
  ttlMs: ASKERS_LIFE_MS,
});
/** How the wait of a request ended, decided once. */
const SETTLED = cell<string, 'answer' | 'cancelled'>({
  schema: z.enum(['answer', 'cancelled']),
  key: (requestId) => `settled:${requestId}`,
  ttlMs: ASKERS_LIFE_MS,
  encoding: PLAIN_TEXT,
});

/** For handlers: one job and nothing else, because a person waits for the acknowledgement. The same request twice is one job. */
export function createQuestions({ front }: Pick<QueueBackend, 'front'>): Questions {
  return {
    async diagnose(request) {
      const jobId = jobIdOf(request.requestId);
      await front.queue(QUESTIONS).add('diagnose', request, { ...QUESTION_OPTIONS, jobId });
    },

    // Only the asker may: a click by somebody else would take an answer away from the one who waits for it.
    async cancel(requestId, by, at) {
      const asked = /^[\w-]{1,80}$/.test(requestId)
        ? await front.queue(QUESTIONS).getJob(jobIdOf(requestId))
        : undefined;
      const request = diagnoseRequestSchema.safeParse(asked?.data).data;
      if (request === undefined || request.place.teamId !== by.teamId) return 'over';
      if (request.place.userId !== by.userId) return 'not-yours';
      const { subject, symptom, askedAt } = request;
      const entries = await ASKERS.entries(front.store, questionKey(subject, symptom));
      const entry = entries.find(({ value }) => value.requestId === requestId);
      if (entry === undefined || !(await settle(front.store, requestId, 'cancelled'))) return 'over';
      const summary = formatCancelled(subject, symptom, by.userId, (at - askedAt) / 1000);
      await deliver(front, request, 'cancelled', { summary, thread: [] });
      // With nobody left in the list, the worker stops.
      await entry.remove();
      return 'cancelled';
    },
  };
}

/**
 * Everything in one go on one connection. The asker is written before the job is added, so a run that does not see the
 * asker has ended before the job was added, and another run follows. Taking the same request again changes nothing.
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
    ASKERS.append(client.store, key, request),
    client.queue(DIAGNOSES).add('diagnose', { subject, symptom }, { ...DIAGNOSIS_OPTIONS, deduplication }),
    nudge(client, { requestId, place, placeholder }),
  ]);
}

export interface Requester {
  readonly request: DiagnoseRequest;
  /** Takes the asker off the list. */
  remove(): Promise<void>;
}

/** Those who still wait for an answer to the question; those who have it leave the list. */
export async function waitingRequesters(client: QueueClient, key: string): Promise<readonly Requester[]> {
  const entries = await ASKERS.entries(client.store, key);
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
 * Answers everybody who waits now, also those who asked while the diagnosis ran. An asker leaves the list only after the
 * answer is on its way, and a second pass over the same asker changes nothing. An answer that is null is kept back.
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

/** How a wait ends is decided once, by whoever comes first: the answer, or the asker who cancels. */
async function settle(store: Store, requestId: string, end: 'answer' | 'cancelled'): Promise<boolean> {
  return (await SETTLED.getOrSet(store, requestId, end)) === end;
}

function jobIdOf(requestId: string): string {
  return `question-${requestId}`;
}
