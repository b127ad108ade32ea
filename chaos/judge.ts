/** Whether somebody who asked got exactly one result that they can see. */
import type { Ledger, Written } from './ledger.ts';
import { meaningOf, missingHeadings } from './words.ts';

/** One time that somebody sent the command. */
export interface Attempt {
  /** Milliseconds. */
  readonly at: number;
  readonly responseUrl: string | null;
  /** What the acknowledgement, or Slack in its place, told the person. */
  readonly told: 'taken' | 'refused' | 'unsure';
  readonly words: string;
}

export interface Question {
  readonly operationId: string;
  readonly channel: string;
  readonly userId: string;
  /** Who is told that the question was not taken, or that it may not have been, asks again. Never empty. */
  readonly attempts: readonly Attempt[];
}

export const GOOD = ['answered', 'linked', 'apologised', 'refused'] as const;
export const FAULTS = [
  'stuck',
  'lost',
  'twice',
  'answered though refused',
  'thread incomplete',
  'linked to itself',
] as const;
export type Verdict = (typeof GOOD)[number] | (typeof FAULTS)[number];

export function isFault(verdict: Verdict): boolean {
  return FAULTS.some((fault) => fault === verdict);
}

/** The verdicts on all who asked for the same operation, in their order. Those after the first are to get a link to the answer. */
export function judge(questions: readonly Question[], ledger: Ledger): readonly Verdict[] {
  const [first, ...others] = questions;
  if (first === undefined) return [];
  const roots = rootsFor(first, ledger);
  return [
    verdictOnFirst(first, others.length === 0 ? roots : roots.slice(0, 1), ledger),
    ...others.map((question, index) => verdictOnOther(question, roots[index + 1], ledger)),
  ];
}

/** All copies of the answer's message, and the placeholders that wait to become one. */
export function rootsFor({ operationId }: Question, ledger: Ledger): readonly Written[] {
  return ledger.about(operationId).filter(({ isDeleted }) => !isDeleted);
}

/** What only the person sees, without the texts of acknowledgements. */
export function privateWords({ attempts }: Question, ledger: Ledger): readonly Written[] {
  return attempts.flatMap(({ responseUrl }) => (responseUrl === null ? [] : ledger.through(responseUrl)));
}

function verdictOnFirst(question: Question, roots: readonly Written[], ledger: Ledger): Verdict {
  const privately = privateWords(question, ledger).map(lastText);
  const meant = (meaning: ReturnType<typeof meaningOf>) => privately.filter((text) => meaningOf(text) === meaning);
  const direct = privately.filter((text) => meaningOf(text) === 'other' && text.includes(question.operationId));
  const apologies = meant('apology').length + countIn(question, 'apology');
  const results = roots.length + (direct.length > 0 ? 1 : 0) + (apologies > 0 ? 1 : 0);
  if (results > 1 || hasTwins(roots, ledger)) return 'twice';
  if (roots.some((root) => wasRefusedBefore(question, root, ledger))) return 'answered though refused';
  const [root] = roots;
  if (root !== undefined) {
    const verdict = verdictOnRoot(root, ledger);
    const isLinked = meant('link').length + countIn(question, 'link') > 0 && question.attempts.length === 1;
    return verdict === 'answered' && isLinked ? 'linked to itself' : verdict;
  }
  if (direct.length > 0) return missingHeadings(direct).length === 0 ? 'answered' : 'thread incomplete';
  if (apologies > 0) return 'apologised';
  return isToldOfLast(question, ledger) ? 'refused' : 'lost';
}

/** `extra` is an answer of their own, where a link to the first would do. */
function verdictOnOther(question: Question, extra: Written | undefined, ledger: Ledger): Verdict {
  if (extra !== undefined) return 'twice';
  const privately = privateWords(question, ledger).map(lastText);
  const isLinked = privately.some((text) => meaningOf(text) === 'link') || countIn(question, 'link') > 0;
  if (isLinked) return 'linked';
  return isToldOfLast(question, ledger) ? 'refused' : 'lost';
}

function verdictOnRoot(root: Written, ledger: Ledger): Verdict {
  const text = lastText(root);
  const meaning = meaningOf(text);
  if (meaning === 'placeholder') return 'stuck';
  if (meaning === 'apology') return 'apologised';
  const thread = ledger.repliesTo(root).map(lastText);
  return missingHeadings([text, ...thread]).length === 0 ? 'answered' : 'thread incomplete';
}

/** Two messages of one thread that say the same. */
function hasTwins(roots: readonly Written[], ledger: Ledger): boolean {
  return roots.some((root) => {
    const texts = ledger.repliesTo(root).flatMap((reply) => (reply.isDeleted ? [] : [lastText(reply)]));
    return new Set(texts).size < texts.length;
  });
}

/** Whether all attempts until the message came were refused. */
function wasRefusedBefore(question: Question, root: Written, ledger: Ledger): boolean {
  const postedAt = root.versions[0]?.at ?? 0;
  return question.attempts.filter(({ at }) => at <= postedAt).every((attempt) => isRefused(attempt, ledger));
}

function isRefused(attempt: Attempt, ledger: Ledger): boolean {
  return attempt.told === 'refused' || isToldLater(attempt, 'refusal', ledger);
}

function isToldLater({ responseUrl }: Attempt, meaning: ReturnType<typeof meaningOf>, ledger: Ledger): boolean {
  return responseUrl !== null && ledger.through(responseUrl).some((words) => meaningOf(lastText(words)) === meaning);
}

function isToldOfLast({ attempts }: Question, ledger: Ledger): boolean {
  const last = attempts.at(-1);
  return (
    last !== undefined && (last.told === 'unsure' || isToldLater(last, 'unsure', ledger) || isRefused(last, ledger))
  );
}

function countIn({ attempts }: Question, meaning: ReturnType<typeof meaningOf>): number {
  return attempts.filter(({ words }) => words !== '' && meaningOf(words) === meaning).length;
}

function lastText({ versions }: Written): string {
  return versions.at(-1)?.text ?? '';
}
