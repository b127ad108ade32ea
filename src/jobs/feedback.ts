/** What people thought of answers: one judgement per person and answer, counted per cause. */
import { type FeedbackVerdict, VERDICTS } from '../formatters/interactions.ts';
import type { FeedbackCount } from '../formatters/status.ts';
import type { Store } from './ports.ts';

const LIST = 'feedback:all';
const LIFE_MS = 365 * 24 * 3_600_000;

export interface Judgement {
  readonly answerId: string;
  readonly userId: string;
  readonly cause: string;
  readonly verdict: FeedbackVerdict;
}

/** A second thought replaces the first. */
export async function judge(store: Store, judgement: Judgement): Promise<void> {
  const entry = entryOf(judgement);
  await store.append(LIST, entry, LIFE_MS);
  for (const verdict of Object.keys(VERDICTS).filter(isVerdict)) {
    const other = entryOf({ ...judgement, verdict });
    if (other !== entry) await store.removeFromList(LIST, other);
  }
}

/** Ordered by cause, then in the order of the buttons. */
export async function countFeedback(store: Store): Promise<readonly FeedbackCount[]> {
  const counts = new Map<string, number>();
  for (const entry of await store.list(LIST)) {
    const key = entry.split(' ').slice(2).join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .flatMap(([key, count]) => {
      const [cause = '', verdict = ''] = key.split(' ');
      return isVerdict(verdict) ? [{ cause, verdict, count }] : [];
    })
    .sort((a, b) => a.cause.localeCompare(b.cause) || order(a.verdict) - order(b.verdict));
}

function entryOf({ answerId, userId, cause, verdict }: Judgement): string {
  return [answerId, userId, cause, verdict].join(' ');
}

function isVerdict(text: string): text is FeedbackVerdict {
  return Object.hasOwn(VERDICTS, text);
}

function order(verdict: FeedbackVerdict): number {
  return Object.keys(VERDICTS).indexOf(verdict);
}
