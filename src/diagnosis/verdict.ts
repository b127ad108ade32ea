/** What an answer as a whole says if no finding says it. */
import { percent } from '../language/numbers.ts';
import type { Clean } from './clean.ts';
import { shorten } from './evidence.ts';
import type { Facts } from './facts/index.ts';
import { type OverruledEnd, runTimeOf } from './facts/status.ts';
import { isTerminal, newestAttemptOf } from './facts/transitions.ts';
import type { Finding, Verdict } from './finding.ts';
import type { Micros } from './trace.ts';
import { clock, duration, joined, operationNoun } from './words.ts';

export function verdictOf(facts: Facts, primary: Finding | null): Verdict {
  if (primary !== null) return 'explained';
  const { value, source, isStated } = facts.status;
  const hasSpans = facts.tree.spans.length > 0;
  const isKnown = source === 'ktrdr-api' || (isStated && isTerminal(value));
  if (unansweredIn(facts).length > 0 && !(hasSpans && isKnown)) return 'unavailable';
  if (value === 'completed') return 'healthy';
  if (value === 'running' || value === 'pending' || value === 'resuming') return 'running';
  return hasSpans ? 'nothing-found' : 'not-found';
}

/** Sentences on requests about the operation that Jaeger didn't answer, or only in part. */
export function unansweredIn({ case: { search, sources } }: Facts): readonly string[] {
  if (search !== undefined) return search.unanswered;
  return sources.filter(({ name, state }) => name === 'jaeger' && state === 'unavailable').map(({ detail }) => detail);
}

export type Words = Pick<Finding, 'headline' | 'explanation'>;

export function wordsFor(verdict: Verdict, facts: Facts): Words {
  const noun = operationNoun(facts.type);
  const runTime = runTimeOf(facts);
  const took = runTime === null ? '' : ` in ${duration(runTime)}`;
  switch (verdict) {
    case 'healthy':
      // The disagreement is the explanation.
      if (overruledIn(facts) !== null)
        return { headline: `This ${noun} completed${took}, but its sources disagree.`, explanation: '' };
      return {
        headline: `This ${noun} completed${took}. No problems found.`,
        explanation: `No problem detected in ${sourcesOf(facts)}.`,
      };
    case 'running':
      return { headline: `This ${noun} hasn’t ended yet.`, explanation: 'No problem detected so far.' };
    case 'unavailable':
      return {
        headline: unansweredIn(facts)[0] ?? 'Jaeger didn’t respond.',
        explanation: `Without that response, its traces can’t be checked.${statusSaid(facts)}`,
      };
    case 'not-found':
      return {
        headline: 'No record of this operation.',
        explanation: `No span has its ID${facts.case.operation === null ? '' : ', and the ktrdr API has no record of it'}.`,
      };
    default:
      return {
        headline: `Its traces show no problem, but they don’t show how this ${noun} ended.`,
        explanation: 'No problem detected, and no source reports the outcome.',
      };
  }
}

function sourcesOf({ tree, record }: Facts): string {
  const sources = [tree.spans.length === 0 ? null : 'its traces', record === null ? null : 'its record'];
  return joined(' or ', ...sources);
}

/** What came before the last resume is history, and explains nothing about the latest attempt. */
export function earlierAttempt({ transitions }: Facts, clean: Clean): string | null {
  const attempt = newestAttemptOf(transitions);
  const before = transitions[transitions.length - attempt.length - 1];
  const [resumption] = attempt;
  if (before === undefined || resumption === undefined || attempt.every(({ to }) => to !== 'running')) return null;
  const why = before.error === null ? '' : ` (“${shorten(clean(before.error), 160)}”)`;
  const ended = before.to === 'cancelled' ? 'was cancelled' : before.to;
  return `An earlier run ${ended} at ${clock(before.at)}${why}; it was resumed at ${clock(resumption.at)}.`;
}

/** Both views, and why one counts, where the traces and the record report different ends. */
export function disagreementOf(facts: Facts, clean: Clean): string | null {
  const overruled = overruledIn(facts);
  if (overruled === null) return null;
  const { value, endedAt } = facts.status;
  const { source, status, at, error } = overruled;
  const when = (time: Micros | null) => (time === null ? ' without a time' : ` at ${clock(time)}`);
  const other = `${status}${when(at)}${error === null ? '' : ` (“${shorten(clean(error), 160)}”)`}`;
  const believed = `${value}${when(endedAt)}`;
  const newer = at === null ? '' : 'newer ';
  if (source === 'ktrdr-api') return `Its record says ${other}, but its ${newer}traces say ${believed}.`;
  const resumed = value === 'completed' ? ' The traces of a resume may be missing.' : '';
  return `Its traces say ${other}, but its ${newer}record says ${believed}.${resumed}`;
}

/** That the orphan detector was wrong is a finding, which shows both views. */
function overruledIn({ status, failure }: Facts): OverruledEnd | null {
  return failure.orphaned === null ? status.overruled : null;
}

function statusSaid({ status: { value, source }, progress }: Facts): string {
  if (source === 'none') return '';
  const percentage = progress?.percentage ?? null;
  const done = percentage === null || isTerminal(value) ? '' : ` (${percent(percentage)})`;
  return source === 'trace'
    ? ` In the traces found, it’s ${value}${done}.`
    : ` The ktrdr API says that it’s ${value}${done}.`;
}
