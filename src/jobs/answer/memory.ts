/** What was diagnosed lately: by cause, by person, and which answers still hold. All of it belongs to one workspace. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { GivenAnswer } from '../../formatters/reports/earlier-answers.ts';
import { postedAt } from '../deliver/outbox.ts';
import type { Store } from '../ports.ts';
import { cell, cellList } from '../queue/store-cell.ts';
import type { SlackWorkspace } from '../workspace-port.ts';

const seenSchema = z.object({
  /** Operation id, or trace id of a refused start. */
  name: z.string(),
  headline: z.string(),
  /** Milliseconds: when it was answered. */
  at: z.number(),
  requestId: z.string(),
  channel: z.string(),
  /** Who alone is shown it, because it was answered in private; absent: everybody in the workspace. */
  onlyFor: z.string().exactOptional(),
});
export type EarlierAnswer = z.infer<typeof seenSchema>;

export type AnswerList =
  | { readonly kind: 'cause'; readonly cause: string }
  | { readonly kind: 'person'; readonly userId: string }
  | { readonly kind: 'failures' };

const LIFE_MS = 7 * 24 * 3_600_000;
const MOST_KEPT = 100;
/** Somebody waits for the list. */
const LINK_MS = 1200;

const SEEN = cellList<{ readonly teamId: string; readonly list: AnswerList }, EarlierAnswer>({
  schema: seenSchema,
  key: ({ teamId, list }) => keyOf(teamId, list),
  ttlMs: LIFE_MS,
  most: MOST_KEPT,
});
const ANSWERED = cell<{ readonly place: AskedIn; readonly question: string }, EarlierAnswer>({
  schema: seenSchema,
  key: ({ place, question }) => `answered:${place.teamId}-${place.channel}-${question}`,
  /** An answer to the same question in the same channel is repeated by a link this long. */
  ttlMs: 5 * 60_000,
});

interface AskedIn {
  readonly teamId: string;
  readonly channel: string;
}

export async function recordAnswer(store: Store, teamId: string, list: AnswerList, seen: EarlierAnswer): Promise<void> {
  await SEEN.append(store, { teamId, list }, seen);
}

/**
 * What may be shown to `reader`, or to everybody when that is null: oldest first, each operation once with its newest answer,
 * nothing older than a week.
 */
export async function earlierAnswers(
  store: Store,
  teamId: string,
  list: AnswerList,
  nowMs: number,
  reader: string | null,
): Promise<readonly EarlierAnswer[]> {
  const newest = new Map<string, EarlierAnswer>();
  for (const seen of await SEEN.values(store, { teamId, list })) {
    const isShown = seen.at >= nowMs - LIFE_MS && (seen.onlyFor === undefined || seen.onlyFor === reader);
    if (!isShown) continue;
    newest.delete(seen.name);
    newest.set(seen.name, seen);
  }
  return [...newest.values()];
}

/** The newest of a list with links to their threads; a link that is slow to come is left out. */
export async function seenAnswers(
  tools: { readonly store: Store; readonly workspace: SlackWorkspace },
  teamId: string,
  list: AnswerList,
  /** `userId` is null where everybody in the channel reads it. */
  reader: { readonly channel: string; readonly userId: string | null },
  nowMs: number,
  most: number,
): Promise<readonly GivenAnswer[]> {
  const newest = (await earlierAnswers(tools.store, teamId, list, nowMs, reader.userId)).toReversed().slice(0, most);
  return Promise.all(
    newest.map(async (one) => ({
      name: one.name,
      headline: one.headline,
      at: new Date(one.at).toISOString(),
      url: await Promise.race([linkTo(tools, teamId, one, reader.channel), sleep(LINK_MS, null, { ref: false })]),
    })),
  );
}

/** The thread of an answer; null when it has none, or is a private conversation seen from elsewhere. */
export async function linkTo(
  { store, workspace }: { readonly store: Store; readonly workspace: SlackWorkspace },
  teamId: string,
  { requestId }: Pick<EarlierAnswer, 'requestId'>,
  readIn: string,
): Promise<string | null> {
  const posted = await postedAt(store, requestId);
  if (posted === null || (posted.channel.startsWith('D') && posted.channel !== readIn)) return null;
  return workspace.permalink(teamId, posted.channel, posted.ts);
}

/** Says that this question needs no second answer in this channel for some minutes. */
export async function recordAnswered(
  store: Store,
  place: AskedIn,
  question: string,
  seen: EarlierAnswer,
): Promise<void> {
  await ANSWERED.set(store, { place, question }, seen);
}

export function answeredRecently(store: Store, place: AskedIn, question: string): Promise<EarlierAnswer | null> {
  return ANSWERED.get(store, { place, question });
}

function keyOf(teamId: string, list: AnswerList): string {
  switch (list.kind) {
    case 'cause':
      return `memory:${teamId}-cause-${list.cause}`;
    case 'person':
      return `memory:${teamId}-person-${list.userId}`;
    case 'failures':
      return `memory:${teamId}-failures`;
  }
}
