/** What is wrong with the shape of an answer in Slack: too long, too many controls, said twice, or said about nothing. */
import type { KnownBlock } from '@slack/types';
import type { Case } from '../../src/diagnosis/case.ts';
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import { formatAnswer, signed } from '../../src/formatters/answer/answer.ts';
import { withInteractions } from '../../src/formatters/answer/interactions.ts';
import { cleanDiagnosis } from '../../src/formatters/clean.ts';
import type { Answer, Message } from '../../src/formatters/message.ts';

const STATES = [
  { claimedBy: null, snoozedUntil: null, mutedUntil: null },
  { claimedBy: 'U0ANNA', snoozedUntil: '2026-11-23T07:03:07.000Z', mutedUntil: '2026-11-23T07:03:07.000Z' },
];
const SHORTEST_SENTENCE = 25;
const GRAFANA = 'https://grafana.example.org';

/** As it is sent: fresh, and when somebody has done with it all that can be done. */
export function answersTo(kase: Case, diagnosis: Diagnosis): readonly Answer[] {
  const options = {
    jaegerPublicUrl: 'https://jaeger.example.org',
    grafanaUrl: GRAFANA,
    redact: [],
    subject: kase.subject,
  };
  const formatted = formatAnswer(diagnosis, { ...options, now: kase.now });
  const own = signed(formatted, { userId: 'U0ANNA', isPasted: false, version: '0.1.0' });
  const interactions = { answerId: 'T0-1', diagnosis: cleanDiagnosis(diagnosis), symptom: null, grafanaUrl: GRAFANA };
  return STATES.map((state) => withInteractions(own, { ...interactions, state }));
}

/** One message of at most eight lines and four controls, and two replies with no more than the question about feedback. */
export function sizeProblems([fresh, ...others]: readonly Answer[]): readonly string[] {
  const problems = [fresh, ...others].flatMap((answer) =>
    answer === undefined
      ? []
      : [
          ...(answer.thread.length > 2 ? [`${answer.thread.length} replies`] : []),
          ...(controlsIn(answer.summary) > 4 ? [`${controlsIn(answer.summary)} controls`] : []),
          ...answer.thread.filter(({ message }) => controlsIn(message) > 2).map(({ slot }) => `controls in ${slot}`),
        ],
  );
  const lines = fresh?.summary.blocks.flatMap(linesOf).length ?? 0;
  return lines > 8 ? [...problems, `${lines} lines`] : problems;
}

const SECTIONS = /^\W*(?:Root cause|Evidence|Fix|Next)\W*$/;

/** The headings that people look for, wherever there is a finding; below each stands something that can be read alone. */
export function headingProblems({ primary, flow }: Diagnosis, { thread }: Answer): readonly string[] {
  const lines = thread.flatMap(({ message }) => message.blocks.flatMap(linesOf));
  const said = lines.join('\n');
  return [
    ...(primary === null || /Root cause[\s\S]*Fix[\s\S]*Trace summary/.test(said) ? [] : ['no root cause and fix']),
    ...(flow.length === 0 || thread.length === 0 || said.includes('Execution flow') ? [] : ['no execution flow']),
    ...lines.flatMap((line, i) => {
      const below = lines[i + 1] ?? '';
      const isEmpty = SECTIONS.test(line) && (SECTIONS.test(below) || /^\W*(?:Then\b|Trace summary|$)/.test(below));
      return isEmpty ? [`${line} stands above: ${below}`] : [];
    }),
  ];
}

export function flowProblems({ thread }: Answer): readonly string[] {
  return thread
    .flatMap(({ message }) => message.blocks.flatMap(preformattedIn))
    .filter(({ kind, text }) => kind === 'flow' && [...text].length > 45)
    .map(({ text }) => `too wide: ${text}`);
}

/** What is said twice, in the message and its replies. */
export function repetitions({ summary, thread }: Answer): readonly string[] {
  const first = new Set(summary.blocks.flatMap(sentencesIn));
  const replies = thread.flatMap(({ message }) => message.blocks.flatMap(sentencesIn));
  return replies.filter((sentence, i) => first.has(sentence) || replies.indexOf(sentence) !== i);
}

/** Words of a program that had nothing to say. Losses of a training may be NaN. */
export function placeholdersIn({ summary, thread }: Answer): readonly string[] {
  const texts = [summary, ...thread.map(({ message }) => message)].flatMap(({ text, blocks }) => [
    text,
    ...blocks.filter(({ type }) => type !== 'actions').flatMap(textsIn),
  ]);
  return texts.filter((text) => PLACEHOLDER.test(text));
}

const PLACEHOLDER =
  /\bN\/A\b|\bundefined\b|(?<!loss is |loss = )\bNaN\b|\bnull\b|\bNone\b|\[object|unknown unknown|Invalid Date|\bInfinity\b/;

/** A worker has one name, but for the flow and the trace summary, which says what the other is. */
export function nameProblems({ worker }: Diagnosis, { summary, thread }: Answer): readonly string[] {
  if (worker === undefined) return [];
  const said = [summary, ...thread.filter(({ slot }) => slot === 'root-cause').map(({ message }) => message)]
    .flatMap(({ blocks }) => blocks)
    .map((block) => textsIn(block).join(' '))
    .filter((text) => !text.includes('*Trace summary*'));
  const { id, service } = worker;
  const isBoth = [id, service].every((name) => said.some((text) => text.includes(name)));
  return isBoth ? [`${id} and ${service}`] : [];
}

function controlsIn({ blocks }: Message): number {
  return blocks.reduce((sum, block) => sum + (block.type === 'actions' ? block.elements.length : 0), 0);
}

/** As they stand below one another. */
function linesOf(block: KnownBlock): readonly string[] {
  return block.type === 'actions' ? [] : textsIn(block).join('').split('\n');
}

function sentencesIn(block: KnownBlock): readonly string[] {
  if (block.type === 'actions' || preformattedIn(block).some(({ kind }) => kind === 'flow')) return [];
  return textsIn(block)
    .join('')
    .split(/\n|(?<=[.!?]) | · /)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence.length >= SHORTEST_SENTENCE);
}

function preformattedIn(block: KnownBlock): readonly { readonly kind: 'flow' | 'command'; readonly text: string }[] {
  if (block.type !== 'rich_text') return [];
  const isAlone = block.elements.length === 1;
  return block.elements
    .filter(({ type }) => type === 'rich_text_preformatted')
    .flatMap((element) => textsIn(element).join('').split('\n'))
    .map((text) => ({ kind: isAlone ? 'flow' : 'command', text }));
}

function textsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  if ('url' in value && 'text' in value && typeof value.text === 'string') return [value.text];
  if ('fallback' in value && typeof value.fallback === 'string') return [value.fallback];
  const own = 'text' in value && typeof value.text === 'string' ? [value.text] : [];
  return [...own, ...Object.values(value).flatMap(textsIn)];
}
