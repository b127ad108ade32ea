/** The answers of the last week: listed by cause, by person, and by failure, and linked to instead of given twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { formatAnsweredAlready, type GivenAnswer } from '../../formatters/reports/earlier-answers.ts';
import { type Posted, postedAt, postedAtOf } from '../deliver/outbox.ts';
import { deliver } from '../deliver/wanted.ts';
import type { Store } from '../ports.ts';
import { type QueueClient, questionKey } from '../queue/queues.ts';
import { cell, cellList } from '../queue/store-cell.ts';
import type { ChannelRef, DiagnoseRequest } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';

const earlierAnswerSchema = z.object({
  /** Operation ID, or the trace ID of a rejected start. */
  name: z.string(),
  headline: z.string(),
  /** When it was answered, in milliseconds. */
  at: z.number(),
  requestId: z.string(),
  channel: z.string(),
  /** User ID of the only person who can see it, because it was answered in private. */
  onlyFor: z.string().exactOptional(),
});
export type EarlierAnswer = z.infer<typeof earlierAnswerSchema>;

export type AnswerList =
  | { readonly kind: 'cause'; readonly cause: string }
  | { readonly kind: 'person'; readonly userId: string }
  | { readonly kind: 'failures' };

interface EarlierAnswersQuery {
  readonly teamId: string;
  readonly list: AnswerList;
  /** User ID of the only reader; null where everyone in the channel reads it. */
  readonly reader: string | null;
  readonly nowMs: number;
}

export interface LinkTools {
  readonly store: Store;
  readonly workspace: SlackWorkspace;
}

const LISTED_MS = 7 * 24 * 3_600_000;
const MAX_LISTED = 100;
/** A reader waits for the list, so a slow permalink is left out. */
const PERMALINK_TIMEOUT_MS = 1200;

const ANSWERS = cellList<Pick<EarlierAnswersQuery, 'teamId' | 'list'>, EarlierAnswer>({
  schema: earlierAnswerSchema,
  key: ({ teamId, list }) => `memory:${teamId}-${listName(list)}`,
  ttlMs: LISTED_MS,
  most: MAX_LISTED,
});
/** The last answer to a question in a channel, while a link to it replaces a second answer. */
const LAST_ANSWER = cell<{ readonly channel: ChannelRef; readonly question: string }, EarlierAnswer>({
  schema: earlierAnswerSchema,
  key: ({ channel, question }) => `answered:${channel.teamId}-${channel.channel}-${question}`,
  ttlMs: 5 * 60_000,
});

export function recordAnswer(store: Store, teamId: string, list: AnswerList, answer: EarlierAnswer): Promise<void> {
  return ANSWERS.append(store, { teamId, list }, answer);
}

/** The answers that the reader can see: oldest first, one for each operation (the latest), none older than a week. */
export async function earlierAnswers(
  store: Store,
  { teamId, list, reader, nowMs }: EarlierAnswersQuery,
): Promise<readonly EarlierAnswer[]> {
  const latest = new Map<string, EarlierAnswer>();
  for (const answer of await ANSWERS.values(store, { teamId, list })) {
    const isShown = answer.at >= nowMs - LISTED_MS && (answer.onlyFor === undefined || answer.onlyFor === reader);
    if (!isShown) continue;
    latest.delete(answer.name);
    latest.set(answer.name, answer);
  }
  return [...latest.values()];
}

/** The `most` latest answers with links to their threads, latest first. `readIn` is the channel where they are shown. */
export async function linkedAnswers(
  tools: LinkTools,
  query: EarlierAnswersQuery & { readonly readIn: string; readonly most: number },
): Promise<readonly GivenAnswer[]> {
  const latest = (await earlierAnswers(tools.store, query)).toReversed().slice(0, query.most);
  return Promise.all(
    latest.map(async (answer) => ({
      name: answer.name,
      headline: answer.headline,
      at: new Date(answer.at).toISOString(),
      url: await Promise.race([
        linkTo(tools, query.teamId, answer.requestId, query.readIn),
        sleep(PERMALINK_TIMEOUT_MS, null, { ref: false }),
      ]),
    })),
  );
}

/** The thread of an answer; null when it has none, or is a private conversation read from elsewhere. */
export async function linkTo(
  tools: LinkTools,
  teamId: string,
  requestId: string,
  readIn: string,
): Promise<string | null> {
  return linkOf(tools.workspace, teamId, await postedAt(tools.store, requestId), readIn);
}

/** For several answers at once, in their order. */
export async function linksTo(
  { store, workspace }: LinkTools,
  teamId: string,
  requestIds: readonly string[],
  readIn: string,
): Promise<readonly (string | null)[]> {
  const posted = requestIds.length === 0 ? [] : await postedAtOf(store, requestIds);
  return Promise.all(posted.map((one) => linkOf(workspace, teamId, one, readIn)));
}

async function linkOf(
  workspace: SlackWorkspace,
  teamId: string,
  posted: Posted | null,
  readIn: string,
): Promise<string | null> {
  if (posted === null || (posted.channel.startsWith('D') && posted.channel !== readIn)) return null;
  return workspace.permalink(teamId, posted.channel, posted.ts);
}

/** From now on, a link to this answer replaces a second answer to the question in this channel, for some minutes. */
export function recordLastAnswer(
  store: Store,
  channel: ChannelRef,
  question: string,
  answer: EarlierAnswer,
): Promise<void> {
  return LAST_ANSWER.set(store, { channel, question }, answer);
}

/**
 * Points the requester to the answer that the channel got to this question some minutes ago. False when a new answer is needed:
 * there is no earlier one, or “Run again” or the latest operation was requested.
 */
export async function pointToLastAnswer(
  request: DiagnoseRequest,
  { client, workspace }: { readonly client: QueueClient; readonly workspace: SlackWorkspace },
): Promise<boolean> {
  const { subject, symptom, place, requestId } = request;
  if (request.isQuiet === true || request.isRepeat === true || subject.kind === 'last') return false;
  const { store } = client;
  const last = await LAST_ANSWER.get(store, { channel: place, question: questionKey(subject, symptom) });
  // A job that runs again after a crash finds the answer that it has given itself.
  if (last === null || last.requestId === requestId) return false;
  const url = await linkTo({ store, workspace }, place.teamId, last.requestId, place.channel);
  if (url === null) return false;
  const question = JSON.stringify({ subject, symptom });
  const given = { name: last.name, headline: last.headline, at: new Date(last.at).toISOString(), url };
  const elsewhere = { requestId: last.requestId, question, given };
  const summary = formatAnsweredAlready(given, question);
  await deliver(client, request, 'answer', { summary, thread: [], elsewhere });
  return true;
}

function listName(list: AnswerList): string {
  switch (list.kind) {
    case 'cause':
      return `cause-${list.cause}`;
    case 'person':
      return `person-${list.userId}`;
    case 'failures':
      return 'failures';
  }
}
