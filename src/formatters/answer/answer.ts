/** The answer to a question: its sections for all renderers, and the Slack messages. */
import type { ActionsBlock, KnownBlock } from '@slack/types';
import type { Subject, Symptom } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Micros } from '../../diagnosis/trace.ts';
import { iso } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { actionsBlocks, blocksOf, headerBlock, mrkdwnOf, plainTextElement } from '../blocks/blocks.ts';
import { questionButtons } from '../blocks/build-message.ts';
import * as mrkdwn from '../blocks/mrkdwn.ts';
import { pack } from '../blocks/pack.ts';
import { code, dotted, person, type Section, type TextBlock } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';
import { type Links, linksTo, publicUrl } from '../links.ts';
import type { Answer, Message } from '../message.ts';
import { executionFlowSection } from './execution-flow.ts';
import { fixSection, mainFinding, nextStep, sentence } from './fix.ts';
import { rootCauseSection } from './root-cause.ts';
import { mrkdwnHeadline, mrkdwnName, summaryBlocks, typeName, wasRefused } from './summary.ts';
import { traceSummarySection } from './trace-summary.ts';

export interface AnswerOptions {
  /** Null or a loopback address: no link, the address is shown as text. */
  readonly jaegerPublicUrl: string | null;
  readonly grafanaUrl: string | null;
  /** The operator's own patterns, added to the built-in ones. */
  readonly redact: readonly RegExp[];
  readonly subject: Subject;
  readonly symptom?: Symptom | null;
  readonly now: Micros;
}

export interface RenderOptions {
  readonly now: Micros;
  readonly redact?: readonly RegExp[];
  readonly jaegerUrl?: string | null;
  readonly grafanaUrl?: string | null;
}

interface SectionOptions {
  readonly links: Links;
  readonly now: Micros;
  readonly flowWidth: number;
  /** True where the details are read without the summary above them: they then repeat what was found. */
  readonly isReadApart: boolean;
}

interface Footer {
  readonly diagnosis: Diagnosis;
  readonly userId: string;
  readonly isPasted: boolean;
  readonly version: string;
}

/** The longest notification; well below what Slack may split or refuse in an edit. */
const LONGEST_FALLBACK = 1500;
/** Columns that a preformatted block shows on a desktop without wrapping. */
const FLOW_WIDTH = 96;

/** The whole answer as text: the summary, and the details under the headings that people look for. */
export function answerSections(
  diagnosis: Diagnosis,
  { links, now, flowWidth, isReadApart }: SectionOptions,
): { readonly summary: readonly TextBlock[]; readonly sections: readonly Section[] } {
  const sections = [
    traceSummarySection(diagnosis, links),
    executionFlowSection(diagnosis, flowWidth),
    rootCauseSection(diagnosis, isReadApart),
    fixSection(diagnosis, links),
  ];
  return { summary: summaryBlocks(diagnosis, iso(now)), sections: sections.filter((section) => section !== null) };
}

/** The answer as Slack messages: the summary that replaces the placeholder, and the details for its thread. */
export function formatAnswer(uncleaned: Diagnosis, options: AnswerOptions): Answer {
  const diagnosis = cleanDiagnosis(uncleaned, options.redact);
  const links = linksTo(options.jaegerPublicUrl, options.grafanaUrl);
  const { now } = options;
  const { summary, sections } = answerSections(diagnosis, { links, now, flowWidth: FLOW_WIDTH, isReadApart: true });
  const blocks = summary.flatMap((block) => blocksOf(block, links.hosts));
  return {
    summary: { text: fallbackOf(diagnosis), blocks: [...blocks, ...buttons(diagnosis, options, links)] },
    thread: sections.flatMap((section) => threadMessages(section, diagnosis, links)),
  };
}

/**
 * Extends the line that says how sure the answer is, so that the footer takes no line of its own. Only here the user who asked
 * is mentioned: the message is edited into an answer, and an edit notifies no one.
 */
export function withFooter(summary: Message, { diagnosis, userId, isPasted, version }: Footer): Message {
  const main = mainFinding(diagnosis);
  const traceId = main?.culprit?.traceId ?? diagnosis.traces[0]?.traceId;
  const text = dotted([
    [isPasted ? 'Pasted by ' : 'Asked by ', person(userId)],
    traceId === undefined ? [] : ['trace ', code(traceId)],
    [`analysed in ${formatDuration(diagnosis.analysisMs)}`],
    main === null ? [] : ['rule ', code(main.cause)],
    [`ktrdr-bot ${version}`],
  ]);
  const footer = mrkdwnOf(text, [], 600);
  const at = summary.blocks.findLastIndex(({ type }) => type === 'context');
  const blocks = summary.blocks.map((block, i): KnownBlock => {
    if (i !== at || block.type !== 'context') return block;
    const elements = block.elements.map((one) =>
      one.type === 'mrkdwn' ? { ...one, text: `${one.text} · ${footer}` } : one,
    );
    return { ...block, elements };
  });
  return { text: summary.text, blocks };
}

/** One sentence after the other: which operation, its status, what is wrong, what to do. */
function fallbackOf(diagnosis: Diagnosis): string {
  const { operationId, operationType, status } = diagnosis;
  const main = mainFinding(diagnosis);
  const name = `${mrkdwn.literal(typeName(operationType))}${operationId === null ? '' : ` ${mrkdwn.code(operationId, 200)}`}`;
  const statusText = status === 'unknown' ? 'status unknown' : status;
  const next = main === null ? null : nextStep(main);
  const step = next === null ? '' : ` ${next.title}: ${mrkdwn.literal(next.text, 500)}`;
  const command = next?.command && isCode(next.command) ? ` ${mrkdwn.code(next.command, 2000)}.` : '';
  const headline = sentence(mrkdwnHeadline(diagnosis, 500));
  const guess = diagnosis.guess === undefined ? '' : `${mrkdwn.literal(diagnosis.guess.text, 400)} `;
  const text = `${guess}${name}: ${wasRefused(diagnosis) ? 'refused' : statusText}. ${headline}${step}`;
  const shown = mrkdwn.cut(text, LONGEST_FALLBACK);
  return shown.length + command.length <= LONGEST_FALLBACK ? shown + command : shown;
}

/** Short enough, and the same when it is read back out of its back-ticks. */
function isCode(command: string): boolean {
  return command.length <= 300 && mrkdwn.isPlain(command) && !/[`\n]/.test(command);
}

function buttons(diagnosis: Diagnosis, options: AnswerOptions, links: Links): readonly ActionsBlock[] {
  const culprit = diagnosis.primary?.culprit ?? null;
  const traceId = culprit?.traceId ?? diagnosis.traces[0]?.traceId;
  const url = traceId === undefined ? null : publicUrl(links, links.trace(traceId, culprit?.spanId));
  const question = JSON.stringify({ subject: options.subject, symptom: options.symptom ?? null });
  return actionsBlocks([
    ...(url === null
      ? []
      : [{ type: 'button', text: plainTextElement('Open trace'), action_id: 'open_jaeger', url } as const]),
    ...questionButtons('Run again', 'run_again', question),
  ]);
}

/** Usually one message; a longer section is continued in numbered ones. */
function threadMessages(section: Section, diagnosis: Diagnosis, links: Links): Answer['thread'] {
  const blocks = section.blocks.flatMap((block) => blocksOf(block, links.hosts));
  const parts = pack(blocks, { characters: 900, blocks: 1 });
  return parts.map((part, i) => {
    const title = parts.length === 1 ? section.title : `${section.title} (${i + 1} of ${parts.length})`;
    const text = `${title} of ${mrkdwnName(diagnosis)}: ${mrkdwnHeadline(diagnosis, 250)}`;
    return {
      slot: i === 0 ? section.slot : `${section.slot}-${i + 1}`,
      message: { text, blocks: [headerBlock(title), ...part] },
    };
  });
}
