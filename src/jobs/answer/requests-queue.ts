/** Requests wait in a list for each question, so that one diagnosis answers all of its requesters. */
import { z } from 'zod';
import { formatCancelled } from '../../formatters/answer/placeholder.ts';
import type { Message } from '../../formatters/message.ts';
import { parseJson } from '../../language/json.ts';
import { deliver, type Elsewhere, isAnswered, nudge, type Reply } from '../deliver/wanted.ts';
import type { GatherPhase } from '../gather/gather.ts';
import type { Store } from '../ports.ts';
import { QUESTION_OPTIONS, QUESTIONS, type QueueClient, questionKey } from '../queue/queues.ts';
import { cell, cellList, PLAIN_TEXT } from '../queue/store-cell.ts';
import {
  closeRequest,
  type OpenRequest,
  openRequest,
  REQUESTS_KEPT_MS,
  readRequest,
} from '../register/open-requests.ts';
import type { OwnRequests } from '../register/own-requests.ts';
import { type DiagnoseRequest, diagnoseRequestSchema, isDirect, type Questions } from '../requests.ts';
import { record } from '../telemetry.ts';

/** Messages before an answer or instead of it. */
export interface ProgressMessages {
  placeholder(request: DiagnoseRequest): Message;
  phase(request: DiagnoseRequest, phase: GatherPhase): Message;
  /** After an internal error. Its log line has the `reference`. */
  failed(request: DiagnoseRequest, reference: string): Message;
}

const REQUESTS = cellList<string, DiagnoseRequest>({
  schema: diagnoseRequestSchema,
  key: (question) => `askers:${question}`,
  ttlMs: REQUESTS_KEPT_MS,
  // A stored request must encode to the same text when it is read again, or it would be listed twice and never removed.
  encoding: {
    encode: (request) => JSON.stringify(diagnoseRequestSchema.parse(request)),
    decode: parseJson,
  },
});
/** How a request ended. The first value stays. */
const OUTCOME = cell<string, 'answer' | 'cancelled'>({
  schema: z.enum(['answer', 'cancelled']),
  key: (requestId) => `settled:${requestId}`,
  ttlMs: REQUESTS_KEPT_MS,
  encoding: PLAIN_TEXT,
});

/** More open requests from one person are probably from a script, and would delay everyone else's. */
const MAX_OPEN = 25;

/** For handlers. A request is only registered, because the requester waits for the acknowledgement. Duplicates count once. */
export function createQuestions(front: QueueClient, own: OwnRequests): Questions {
  return {
    async diagnose(request) {
      const openAlready = own.countOf(request.place);
      if (openAlready >= MAX_OPEN) return { kind: 'too-many', most: MAX_OPEN };
      const registered = registeredQuestion(request);
      await own.take(registered, () => addQuestion(front, registered, request, openAlready));
      record({ kind: 'request', outcome: 'taken' });
      return { kind: 'taken' };
    },

    // Only the requester can cancel, because someone else could take away an answer that they wait for.
    async cancel(requestId, by, at) {
      const registered = /^[\w-]{1,80}$/.test(requestId) ? await readRequest(front.store, requestId) : null;
      const request = registered === null ? null : questionOf(registered);
      if (request === null || request.place.teamId !== by.teamId) return 'over';
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

/** Drops a request silently, because its requester was already told to ask again. */
export async function withdrawQuestion({ store }: QueueClient, registered: OpenRequest): Promise<void> {
  const request = questionOf(registered);
  if (request === null || !(await settle(store, request.requestId, 'cancelled'))) return;
  await Promise.all([
    REQUESTS.remove(store, questionKey(request.subject, request.symptom), request),
    closeRequest(store, request),
  ]);
}

/** Null for requests that aren't questions. */
export function questionOf({ job }: OpenRequest): DiagnoseRequest | null {
  return job?.queue === QUESTIONS ? (diagnoseRequestSchema.safeParse(job.data).data ?? null) : null;
}

function registeredQuestion(request: DiagnoseRequest): OpenRequest {
  const { requestId, place, askedAt } = request;
  return {
    requestId,
    place,
    askedAtMs: Math.round(askedAt / 1000),
    job: { queue: QUESTIONS, name: 'diagnose', data: request },
  };
}

/**
 * Registers a request, adds it to the list of its question, and adds a job that answers the list. The commands run in this
 * order, on one connection: if a run doesn't see the request, it ended before the job was added, so another run follows.
 * Idempotent. Questions from people with other open requests come after those from people without any.
 */
export async function addQuestion(
  client: QueueClient,
  registered: OpenRequest,
  request: DiagnoseRequest,
  othersOpen = 0,
): Promise<void> {
  const key = questionKey(request.subject, request.symptom);
  const options = { ...QUESTION_OPTIONS, deduplication: { id: key, keepLastIfActive: true } };
  await Promise.all([
    openRequest(client, registered),
    REQUESTS.append(client.store, key, request),
    client.queue(QUESTIONS).add('diagnose', request, othersOpen === 0 ? options : { ...options, priority: othersOpen }),
  ]);
}

/** Someone who waits for the answer to a question. */
export interface Waiting {
  readonly request: DiagnoseRequest;
  /** Removes the request from the question's list. */
  remove(): Promise<void>;
}

export interface Requester extends Waiting {
  /** The request whose message answers this one as well; null when this one gets an answer of its own. */
  readonly elsewhere: Elsewhere | null;
}

/** The requesters who wait for an answer. Those who already have one are removed from the list. */
export async function waitingFor(client: QueueClient, key: string): Promise<readonly Waiting[]> {
  const entries = await REQUESTS.entries(client.store, key);
  const waiting = await Promise.all(
    entries.map(async ({ value: request, remove }) => {
      if (!(await isAnswered(client.store, request.requestId))) return { request, remove };
      await nudge(client, request);
      await remove();
      return null;
    }),
  );
  return waiting.filter((entry) => entry !== null);
}

/**
 * Registers the request of a job that another version of the bot, or another program, added, unless it is already waiting. True
 * when it was registered now.
 */
export async function adoptQuestion(
  client: QueueClient,
  request: DiagnoseRequest,
  waiting: readonly Waiting[],
): Promise<boolean> {
  if (waiting.some((one) => one.request.requestId === request.requestId)) return false;
  if ((await OUTCOME.get(client.store, request.requestId)) !== null) return false;
  const key = questionKey(request.subject, request.symptom);
  await Promise.all([openRequest(client, registeredQuestion(request)), REQUESTS.append(client.store, key, request)]);
  return true;
}

export function requestersAmong(waiting: readonly Waiting[]): readonly Requester[] {
  const requests = waiting.map(({ request }) => request);
  return waiting.map((one) => ({ ...one, elsewhere: elsewhereOf(one.request, requests) }));
}

/** The first requester in a channel gets the message there. Later ones are pointed to it where no one else reads along. */
function elsewhereOf(request: DiagnoseRequest, all: readonly DiagnoseRequest[]): Elsewhere | null {
  const { place, isQuiet, isRepeat, subject, symptom } = request;
  const isPointed = place.responseUrl !== null && place.messageTs === null && !isDirect(place) && !isQuiet && !isRepeat;
  const first = all.find(
    (one) => one.isQuiet !== true && one.place.teamId === place.teamId && one.place.channel === place.channel,
  );
  if (!isPointed || first === undefined || first.requestId === request.requestId) return null;
  return { requestId: first.requestId, question: JSON.stringify({ subject, symptom }) };
}

/**
 * Answers these requesters. A request leaves the list only after its answer is queued. Idempotent. `answerFor` resolves to null
 * when a requester gets no answer.
 */
export async function answerRequesters(
  client: QueueClient,
  requesters: readonly Requester[],
  answerFor: (request: DiagnoseRequest, isPointed: boolean) => Reply | null | Promise<Reply | null>,
): Promise<number> {
  await Promise.all(
    requesters.map(async ({ request, elsewhere, remove }) => {
      const isWanted = await settle(client.store, request.requestId, 'answer');
      const answer = isWanted ? await answerFor(request, elsewhere !== null) : null;
      if (answer !== null) await deliver(client, request, 'answer', { elsewhere, ...answer });
      else if (isWanted) await closeRequest(client.store, request);
      await remove();
    }),
  );
  return requesters.length;
}

/** Ends a request that gets no answer, such as a pasted ID in a muted channel. */
export async function dropRequester(client: QueueClient, { request, remove }: Waiting): Promise<void> {
  await settle(client.store, request.requestId, 'answer');
  await closeRequest(client.store, request);
  await remove();
}

/** False when the request already ended with the other outcome. */
async function settle(store: Store, requestId: string, outcome: 'answer' | 'cancelled'): Promise<boolean> {
  return (await OUTCOME.getOrSet(store, requestId, outcome)) === outcome;
}
