import type { SourceReport } from '../../diagnosis/case.ts';
import type { Confidence, Diagnosis, Finding } from '../../diagnosis/finding.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { percent } from '../../language/numbers.ts';
import { cut, isPlain, literal, code as mrkdwnCode, oneLine, shortLine } from '../blocks/mrkdwn.ts';
import {
  code,
  dotted,
  type InlineText,
  note,
  plainText,
  prose,
  sentences,
  strong,
  type TextBlock,
  time,
} from '../blocks/text-block.ts';
import { mainFinding, nextStep } from './fix.ts';

const LONGEST_SHOWN_COMMAND = 700;
const MOST_COMMAND_LINES = 3;

export const CONFIDENCE_WORDS: Readonly<Record<Confidence, string>> = {
  certain: 'Certain',
  likely: 'Likely',
  possible: 'Possible, not proven',
};
export const SOURCE_NAMES = { jaeger: 'Jaeger', 'ktrdr-api': 'ktrdr API', file: 'The file' } as const;
export const SOURCE_STATES = {
  ok: 'answered',
  partial: 'answered in part',
  unavailable: 'did not answer',
  off: 'was not asked',
} as const;

/** What is shown before the thread: the answer, what happened, why, what to do, how sure. At most eight lines. */
export function summaryBlocks(diagnosis: Diagnosis, asOf: string): readonly TextBlock[] {
  const main = mainFinding(diagnosis);
  const facts = whatHappened(diagnosis);
  const why = oneLine(main?.explanation || diagnosis.explanation);
  return [
    ...(diagnosis.guess === undefined ? [] : [prose([shortLine(diagnosis.guess.text, 400)])]),
    { kind: 'headline', text: sentences(shortLine(diagnosis.headline, 400)) },
    ...(facts.length === 0 ? [] : [{ kind: 'facts', lines: [facts] } as const]),
    ...(diagnosis.symptomAnswer === undefined ? [] : [prose(sentences(shortLine(diagnosis.symptomAnswer, 400)))]),
    ...(why === '' ? [] : [prose(sentences(cut(why, 500)))]),
    ...(main === null ? [] : [whatToDo(main)]),
    note(dotted([...howSure(diagnosis), ['As of ', time(asOf)]])),
  ];
}

/** `Backtest`, or `Operation` when nothing says what it was. */
export function typeName(type: string | null): string {
  const noun = oneLine(operationNoun(type === '' ? null : type));
  return cut(`${noun.charAt(0).toUpperCase()}${noun.slice(1)}`, 40);
}

export function mrkdwnName({ operationId }: Diagnosis): string {
  return operationId === null ? 'the request' : mrkdwnCode(operationId, 200);
}

export function mrkdwnHeadline({ headline }: Diagnosis, max: number): string {
  return literal(plainText(sentences(oneLine(headline))), max);
}

/** Symbol and timeframe; empty when neither is known. */
export function marketText({ operation: { symbol, timeframe } }: Diagnosis, max: number): InlineText {
  const market = [symbol, timeframe].filter((text) => text !== null && text !== '').join(' ');
  return market === '' ? [] : [shortLine(market, max)];
}

export function isOpen({ status }: Pick<Diagnosis, 'status'>): boolean {
  return status === 'running' || status === 'pending' || status === 'resuming';
}

/** A start that was refused: answered with an error before any operation existed. */
export function wasRefused(diagnosis: Diagnosis): boolean {
  return diagnosis.operationId === null && (diagnosis.operation.httpStatus ?? 0) >= 400;
}

function whatHappened(diagnosis: Diagnosis): InlineText {
  const { progressPercent, progressStep } = diagnosis.operation;
  const progress = [
    progressPercent === null ? '' : percent(progressPercent),
    shortLine(progressStep ?? '', 120),
  ].filter((text) => text !== '');
  return dotted([
    course(diagnosis),
    isOpen(diagnosis) && progress.length > 0 ? [`shown as ${progress.join(', ')}`] : [],
    marketText(diagnosis, 60),
    diagnosis.operationId === null || diagnosis.headline.includes(diagnosis.operationId)
      ? []
      : [code(diagnosis.operationId)],
  ]);
}

function course(diagnosis: Diagnosis): InlineText {
  const { startedAt, endedAt, durationMs, httpStatus } = diagnosis.operation;
  const type = typeName(diagnosis.operationType);
  const at = endedAt ?? startedAt;
  const took = durationMs === null ? '' : ` after ${formatDuration(durationMs)}`;
  const when: InlineText = at === null ? [] : [endedAt === null ? ', started ' : ', ', time(at)];
  const since: InlineText = startedAt === null ? [] : [' since ', time(startedAt)];
  if (wasRefused(diagnosis)) {
    return [`${type} refused with ${httpStatus}`, ...when, '; no operation was created'];
  }
  switch (diagnosis.status) {
    case 'completed':
    case 'failed':
      return [`${type} ${diagnosis.status}${took}`, ...when];
    case 'cancelled':
      return [`${type} was cancelled${took}`, ...when];
    case 'running':
      return [`${type} running`, ...since];
    case 'pending':
      return [`${type} waiting to start`, ...since];
    case 'resuming':
      return [`${type} resuming`, ...since];
    case 'unknown':
      return startedAt === null ? [] : [`${type} started `, time(startedAt), ', how it ended is not known'];
  }
}

function whatToDo(finding: Finding): TextBlock {
  const next = nextStep(finding);
  const text: InlineText = [strong(`${next.title}:`), ` ${next.text}`];
  if (next.command === null) return prose(text);
  const isShort =
    isPlain(next.command) &&
    next.command.length <= LONGEST_SHOWN_COMMAND &&
    next.command.split('\n').length <= MOST_COMMAND_LINES;
  return isShort
    ? { kind: 'command', label: text, command: next.command }
    : prose([...text, ' (the command is in the thread)']);
}

function howSure(diagnosis: Diagnosis): readonly InlineText[] {
  const { notChecked, sources } = diagnosis;
  const main = mainFinding(diagnosis);
  const missing = [...new Set(notChecked.flatMap((check) => check.missing))];
  return [
    main === null ? [] : [strong(CONFIDENCE_WORDS[main.confidence])],
    main === null ? [] : sentences(shortLine(main.evidence[0].text, 160)),
    missing.length === 0 || main?.confidence === 'certain'
      ? []
      : [`Could not check everything: no ${shortLine(missing.join(', '), 120)}`],
    ...sources
      .filter((source) => source.state === 'unavailable' || source.state === 'partial')
      .filter((source) => !isInHeadline(source, diagnosis))
      .map((source) => [`${SOURCE_NAMES[source.name]} ${SOURCE_STATES[source.state]}`]),
  ];
}

/** The headline of an unanswered question says how Jaeger failed, and why. */
export function isInHeadline({ name, state }: SourceReport, { verdict }: Diagnosis): boolean {
  return verdict === 'unavailable' && name === 'jaeger' && state === 'unavailable';
}
