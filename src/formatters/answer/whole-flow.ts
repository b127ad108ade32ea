/** Everything that the summary leaves out: each step of the flow, each line of a stack. */
import { cleanText } from '../../diagnosis/clean.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { blocksOf, headerBlock } from '../blocks/blocks.ts';
import { cut } from '../blocks/mrkdwn.ts';
import type { Answer, Message } from '../message.ts';
import { flowLines } from './execution-flow.ts';
import { mrkdwnName } from './summary.ts';

/** Text for a file, and the same as messages when it is short enough to read there. */
export interface LongText {
  readonly title: string;
  readonly text: string;
  readonly fileName: string;
  /** Null when only a file can hold it. */
  readonly answer: Answer | null;
}

const LONGEST_STACK = 100_000;
const PER_MESSAGE = 5000;
const MOST_MESSAGES = 3;

export function wholeFlowText(diagnosis: Diagnosis): LongText {
  const lines = flowLines(diagnosis, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  return longText('Full execution flow', 'execution-flow.txt', lines, diagnosis);
}

/** `stack` is Python's traceback as a span recorded it. */
export function stackTraceText(stack: string, diagnosis: Diagnosis, patterns: readonly RegExp[]): LongText {
  const lines = cleanText(stack, patterns, LONGEST_STACK).trimEnd().split('\n');
  return longText('Stack trace', 'stack.txt', lines, diagnosis);
}

function longText(title: string, fileName: string, lines: readonly string[], diagnosis: Diagnosis): LongText {
  const parts = inParts(lines);
  const messages = parts.map((text, i): Message => {
    const full = parts.length === 1 ? title : `${title} (${i + 1} of ${parts.length})`;
    return {
      text: `${full} of ${mrkdwnName(diagnosis)}`,
      blocks: [headerBlock(full), ...blocksOf({ kind: 'columns', lines: text }, [])],
    };
  });
  const [first, ...rest] = messages;
  const isShort = first !== undefined && messages.length <= MOST_MESSAGES;
  return {
    title: `${title} of ${diagnosis.operationId ?? 'the request'}`,
    text: lines.join('\n'),
    fileName,
    answer: isShort ? { summary: first, thread: rest.map((message, i) => ({ slot: `part-${i + 2}`, message })) } : null,
  };
}

function inParts(lines: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  let length = 0;
  for (const line of lines.map((text) => cut(text, 1000) || ' ')) {
    length += JSON.stringify(line).length + 2;
    if (length > PER_MESSAGE) {
      parts.push([]);
      length = JSON.stringify(line).length + 2;
    }
    parts.at(-1)?.push(line);
  }
  return parts.filter((part) => part.length > 0);
}
