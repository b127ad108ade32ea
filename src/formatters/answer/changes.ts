/** What differs between two diagnoses of one operation, for people who have read the first. */
import type { SourceReport } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { percent } from '../../language/numbers.ts';
import { shortLine } from '../blocks/mrkdwn.ts';
import { code, type InlineText, inline, time } from '../blocks/text-block.ts';
import { CONFIDENCE_WORDS, SOURCE_NAMES, SOURCE_STATES } from './summary.ts';

/** Each as `status: running → failed`. Empty if only time has passed: durations and ages don't count as changes. */
export function changesBetween(before: Diagnosis, after: Diagnosis): readonly InlineText[] {
  const [was, is] = [before.operation, after.operation];
  const [cause, newCause] = [before.primary, after.primary];
  const isSameCause = cause?.cause === newCause?.cause;
  const hasEndedAgain = was.endedAt !== null && is.endedAt !== null && was.endedAt !== is.endedAt;
  return [
    change('status', before.status, after.status),
    isSameCause ? [] : inline`cause: ${causeText(before)} → ${causeText(after)}`,
    isSameCause && cause !== null && newCause !== null
      ? change('certainty', CONFIDENCE_WORDS[cause.confidence], CONFIDENCE_WORDS[newCause.confidence])
      : [],
    change('progress', percentText(was.progressPercent), percentText(is.progressPercent)),
    was.progressPercent === is.progressPercent ? change('step', was.progressStep ?? '', is.progressStep ?? '') : [],
    hasEndedAgain ? inline`ended again: ${time(is.endedAt)}` : [],
    spansOf(after) > spansOf(before) ? change('spans', String(spansOf(before)), String(spansOf(after))) : [],
    ...after.sources.filter((source) => answers(source) && isSilentIn(before, source)).map(sourceText),
  ].filter((text) => text.length > 0);
}

/**
 * The sources that responded before and don't now, if nothing else shows that the operation went on: what is missing from the
 * second diagnosis then isn't news.
 */
export function missingSince(before: Diagnosis, after: Diagnosis): readonly InlineText[] {
  const silent = after.sources.filter((source) => !answers(source) && source.state !== 'off');
  const hasGoneOn = after.status !== before.status && after.status !== 'unknown';
  return hasGoneOn ? [] : silent.filter((source) => !isSilentIn(before, source)).map(sourceText);
}

/** Values that came only from a source that is now missing aren't repeated: an empty value isn't a change. */
function change(what: string, before: string, after: string): InlineText {
  if (before === after || after === '') return [];
  return [`${what}: ${before === '' ? 'unknown' : shortLine(before, 100)} → ${shortLine(after, 100)}`];
}

function causeText({ primary }: Diagnosis) {
  return primary === null ? 'none' : code(shortLine(primary.cause, 100));
}

function percentText(value: number | null): string {
  return value === null ? '' : percent(value);
}

function spansOf({ traces }: Diagnosis): number {
  return traces.reduce((sum, { spanCount }) => sum + spanCount, 0);
}

function answers({ state }: SourceReport): boolean {
  return state === 'ok';
}

function isSilentIn({ sources }: Diagnosis, { name }: SourceReport): boolean {
  return sources.some((source) => source.name === name && !answers(source) && source.state !== 'off');
}

function sourceText({ name, state }: SourceReport): InlineText {
  return [`${SOURCE_NAMES[name]} ${SOURCE_STATES[state]}`];
}
