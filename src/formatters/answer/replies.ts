/** The replies below an answer: why and what else to do, and then what called what. */
import type { KnownBlock } from '@slack/types';
import type { Diagnosis, TraceSummary } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { plural } from '../../language/plurals.ts';
import { blocksOf } from '../blocks/blocks.ts';
import { literal, oneLine, shortLine } from '../blocks/mrkdwn.ts';
import { code, dotted, type InlineText, note, plainText, strong, type TextBlock } from '../blocks/text-block.ts';
import { textLength } from '../blocks/text-length.ts';
import type { Links } from '../links.ts';
import type { Answer, Message } from '../message.ts';
import { baselineBlocks } from './baseline.ts';
import { executionFlowSection, flowText } from './execution-flow.ts';
import { mainFinding, otherFixBlocks } from './fix.ts';
import { evidenceBlocks } from './root-cause.ts';
import { sourcesText, worthAThread } from './summary.ts';
import { criticalPathText, warningBlocks } from './trace-summary.ts';

/** Columns that Slack shows in a thread, and on a phone, without wrapping. */
const FLOW_WIDTH = 45;
export const FLOW_SLOT = 'execution-flow';
/** How many items each list has at most: the first of these sets with which the reply fits into one message. */
const LIMITS = [8, 4, 2] as const;
const MOST_TRACES = 3;
const MOST_SERVICES = 6;
const LONGEST_FALLBACK = 1200;

/** At most two, in reading order. */
export function repliesOf(diagnosis: Diagnosis, links: Links): Answer['thread'] {
  if (!worthAThread(diagnosis)) return [];
  const flow = executionFlowSection(diagnosis, FLOW_WIDTH);
  const summary = traceSummaryNote(diagnosis);
  const hasFinding = mainFinding(diagnosis) !== null;
  const flowBlocks = flow === null ? [] : [heading(flow.title), ...flow.blocks];
  const time = criticalPathText(diagnosis);
  if (time.length > 0 && flow !== null) flowBlocks.push(note(['Time: ', ...time]));
  if (!hasFinding) flowBlocks.push(...baselineBlocks(diagnosis), ...warningBlocks(diagnosis, 4), summary);
  const flowReply = {
    slot: FLOW_SLOT,
    message: shortened(messageOf(flowBlocks, literal(flowText(diagnosis), LONGEST_FALLBACK), links)),
  };
  return [
    ...(hasFinding ? [{ slot: 'root-cause', message: shortened(rootCauseMessage(diagnosis, links, summary)) }] : []),
    ...(flowBlocks.length === 0 ? [] : [flowReply]),
  ];
}

function rootCauseMessage(diagnosis: Diagnosis, links: Links, summary: TextBlock): Message {
  const [first, ...fewer] = LIMITS;
  let message = rootCauseWith(first, diagnosis, links, summary);
  for (const most of fewer) {
    if (fits(message)) break;
    message = rootCauseWith(most, diagnosis, links, summary);
  }
  return message;
}

function rootCauseWith(most: number, diagnosis: Diagnosis, links: Links, summary: TextBlock): Message {
  const evidence = evidenceBlocks(diagnosis, most);
  const fixes = otherFixBlocks(diagnosis, links, most);
  const blocks = [
    heading(diagnosis.primary === null ? 'Evidence' : 'Root cause'),
    ...evidence,
    ...baselineBlocks(diagnosis),
    heading(diagnosis.primary === null ? 'Next' : 'Fix'),
    ...fixes,
    ...warningBlocks(diagnosis, most),
    summary,
  ];
  const text = `Root cause: ${textOf(evidence)} Fix: ${textOf(fixes)}`;
  return messageOf(blocks, literal(oneLine(text), LONGEST_FALLBACK), links);
}

/** With room for the notification, a picture with its text, and the question about feedback. */
const MOST_TEXT = 6_000;
const MOST_JSON = 8_500;
const MOST_BLOCKS = 40;

function fits({ blocks }: Pick<Message, 'blocks'>): boolean {
  const text = blocks.reduce((sum, block) => sum + textLength(block), 0);
  return text <= MOST_TEXT && JSON.stringify(blocks).length <= MOST_JSON && blocks.length <= MOST_BLOCKS;
}

/** Texts that fill a message by themselves: what doesn't fit is in the JSON answer. */
function shortened(message: Message): Message {
  if (fits(message)) return message;
  const first: KnownBlock[] = [];
  for (const block of message.blocks) {
    first.push(block);
    if (!fits({ blocks: first })) first.pop();
  }
  const more: InlineText = [
    'Not everything fits in a message. For the rest, run ',
    code('ktrdr-bot diagnose --json'),
    '.',
  ];
  return { text: message.text, blocks: [...first, ...blocksOf(note(more), [])] };
}

function messageOf(blocks: readonly TextBlock[], text: string, links: Links): Message {
  return { text, blocks: blocks.flatMap((block) => blocksOf(block, links.hosts)) };
}

function heading(title: string): TextBlock {
  return { kind: 'facts', lines: [[strong(title)]] };
}

/** Where the answer comes from, in small print. */
function traceSummaryNote(diagnosis: Diagnosis): TextBlock {
  const { traces, worker, analysisMs } = diagnosis;
  const main = mainFinding(diagnosis);
  const more = traces.length - MOST_TRACES;
  const facts = dotted([
    ...traces.slice(0, MOST_TRACES).map(traceText),
    more > 0 ? [`${plural(more, 'more trace')}`] : [],
    worker === undefined ? [] : ['worker ', code(worker.id), ' (in Jaeger ', code(worker.service), ')'],
    sourcesText(diagnosis),
    analysisMs > 0 ? [`analyzed in ${formatDuration(analysisMs)}`] : [],
    main === null ? [] : [code(main.cause)],
  ]);
  return note([strong('Trace summary'), ': ', ...(facts.length === 0 ? ['no trace'] : facts)]);
}

function traceText({ traceId, spanCount, durationMs, services, missingParents }: TraceSummary): InlineText {
  const names = services.slice(0, MOST_SERVICES).map((name) => shortLine(name, 60));
  const more = services.length - names.length;
  const parts = [
    plural(spanCount, 'span'),
    formatDuration(durationMs),
    names.length === 0 ? '' : `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    missingParents === 0 ? '' : `${plural(missingParents, 'parent span')} missing`,
  ];
  return ['trace ', code(traceId), `, ${parts.filter((part) => part !== '').join(', ')}`];
}

function textOf(blocks: readonly TextBlock[]): string {
  return blocks
    .flatMap((block): readonly InlineText[] => {
      if (block.kind === 'list') return block.items;
      if (block.kind === 'command') return [[...block.label, ' ', block.command]];
      if (block.kind === 'facts' || block.kind === 'columns') return [];
      return [block.text];
    })
    .map((text) => plainText(text))
    .join(' ');
}
