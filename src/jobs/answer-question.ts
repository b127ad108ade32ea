/** From a question to its answers: who asked is kept in a list per question, so that one diagnosis answers everybody. */
import type { Logger } from 'pino';
import type { Answer, Message } from '../formatters/message.ts';
import { formatCancelled } from '../formatters/placeholder.ts';
import { deliver, isAnswered, nudge } from './deliver-wanted.ts';
import type { GatherPhase } from './gather.ts';
import type { Store } from './ports.ts';
import {
  DIAGNOSES,
  DIAGNOSIS_OPTIONS,
  QUESTION_OPTIONS,
  QUESTIONS,
  type QueueBackend,
  type QueueClient,
  questionKey,
} from './queues.ts';
import { type DiagnoseRequest, diagnoseRequestSchema, type Questions } from './requests.ts';

/** What an asker reads before the answer, or instead of it. */
export interface ProgressMessages {
  placeholder(request: DiagnoseRequest): Message;
  phase(request: DiagnoseRequest, phase: GatherPhase): Message;
  /** After an internal error; `reference` is in the log line of the error. */
  failed(request: DiagnoseRequest, reference: string): Message;
}

/** A question outlives a restart and a long outage, and then nobody waits for it any more. */
const ASKERS_LIFE_MS = 24 * 3_600_000;

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
      const list = listOf(questionKey(subject, symptom));
      const entry = (await front.store.list(list)).find((text) => readAsker(text)?.requestId === requestId);
      if (entry === undefined || !(await settle(front.store, requestId, 'cancelled'))) return 'over';
      const summary = formatCancelled(subject, symptom, by.userId, (at - askedAt) / 1000);
      await deliver(front, request, 'cancelled', { summary, thread: [] });
      // With nobody left in the list, the worker stops.
      await front.store.removeFromList(list, entry);
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
    client.store.append(listOf(key), JSON.stringify(request), ASKERS_LIFE_MS),
    client.queue(DIAGNOSES).add('diagnose', { subject, symptom }, { ...DIAGNOSIS_OPTIONS, deduplication }),
    nudge(client, { requestId, place, placeholder }),
  ]);
}

export interface Asker {
  readonly request: DiagnoseRequest;
  /** As it stands in the list. */
  readonly entry: string;
}

/** Those who still wait for an answer to the question; entries of others are dropped from the list. */
export async function waitingAskers(client: QueueClient, key: string, log: Logger): Promise<readonly Asker[]> {
  const entries = await client.store.list(listOf(key));
  const askers = await Promise.all(
    entries.map(async (entry) => {
      const request = readAsker(entry);
      if (request !== null && !(await isAnswered(client.store, request.requestId))) return { request, entry };
      if (request === null) log.warn({ key }, 'dropped an asker that is not a request');
      else await nudge(client, { ...request, placeholder: null });
      await client.store.removeFromList(listOf(key), entry);
      return null;
    }),
  );
  return askers.filter((asker) => asker !== null);
}

/**
 * Answers everybody who waits now, also those who asked while the diagnosis ran. An asker leaves the list only after the
 * answer is on its way, and a second pass over the same asker changes nothing. An answer that is null is kept back.
 */
export async function answerAskers(
  client: QueueClient,
  key: string,
  log: Logger,
  answerFor: (request: DiagnoseRequest) => Answer | null | Promise<Answer | null>,
): Promise<number> {
  const askers = await waitingAskers(client, key, log);
  await Promise.all(
    askers.map(async ({ request, entry }) => {
      const isWanted = await settle(client.store, request.requestId, 'answer');
      const answer = isWanted ? await answerFor(request) : null;
      if (answer !== null) await deliver(client, request, 'answer', answer);
      await client.store.removeFromList(listOf(key), entry);
    }),
  );
  return askers.length;
}

/** How a wait ends is decided once, by whoever comes first: the answer, or the asker who cancels. */
async function settle(store: Store, requestId: string, end: 'answer' | 'cancelled'): Promise<boolean> {
  const key = `settled:${requestId}`;
  return (await store.setIfAbsent(key, end, ASKERS_LIFE_MS)) || (await store.get(key)) === end;
}

function jobIdOf(requestId: string): string {
  return `question-${requestId}`;
}

function readAsker(entry: string): DiagnoseRequest | null {
  try {
    return diagnoseRequestSchema.parse(JSON.parse(entry));
  } catch {
    return null;
  }
}

function listOf(key: string): string {
  return `askers:${key}`;
}
