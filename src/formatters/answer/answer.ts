/** The answer to a request: its sections for all renderers, and the Slack messages. */
import type { ActionsBlock, Button, KnownBlock } from '@slack/types';
import type { Subject, Symptoms } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Micros } from '../../diagnosis/trace.ts';
import { capital, iso } from '../../diagnosis/words.ts';
import { actionsBlocks, blocksOf, mrkdwnOf, plainTextElement } from '../blocks/blocks.ts';
import { questionButtons } from '../blocks/build-message.ts';
import * as mrkdwn from '../blocks/mrkdwn.ts';
import { person, type Section, type TextBlock } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';
import { type Links, linksTo, publicUrl } from '../links.ts';
import type { Answer, Message } from '../message.ts';
import { executionFlowSection } from './execution-flow.ts';
import { fixSection, mainFinding, nextStep, sentence } from './fix.ts';
import { repliesOf } from './replies.ts';
import { rootCauseSection } from './root-cause.ts';
import { isOpen, mrkdwnHeadline, summaryBlocks, typeName, wasRefused } from './summary.ts';
import { traceSummarySection } from './trace-summary.ts';

export interface AnswerOptions {
  /** Null or a loopback address: no link, the address is shown as text. */
  readonly jaegerPublicUrl: string | null;
  readonly grafanaUrl: string | null;
  /** The operator's own patterns, added to the built-in ones. */
  readonly redact: readonly RegExp[];
  readonly subject: Subject;
  readonly symptom?: Symptoms | null;
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
}

interface Signature {
  /** Null for an alert, which no one requested. */
  readonly userId: string | null;
  readonly isPasted: boolean;
  readonly version: string;
}

/** The longest notification; well below what Slack may split, or reject in an edit. */
const LONGEST_FALLBACK = 1500;

/** The whole answer as text: the summary, and the details under the headings that people look for. */
export function answerSections(
  diagnosis: Diagnosis,
  { links, now, flowWidth }: SectionOptions,
): { readonly summary: readonly TextBlock[]; readonly sections: readonly Section[] } {
  const sections = [
    traceSummarySection(diagnosis, links),
    executionFlowSection(diagnosis, flowWidth),
    rootCauseSection(diagnosis),
    fixSection(diagnosis, links),
  ];
  return { summary: summaryBlocks(diagnosis, iso(now)), sections: sections.filter((section) => section !== null) };
}

/** The answer as Slack messages: the summary that replaces the placeholder, and the details for its thread. */
export function formatAnswer(uncleaned: Diagnosis, options: AnswerOptions): Answer {
  const diagnosis = cleanDiagnosis(uncleaned, options.redact);
  const links = linksTo(options.jaegerPublicUrl, options.grafanaUrl);
  const blocks = summaryBlocks(diagnosis, iso(options.now)).flatMap((block) => blocksOf(block, links.hosts));
  return {
    summary: { text: fallbackOf(diagnosis), blocks: [...blocks, ...buttons(diagnosis, options, links)] },
    thread: repliesOf(diagnosis, links),
  };
}

/**
 * Adds the requester to the small print of the summary, and the bot's version to that of its first reply. Only here is the
 * requester mentioned: the message is edited into an answer, and an edit notifies no one.
 */
export function signed({ summary, thread }: Answer, { userId, isPasted, version }: Signature): Answer {
  const [first, ...others] = thread;
  const why = userId === null ? ['alert'] : [isPasted ? 'pasted by ' : 'asked by ', person(userId)];
  const asked = withSmallPrint(summary, mrkdwnOf(why, [], 100));
  if (first === undefined) return { summary: asked, thread };
  const versioned = { ...first, message: withSmallPrint(first.message, `ktrdr-bot ${version}`) };
  return { summary: asked, thread: [versioned, ...others] };
}

/** At the end of the last small line. */
function withSmallPrint({ text, blocks }: Message, added: string): Message {
  const at = blocks.findLastIndex(({ type }) => type === 'context');
  const extended = blocks.map((block, i): KnownBlock => {
    if (i !== at || block.type !== 'context') return block;
    const elements = block.elements.map((one) =>
      one.type === 'mrkdwn' ? { ...one, text: one.text === '–' ? capital(added) : `${one.text} · ${added}` } : one,
    );
    return { ...block, elements };
  });
  return { text, blocks: extended };
}

/** In consecutive sentences: which operation, its status, what is wrong, what to do. */
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
  const text = `${guess}${name}: ${wasRefused(diagnosis) ? 'rejected' : statusText}. ${headline}${step}`;
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
    ...nearMissButton(diagnosis, options),
    ...(isOpen(diagnosis) ? [] : questionButtons('Check again', 'run_again', question)),
  ]);
}

/** The answer replaces the message that says that nothing is known. */
function nearMissButton({ similarIds = [] }: Diagnosis, { symptom = null }: AnswerOptions): readonly Button[] {
  const [operationId] = similarIds;
  if (operationId === undefined) return [];
  const question = JSON.stringify({ subject: { kind: 'operation', operationId }, symptom });
  return questionButtons('Diagnose that one', 'run_again:similar', question);
}
