/** The answers of the last week: listed by cause, by person, and by failure. */
import { z } from 'zod';
import type { GivenAnswer } from '../../formatters/reports/earlier-answers.ts';
import { postedAtOf } from '../deliver/outbox.ts';
import { inTime } from '../health/in-time.ts';
import type { Store } from '../ports.ts';
import { cellList } from '../queue/store-cell.ts';
import { mayRead, type Origin, type Reader, readable } from '../readers.ts';
import type { SlackWorkspace } from '../workspace-port.ts';

const earlierAnswerSchema = z.object({
  /** Operation ID, or the trace ID of a rejected start. */
  name: z.string(),
  headline: z.string(),
  /** When it was answered, in milliseconds. */
  at: z.number(),
  requestId: z.string(),
  channel: z.string(),
  /** Identifies operations that can stand in for it, and when it failed. Earlier versions didn't store these. */
  about: z.string().exactOptional(),
  failedAt: z.number().exactOptional(),
  /** User ID of the only person who can see it, because it was answered in private. */
  onlyFor: z.string().exactOptional(),
});
export type EarlierAnswer = z.infer<typeof earlierAnswerSchema>;

export type AnswerList =
  | { readonly kind: 'cause'; readonly cause: string }
  | { readonly kind: 'person'; readonly userId: string }
  | { readonly kind: 'failures' };

interface EarlierAnswersQuery {
  readonly list: AnswerList;
  readonly reader: Reader;
  readonly nowMs: number;
}

type Linking = Pick<SlackWorkspace, 'channel' | 'isMember' | 'permalink'>;

export interface LinkTools {
  readonly store: Store;
  readonly workspace: Linking;
}

const LISTED_MS = 7 * 24 * 3_600_000;
const MAX_LISTED = 100;
/** A person waits for the list, at most 2 s with up to three calls. Data that Slack is slow to return is left out. */
const CALL_TIMEOUT_MS = 600;

const ANSWERS = cellList<{ readonly teamId: string; readonly list: AnswerList }, EarlierAnswer>({
  schema: earlierAnswerSchema,
  key: ({ teamId, list }) => `memory:${teamId}-${listName(list)}`,
  ttlMs: LISTED_MS,
  most: MAX_LISTED,
});

export function recordAnswer(store: Store, teamId: string, list: AnswerList, answer: EarlierAnswer): Promise<void> {
  return ANSWERS.append(store, { teamId, list }, answer);
}

/** The answers that the reader can read: oldest first, only the latest for each operation, none older than a week. */
export async function earlierAnswers(
  { store, workspace }: LinkTools,
  { list, reader, nowMs }: EarlierAnswersQuery,
): Promise<readonly EarlierAnswer[]> {
  const { teamId } = reader;
  const kept = (await ANSWERS.values(store, { teamId, list })).filter(({ at }) => at >= nowMs - LISTED_MS);
  const latest = new Map<string, EarlierAnswer>();
  for (const answer of await readable(workspace, reader, kept, originIn(teamId, list))) {
    latest.delete(answer.name);
    latest.set(answer.name, answer);
  }
  return [...latest.values()];
}

/** An answer belongs to the person who requested it, wherever they did so. */
function originIn(teamId: string, list: AnswerList): (answer: EarlierAnswer) => Origin {
  const asker = list.kind === 'person' ? list.userId : undefined;
  return ({ channel, onlyFor = null }) => ({ teamId, channel: onlyFor ?? channel, userId: asker ?? onlyFor });
}

/** The `most` latest answers with links to their threads, latest first. */
export async function linkedAnswers(
  { store, workspace }: LinkTools,
  query: EarlierAnswersQuery & { readonly most: number },
): Promise<readonly GivenAnswer[]> {
  const tools = { store, workspace: hurried(workspace) };
  const latest = (await earlierAnswers(tools, query)).toReversed().slice(0, query.most);
  const asker = query.list.kind === 'person' ? query.list.userId : undefined;
  const linked = latest.map(({ requestId, onlyFor }) => ({ requestId, userId: asker ?? onlyFor }));
  const urls = await linksTo(tools, query.reader, linked);
  return latest.map(({ name, headline, at }, i) => ({
    name,
    headline,
    at: new Date(at).toISOString(),
    url: urls[i] ?? null,
  }));
}

export function hurried({ channel, isMember, permalink }: Linking): Linking {
  return {
    channel: (...which) => inTime(channel(...which), CALL_TIMEOUT_MS).catch(() => ({ kind: 'unknown' })),
    isMember: (...who) => inTime(isMember(...who), CALL_TIMEOUT_MS).catch(() => null),
    permalink: (...which) => inTime(permalink(...which), CALL_TIMEOUT_MS).catch(() => null),
  };
}

/** An answer that may have a thread, and the person who asked for it. */
interface Linked {
  readonly requestId: string;
  readonly userId?: string | undefined;
}

/** The link to an answer's thread; null when there is none or the reader can't read it. */
export async function linkTo(tools: LinkTools, reader: Reader, answer: Linked): Promise<string | null> {
  return (await linksTo(tools, reader, [answer]))[0] ?? null;
}

/** For several answers at once, in their order. */
export async function linksTo(
  { store, workspace }: LinkTools,
  reader: Reader,
  answers: readonly Linked[],
): Promise<readonly (string | null)[]> {
  const posted =
    answers.length === 0
      ? []
      : await postedAtOf(
          store,
          answers.map(({ requestId }) => requestId),
        );
  const { teamId } = reader;
  return Promise.all(
    posted.map(async (one, i) => {
      if (one === null) return null;
      const { channel, ts } = one;
      // A channel link is useful only to people who can read the channel. Only a direct conversation belongs to one person.
      const origin = { teamId, channel, userId: channel.startsWith('D') ? answers[i]?.userId : undefined };
      return (await mayRead(workspace, reader, origin)) ? workspace.permalink(teamId, channel, ts) : null;
    }),
  );
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
