import type { KnownBlock } from '@slack/types';
import type { Subject, Symptom } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Micros } from '../../diagnosis/trace.ts';
import { iso } from '../../diagnosis/words.ts';
import { blocksOf, headerBlock } from '../blocks/blocks.ts';
import * as mrkdwn from '../blocks/mrkdwn.ts';
import { pack } from '../blocks/pack.ts';
import { type Section, sentences, wordsAsText } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';
import { type Links, linksTo, publicUrl } from '../links.ts';
import type { Answer, Message } from '../message.ts';
import { mainFinding, nextStep, sentence } from './next-step.ts';
import { answerSections } from './sections.ts';
import { typeName, wasRefused } from './summary.ts';

export interface AnswerOptions {
  /** Null or a loopback address: no link, the address is shown as text. */
  readonly jaegerPublicUrl: string | null;
  readonly grafanaUrl: string | null;
  /** The operator's own patterns, added to the built-in ones. */
  readonly redact: readonly RegExp[];
  /** What was asked, for “Run again”. */
  readonly subject: Subject;
  readonly symptom?: Symptom | null;
  /** When the answer was made. */
  readonly now: Micros;
}

/** The longest notification; well below what Slack may split or refuse in an edit. */
const LONGEST_FALLBACK = 1500;
/** Columns that a preformatted block shows on a desktop without wrapping. */
const FLOW_WIDTH = 96;
const LONGEST_VALUE = 600;

/** The answer as Slack messages: the summary that replaces the placeholder, and the details for its thread. */
export function formatAnswer(found: Diagnosis, options: AnswerOptions): Answer {
  const diagnosis = cleanDiagnosis(found, options.redact);
  const links = linksTo(options.jaegerPublicUrl, options.grafanaUrl);
  const story = answerSections(diagnosis, { links, asOf: iso(options.now), flowWidth: FLOW_WIDTH, isReadApart: true });
  return {
    summary: {
      text: fallbackOf(diagnosis),
      blocks: [
        ...story.summary.flatMap((block) => blocksOf(block, links.hosts)),
        ...buttons(diagnosis, options, links),
      ],
    },
    thread: story.sections.flatMap((section) => threadMessages(section, diagnosis, links)),
  };
}

/** One sentence after the other: which operation, its status, what is wrong, what to do. */
function fallbackOf(diagnosis: Diagnosis): string {
  const { operationId } = diagnosis;
  const main = mainFinding(diagnosis);
  const name = `${mrkdwn.literal(typeName(diagnosis.operationType))}${operationId === null ? '' : ` ${mrkdwn.code(operationId, 200)}`}`;
  const status = wasRefused(diagnosis)
    ? 'refused'
    : diagnosis.status === 'unknown'
      ? 'status unknown'
      : diagnosis.status;
  const headline = mrkdwn.literal(wordsAsText(sentences(mrkdwn.oneLine(diagnosis.headline))), 500);
  const next = main === null ? null : nextStep(main);
  const step = next === null ? '' : ` ${next.title}: ${mrkdwn.literal(next.words, 500)}`;
  const command = next?.command && isCode(next.command) ? ` ${mrkdwn.code(next.command, 2000)}.` : '';
  const said = mrkdwn.cut(`${name}: ${status}. ${sentence(headline)}${step}`, LONGEST_FALLBACK);
  return said.length + command.length <= LONGEST_FALLBACK ? said + command : said;
}

/** Short enough, and the same when it is read back out of its back-ticks. */
function isCode(command: string): boolean {
  return command.length <= 300 && mrkdwn.isPlain(command) && !/[`\n]/.test(command);
}

function buttons(diagnosis: Diagnosis, options: AnswerOptions, links: Links): readonly KnownBlock[] {
  const culprit = diagnosis.primary?.culprit ?? null;
  const traceId = culprit?.traceId ?? diagnosis.traces[0]?.traceId;
  const url = traceId === undefined ? null : publicUrl(links, links.trace(traceId, culprit?.spanId));
  const value = JSON.stringify({ subject: options.subject, symptom: options.symptom ?? null });
  const elements = [
    ...(url === null ? [] : [button('Open trace', 'open_jaeger', { url })]),
    ...(value.length > LONGEST_VALUE ? [] : [button('Run again', 'run_again', { value })]),
  ];
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

function button(label: string, actionId: string, more: { readonly url: string } | { readonly value: string }) {
  return {
    type: 'button',
    text: { type: 'plain_text', text: label, emoji: false },
    action_id: actionId,
    ...more,
  } as const;
}

/** Usually one message; a longer section is continued in numbered ones. */
function threadMessages(section: Section, diagnosis: Diagnosis, links: Links): Answer['thread'] {
  const blocks = section.blocks.flatMap((passage) => blocksOf(passage, links.hosts));
  const parts = pack(blocks, { characters: 900, blocks: 1 });
  const name = diagnosis.operationId === null ? 'the request' : mrkdwn.code(diagnosis.operationId, 200);
  const headline = mrkdwn.literal(wordsAsText(sentences(mrkdwn.oneLine(diagnosis.headline))), 250);
  return parts.map((part, i) => {
    const title = parts.length === 1 ? section.title : `${section.title} (${i + 1} of ${parts.length})`;
    const message: Message = { text: `${title} of ${name}: ${headline}`, blocks: [headerBlock(title), ...part] };
    return { slot: i === 0 ? section.slot : `${section.slot}-${i + 1}`, message };
  });
}
