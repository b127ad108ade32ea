import type { Confidence, Diagnosis, Evidence, Finding, Severity } from '../../diagnosis/finding.ts';
import { cut, oneLine, shortLine } from '../blocks/mrkdwn.ts';
import {
  code,
  type InlineText,
  inline,
  listBlock,
  note,
  prose,
  type Section,
  sentences,
  strong,
  type TextBlock,
} from '../blocks/text-block.ts';
import { mainFinding } from './fix.ts';
import { CONFIDENCE_WORDS } from './summary.ts';

const MOST_EVIDENCE = 15;
const MOST_FINDINGS = 6;
const MOST_GAPS = 8;

const READ_FROM: Readonly<Record<Evidence['kind'], string>> = {
  attribute: 'span attribute',
  exception: 'exception in a span',
  span: 'span',
  time: 'timing',
  absence: 'missing from the trace',
  transition: 'state change',
  record: 'ktrdr API',
  worker: 'worker list',
  count: 'counted',
};

const CERTAINTY: Readonly<Record<Confidence, string>> = {
  certain: 'The evidence shows this; nothing is inferred.',
  likely: 'Inferred: the evidence suggests this but does not state it.',
  possible: 'One explanation among others: the evidence allows it and does not prove it.',
};

const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  blocking: 'stops the operation',
  degraded: 'makes it worse',
  notice: 'worth knowing',
};

const SHOWN_BEFORE = 500;

/** Why, the evidence, what was inferred, what else was found, what could not be checked; null when there is none of it. */
export function rootCauseSection(diagnosis: Diagnosis, isReadApart: boolean): Section | null {
  const { primary } = diagnosis;
  const main = mainFinding(diagnosis);
  const others = diagnosis.others.filter((finding) => finding !== main);
  const details: TextBlock[] = main === null ? [] : proof(main);
  if (others.length > 0) details.push(listBlock('Also found', others.map(otherFinding), MOST_FINDINGS));
  const unknown = [...notChecked(diagnosis), ...instrumentationGaps(diagnosis)];
  if (unknown.length > 0) details.push(listBlock('Could not check', unknown, MOST_GAPS));
  const why = oneLine(main?.explanation || diagnosis.explanation);
  const isCut = why.length > SHOWN_BEFORE;
  if (details.length === 0 && !isCut) return null;
  const blocks: TextBlock[] = [];
  if (isReadApart && main !== null) blocks.push(prose([strong(shortLine(main.headline, 400))]));
  if (why !== '' && (isReadApart || isCut)) blocks.push(prose(sentences(cut(why, 1500))));
  return {
    slot: 'root-cause',
    title: primary === null ? 'Evidence' : 'Root cause',
    blocks: [...blocks, ...details],
  };
}

function proof({ evidence, confidence, cause }: Finding): TextBlock[] {
  return [
    listBlock('Evidence', evidence.map(evidenceText), MOST_EVIDENCE),
    note(inline`${strong(CONFIDENCE_WORDS[confidence])}. ${CERTAINTY[confidence]} Cause: ${code(cause)}`),
  ];
}

function evidenceText({ kind, text }: Evidence): InlineText {
  const from = READ_FROM[kind];
  return [...sentences(shortLine(text, 350)), text.includes(from) ? '' : ` (${from})`];
}

function otherFinding({ headline, explanation, confidence, severity }: Finding): InlineText {
  const kind = `${CONFIDENCE_WORDS[confidence].toLowerCase()}, ${SEVERITY_WORDS[severity]}`;
  return inline`${strong(shortLine(headline, 300))} (${kind}) ${sentences(shortLine(explanation, 300))}`;
}

/** One item per missing source, with the causes that need it. */
function notChecked(diagnosis: Diagnosis): readonly InlineText[] {
  const causes = new Map<string, string[]>();
  for (const { cause, missing } of diagnosis.notChecked) {
    const source = missing.length === 0 ? 'more data' : missing.join(' and ');
    causes.set(source, [...(causes.get(source) ?? []), cause]);
  }
  return [...causes].map(([source, names]) => {
    const shown = names.slice(0, 6).join(', ');
    const more = names.length > 6 ? ` and ${names.length - 6} more` : '';
    return [`For lack of ${shortLine(source, 200)}: ${shortLine(shown, 200)}${more}`];
  });
}

/** Left out of healthy operations, where the missing spans and attributes would not matter. */
function instrumentationGaps({ lacks, verdict }: Diagnosis): readonly InlineText[] {
  if (verdict === 'healthy') return [];
  return lacks.map(({ text, cannotTell }) => [`${oneLine(text)} So I cannot tell ${oneLine(cannotTell)}.`]);
}
