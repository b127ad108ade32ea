import type { SourceReport } from '../../diagnosis/case.ts';
import type { Confidence, Diagnosis, Finding, ShellCommand } from '../../diagnosis/finding.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { percent } from '../../language/numbers.ts';
import { cut, literal, code as mrkdwnCode, oneLine, shortLine } from '../blocks/mrkdwn.ts';
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
  withCode,
} from '../blocks/text-block.ts';
import { fitsInThread, isShort, mainFinding, nextStep } from './fix.ts';

const MOST_SENTENCES = 2;
const LONGEST_WHY = 500;
/** The longest evidence that the small print of the message shows. */
const LONGEST_DECISIVE = 160;

export const CONFIDENCE_WORDS: Readonly<Record<Confidence, string>> = {
  certain: 'Certain',
  likely: 'Likely',
  possible: 'Possible, not proven',
};
export const SOURCE_NAMES = { jaeger: 'Jaeger', 'ktrdr-api': 'ktrdr API', file: 'File' } as const;
export const SOURCE_STATES = {
  ok: 'responded',
  partial: 'responded partially',
  unavailable: 'unavailable',
  off: 'not queried',
} as const;

/**
 * What is shown first: the answer, what happened, why, what to do, how sure. At most eight lines. `rest` says where the rest is
 * outside of Slack, where it is in the thread.
 */
export function summaryBlocks(diagnosis: Diagnosis, now: string, rest: string | null = null): readonly TextBlock[] {
  const main = mainFinding(diagnosis);
  const facts = whatHappened(diagnosis);
  const [why] = whyInTwo(diagnosis);
  return [
    ...(diagnosis.guess === undefined ? [] : [prose([shortLine(diagnosis.guess.text, 400)])]),
    { kind: 'headline', text: sentences(shortLine(diagnosis.headline, 400)) },
    ...(facts.length === 0 ? [] : [{ kind: 'facts', lines: [facts] } as const]),
    ...(diagnosis.symptomAnswer === undefined ? [] : [prose(sentences(shortLine(diagnosis.symptomAnswer, 400)))]),
    ...(why === '' ? [] : [prose(sentences(why))]),
    ...(main === null ? [] : [whatToDo(main, diagnosis, rest)]),
    // Only a running operation can be different a moment later.
    note(dotted([...howSure(diagnosis), isOpen(diagnosis) ? ['as of ', time(diagnosis.asOf ?? now)] : []])),
  ];
}

/** False for results that aren't a diagnosis: an unknown ID, or sources that didn't respond. One message says it all. */
export function worthAThread(diagnosis: Diagnosis): boolean {
  return diagnosis.primary !== null || !['not-found', 'unavailable'].includes(diagnosis.verdict);
}

/** The decisive evidence: what the small print shows of it, and the rest for the thread. */
export function decisiveInTwo({ evidence: [{ text }] }: Finding): readonly [shown: string, rest: string] {
  const line = oneLine(text);
  if (line.length <= LONGEST_DECISIVE) return [line, ''];
  const start = line.slice(0, LONGEST_DECISIVE);
  const end = start.lastIndexOf('. ') + 1 || start.lastIndexOf(' ');
  if (end <= 0) return [cut(line, LONGEST_DECISIVE), line];
  return [`${start.slice(0, end)}${start[end - 1] === '.' ? '' : '…'}`, `… ${line.slice(end).trim()}`];
}

/** The explanation: its first two sentences for the message, and the rest for the thread. */
export function whyInTwo(diagnosis: Diagnosis): readonly [first: string, rest: string] {
  const why = oneLine(mainFinding(diagnosis)?.explanation || diagnosis.explanation);
  // Without a thread there is no other place for the rest.
  if (!worthAThread(diagnosis)) return [cut(why, LONGEST_WHY), ''];
  const all = why.split(/(?<=[^.\s]{2}[.!?]["”’)]?) (?=[“"‘(]?[A-Z0-9])/);
  const first = all.slice(0, MOST_SENTENCES).join(' ');
  return first.length <= LONGEST_WHY ? [first, all.slice(MOST_SENTENCES).join(' ')] : [cut(first, LONGEST_WHY), why];
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

/** A start that was rejected: the response was an error, before any operation existed. */
export function wasRefused(diagnosis: Diagnosis): boolean {
  return diagnosis.operationId === null && (diagnosis.operation.httpStatus ?? 0) >= 400;
}

function whatHappened(diagnosis: Diagnosis): InlineText {
  const progress = progressNotSaid(diagnosis);
  return dotted([
    course(diagnosis),
    isOpen(diagnosis) && progress.length > 0 ? [`shown as ${progress.join(', ')}`] : [],
    marketText(diagnosis, 60),
    diagnosis.operationId === null || diagnosis.headline.includes(diagnosis.operationId)
      ? []
      : [code(diagnosis.operationId)],
  ]);
}

/** How far it is, without what the headline or the first sentences of the explanation already say. */
function progressNotSaid(diagnosis: Diagnosis): readonly string[] {
  const { progressPercent, progressStep } = diagnosis.operation;
  const said = oneLine(`${diagnosis.headline} ${whyInTwo(diagnosis)[0]}`);
  const step = shortLine(progressStep ?? '', 120);
  // ktrdr writes “Epoch 18/600 · Batch 4” for the current epoch, and a headline “epoch 17 of 600” for the last finished one.
  const total = /^epoch \d+\/(\d+)/i.exec(step)?.[1];
  const isStepSaid =
    said.includes(step) || (total !== undefined && new RegExp(`\\bepoch \\d+ of ${total}\\b`, 'i').test(said));
  const share = progressPercent === null ? '' : percent(progressPercent);
  const isShareSaid = new RegExp(`(?<![\\d.])${share.replace('.', '\\.')}`).test(said);
  return [isShareSaid ? '' : share, isStepSaid ? '' : step].filter((text) => text !== '');
}

function course(diagnosis: Diagnosis): InlineText {
  const { startedAt, endedAt, durationMs, httpStatus } = diagnosis.operation;
  const type = typeName(diagnosis.operationType);
  const at = endedAt ?? startedAt;
  const took = durationMs === null ? '' : ` after ${formatDuration(durationMs)}`;
  const when: InlineText = at === null ? [] : [endedAt === null ? ', started ' : ', ', time(at)];
  const since: InlineText = startedAt === null ? [] : [' since ', time(startedAt)];
  if (wasRefused(diagnosis)) {
    return [`${type} rejected with HTTP ${httpStatus}`, ...when, '; no operation was created'];
  }
  switch (diagnosis.status) {
    case 'completed':
    case 'failed':
      return [`${type} ${diagnosis.status}${took}`, ...when];
    case 'cancelled':
      return [`${type} cancelled${took}`, ...when];
    case 'running':
      return [`${type} running`, ...since];
    case 'pending':
      return [`${type} waiting to start`, ...since];
    case 'resuming':
      return [`${type} resuming`, ...since];
    case 'unknown':
      return startedAt === null ? [] : [`${type} started `, time(startedAt), '; outcome unknown'];
  }
}

function whatToDo(finding: Finding, diagnosis: Diagnosis, rest: string | null): TextBlock {
  const next = nextStep(finding);
  const text: InlineText = [strong(`${next.title}:`), ' ', ...withCode(next.text)];
  if (next.command === null) return prose(text);
  return isShort(next.command)
    ? { kind: 'command', label: text, command: next.command }
    : prose([...text, ` (${rest === null ? whereInSlack(next.command, diagnosis) : `the command is ${rest}`})`]);
}

function whereInSlack(command: ShellCommand, diagnosis: Diagnosis): string {
  return fitsInThread(command) && worthAThread(diagnosis)
    ? 'the command is in the thread'
    : 'for the command, run ktrdr-bot diagnose --json';
}

function howSure(diagnosis: Diagnosis): readonly InlineText[] {
  const { notChecked, sources } = diagnosis;
  const main = mainFinding(diagnosis);
  // Without a thread, no other place says where the bot searched.
  if (!worthAThread(diagnosis))
    return sources.filter((source) => source.state !== 'off' && !isInHeadline(source, diagnosis)).map(whatItDid);
  const missing = [...new Set(notChecked.flatMap((check) => check.missing))];
  return [
    main === null ? [] : [strong(CONFIDENCE_WORDS[main.confidence])],
    main === null ? [] : sentences(decisiveInTwo(main)[0]),
    missing.length === 0 || main?.confidence === 'certain'
      ? []
      : [`Some checks skipped: no ${shortLine(missing.join(', '), 120)}`],
    ...sources
      .filter((source) => source.state === 'unavailable' || source.state === 'partial')
      .filter((source) => !isInHeadline(source, diagnosis))
      .map((source) => [`${SOURCE_NAMES[source.name]} ${SOURCE_STATES[source.state]}`]),
  ];
}

/** The headline of an unanswered request says how Jaeger failed, and why. */
export function isInHeadline({ name, state }: SourceReport, { verdict }: Diagnosis): boolean {
  return verdict === 'unavailable' && name === 'jaeger' && state === 'unavailable';
}

/** `Jaeger and the ktrdr API answered`, and what the other sources did. */
export function sourcesText(diagnosis: Diagnosis): InlineText {
  const wellNames = diagnosis.sources.filter(({ state }) => state === 'ok').map(({ name }) => SOURCE_NAMES[name]);
  const others = diagnosis.sources.filter(({ state }) => state === 'unavailable' || state === 'partial');
  return dotted([
    wellNames.length === 0 || wellNames[0] === SOURCE_NAMES.file ? [] : [`${wellNames.join(' and ')} responded`],
    ...others.map(whatItDid),
  ]);
}

function whatItDid({ name, state, detail }: SourceReport): InlineText {
  return [`${SOURCE_NAMES[name]} ${SOURCE_STATES[state]}${detail === '' ? '' : `: ${shortLine(detail, 200)}`}`];
}
