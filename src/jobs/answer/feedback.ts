/** Feedback on answers: one judgement per person and answer, counted per cause. */
import { z } from 'zod';
import { CAUSE_CHOICES, type FeedbackVerdict, VERDICTS } from '../../formatters/answer/interactions.ts';
import type { CauseFeedback, FeedbackCount, FeedbackSummary } from '../../formatters/reports/status.ts';
import type { Store } from '../ports.ts';
import { cellList, textList } from '../queue/store-cell.ts';
import { type Reader, readable } from '../readers.ts';
import type { SlackWorkspace } from '../workspace-port.ts';

const JUDGEMENTS_KEPT_MS = 365 * 24 * 3_600_000;
const JUDGEMENTS = textList<string>({ key: (teamId) => `feedback:${teamId}`, ttlMs: JUDGEMENTS_KEPT_MS });
const TEAMS = textList<'all'>({ key: (all) => `feedback-teams:${all}`, ttlMs: JUDGEMENTS_KEPT_MS });

const correctionSchema = z.object({
  answerId: z.string(),
  userId: z.string(),
  cause: z.string(),
  /** Operation ID, or the trace ID of a rejected start. Earlier versions didn't keep it. */
  about: z.string().exactOptional(),
  instead: z.string(),
  words: z.string(),
});
/** Corrections: what people said a wrong answer should have been. */
const CORRECTIONS = cellList<string, z.infer<typeof correctionSchema>>({
  schema: correctionSchema,
  key: (teamId) => `corrections:${teamId}`,
  ttlMs: JUDGEMENTS_KEPT_MS,
});

export interface Correction {
  /** Any text; unknown choices count as “something else”. */
  readonly instead: string;
  readonly words: string;
}

export async function correct(
  store: Store,
  { teamId, answerId, userId, cause }: Omit<Judgement, 'verdict'>,
  { instead, words, about }: Correction & { readonly about: string | null },
): Promise<void> {
  const chosen = CAUSE_CHOICES.some(({ value }) => value === instead) ? instead : 'other';
  const kept = about === null ? {} : { about };
  await CORRECTIONS.append(store, teamId, { answerId, userId, cause, instead: chosen, words, ...kept });
}

export interface Judgement {
  readonly teamId: string;
  readonly answerId: string;
  readonly userId: string;
  readonly channel: string;
  readonly cause: string;
  readonly verdict: FeedbackVerdict;
}

/** Replaces an earlier judgement of this person. */
export async function judge(store: Store, judgement: Judgement): Promise<void> {
  const entry = entryOf(judgement);
  const { teamId } = judgement;
  await JUDGEMENTS.append(store, teamId, entry);
  await TEAMS.moveToEnd(store, 'all', teamId);
  for (const verdict of Object.keys(VERDICTS).filter(isVerdict)) {
    const other = entryOf({ ...judgement, verdict });
    if (other !== entry) await JUDGEMENTS.remove(store, teamId, other);
  }
}

/** Counts of all workspaces, for the admin of the bot. Ordered by cause, then in the order of the buttons. */
export async function countFeedback(store: Store): Promise<readonly FeedbackCount[]> {
  const teams = await TEAMS.values(store, 'all');
  return countsIn((await Promise.all(teams.map((team) => entriesOf(store, team)))).flat());
}

/** In the order of the counts. */
export function feedbackByCause(counts: readonly FeedbackCount[]): readonly CauseFeedback[] {
  return [...new Set(counts.map(({ cause }) => cause))].map((cause) => {
    const count = (verdict: FeedbackVerdict) =>
      counts.find((one) => one.cause === cause && one.verdict === verdict)?.count ?? 0;
    const [right, wrong] = [count('right'), count('wrong')];
    return { cause, right, wrong, rightShare: right / Math.max(1, right + wrong) };
  });
}

/** Minimum number of judgements, because with fewer, one person's opinion would dominate. */
const FEWEST_JUDGEMENTS = 5;
/** A cause with a smaller share of correct answers counts as often wrong. */
const OFTEN_WRONG_BELOW = 2 / 3;

export function summaryOf(counts: readonly FeedbackCount[]): FeedbackSummary {
  const causes = feedbackByCause(counts);
  const sum = (verdict: FeedbackVerdict) => causes.reduce((all, one) => all + one[verdict], 0);
  const judged = causes.filter(({ right, wrong }) => right + wrong >= FEWEST_JUDGEMENTS);
  const worstFirst = judged.toSorted((a, b) => a.rightShare - b.rightShare || b.wrong - a.wrong);
  return { right: sum('right'), wrong: sum('wrong'), causes: worstFirst };
}

/** The causes of a workspace that people often called wrong, the worst first. */
export async function oftenWrong(store: Store, teamId: string): Promise<readonly CauseFeedback[]> {
  const { causes } = summaryOf(countsIn(await entriesOf(store, teamId)));
  return causes.filter(({ rightShare }) => rightShare < OFTEN_WRONG_BELOW);
}

/** An answer that someone marked as wrong. */
export interface WrongAnswer {
  readonly answerId: string;
  readonly cause: string;
  /** Operation ID, or the trace ID of a rejected start; null where that isn't known. */
  readonly about: string | null;
  /** One of `CAUSE_CHOICES`. */
  readonly instead: string;
  readonly words: string;
}

/** Answers still marked as wrong, from all workspaces: the latest judgement per person and answer. */
export async function wrongAnswers(store: Store): Promise<readonly WrongAnswer[]> {
  const teams = await TEAMS.values(store, 'all');
  const ofTeams = await Promise.all(
    teams.map(async (team) => {
      const judged = (await entriesOf(store, team)).map((entry) => entry.split(' '));
      const isStill = ({ answerId, userId }: z.infer<typeof correctionSchema>) =>
        judged.some(([answer, person, , verdict]) => answer === answerId && person === userId && verdict === 'wrong');
      const latest = new Map<string, WrongAnswer>();
      for (const correction of (await CORRECTIONS.values(store, team)).filter(isStill)) {
        const { userId, about = null, ...rest } = correction;
        latest.set(`${correction.answerId} ${userId}`, { ...rest, about });
      }
      return [...latest.values()];
    }),
  );
  return ofTeams.flat();
}

/** Counts only answers that the reader can read, in the same order. */
export async function countFeedbackFor(
  { store, workspace }: { readonly store: Store; readonly workspace: Pick<SlackWorkspace, 'channel' | 'isMember'> },
  reader: Reader,
): Promise<readonly FeedbackCount[]> {
  const { teamId } = reader;
  // Earlier versions didn't store the channel.
  const placed = (await entriesOf(store, teamId)).filter((entry) => entry.split(' ').length > 4);
  return countsIn(
    await readable(workspace, reader, placed, (entry) => {
      const [, userId, , , channel = ''] = entry.split(' ');
      return { teamId, channel, userId };
    }),
  );
}

function countsIn(entries: readonly string[]): readonly FeedbackCount[] {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const key = entry.split(' ').slice(2, 4).join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .flatMap(([key, count]) => {
      const [cause = '', verdict = ''] = key.split(' ');
      return isVerdict(verdict) ? [{ cause, verdict, count }] : [];
    })
    .sort((a, b) => a.cause.localeCompare(b.cause) || order(a.verdict) - order(b.verdict));
}

/** The judgements of a workspace are deleted when it removes the app; its entry in the list is deleted here. */
async function entriesOf(store: Store, teamId: string): Promise<readonly string[]> {
  const entries = await JUDGEMENTS.values(store, teamId);
  if (entries.length === 0) await TEAMS.remove(store, 'all', teamId);
  return entries;
}

function entryOf({ answerId, userId, cause, verdict, channel }: Judgement): string {
  return [answerId, userId, cause, verdict, channel].join(' ');
}

function isVerdict(text: string): text is FeedbackVerdict {
  return Object.hasOwn(VERDICTS, text);
}

function order(verdict: FeedbackVerdict): number {
  return Object.keys(VERDICTS).indexOf(verdict);
}
