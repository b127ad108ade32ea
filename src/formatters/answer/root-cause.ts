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
  strongSentences,
  type TextBlock,
} from '../blocks/text-block.ts';
import { mainFinding } from './fix.ts';
import { CONFIDENCE_WORDS, decisiveInTwo, whyInTwo } from './summary.ts';

const MOST_EVIDENCE = 15;
const MOST_FINDINGS = 6;
const MOST_GAPS = 8;
const LONGEST_REST = 1500;

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

/** What the word itself doesn't say: empty for a certain cause. */
const CERTAINTY: Readonly<Record<Confidence, string>> = {
  certain: '',
  likely: 'Inferred from the evidence.',
  possible: 'One possible explanation, not confirmed.',
};

const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  blocking: 'stops the operation',
  degraded: 'degrades the operation',
  notice: 'for information',
};

/** The rest of the why, the evidence, what was inferred, what else was found, what could not be checked; null for none of it. */
export function rootCauseSection(diagnosis: Diagnosis): Section | null {
  const main = mainFinding(diagnosis);
  const blocks: TextBlock[] = [
    ...restOfWhy(diagnosis),
    ...(main === null ? [] : proof(main)),
    ...besides(diagnosis, MOST_FINDINGS, MOST_GAPS),
  ];
  if (blocks.length === 0) return null;
  return { slot: 'root-cause', title: diagnosis.primary === null ? 'Evidence' : 'Root cause', blocks };
}

function proof({ evidence, confidence, cause }: Finding): TextBlock[] {
  return [
    listBlock('Evidence', evidence.map(evidenceText), MOST_EVIDENCE),
    note(
      inline`${strong(CONFIDENCE_WORDS[confidence])}.${CERTAINTY[confidence] === '' ? '' : ` ${CERTAINTY[confidence]}`} Cause: ${code(cause)}`,
    ),
  ];
}

/** The same below a message that already shows the beginning; each list has at most `most` items. */
export function evidenceBlocks(diagnosis: Diagnosis, most: number): readonly TextBlock[] {
  const main = mainFinding(diagnosis);
  const certainty = main === null ? '' : CERTAINTY[main.confidence];
  const shown = main === null ? [] : withoutRepeats(main).map(evidenceText);
  const items: readonly InlineText[] = [...shown, ...(certainty === '' ? [] : [[certainty]])];
  return [
    ...restOfWhy(diagnosis),
    ...(shown.length === 0
      ? [prose(['The message above has all of the evidence.'])]
      : [listBlock('', items, most + 1)]),
    ...besides(diagnosis, most, most),
  ];
}

function restOfWhy(diagnosis: Diagnosis): readonly TextBlock[] {
  const [, rest] = whyInTwo(diagnosis);
  return rest === '' ? [] : [prose(sentences(cut(rest, LONGEST_REST)))];
}

const SHORTEST_REPEAT = 20;

/** What the message doesn't show yet. Several sources often report one error in the same words. */
function withoutRepeats(finding: Finding): readonly Evidence[] {
  const [decisive, ...others] = finding.evidence;
  const [, rest] = decisiveInTwo(finding);
  let shown = `${finding.headline}\n${finding.explanation}\n${oneLine(decisive.text)}`;
  const repeated = others.flatMap((evidence) => {
    const text = oneLine(evidence.text);
    if (isSaidIn(shown, text)) return [];
    const starts = [...text.matchAll(/(?<=: )/g)].map(({ index }) => index).slice(0, 20);
    const repeat = starts.find((start) => text.length - start >= SHORTEST_REPEAT && shown.includes(text.slice(start)));
    shown += `\n${text}`;
    return repeat === undefined
      ? [evidence]
      : [{ ...evidence, text: `${text.slice(0, repeat)}the same message as above` }];
  });
  return rest === '' ? repeated : [{ ...decisive, text: rest }, ...repeated];
}

/** As whole words: `total_workers = 1` isn’t said by `total_workers = 10`. */
function isSaidIn(shown: string, text: string): boolean {
  const parts = shown.split(text);
  return parts.slice(1).some((after, i) => !/[\w.]$/.test(parts[i] ?? '') && !/^(?:\w|\.\d)/.test(after));
}

function besides(diagnosis: Diagnosis, mostFindings: number, mostGaps: number): readonly TextBlock[] {
  const main = mainFinding(diagnosis);
  const others = diagnosis.others.filter((finding) => finding !== main);
  const unknown = [...notChecked(diagnosis), ...instrumentationGaps(diagnosis)];
  return [
    ...(others.length === 0 ? [] : [listBlock('Also found', others.map(otherFinding), mostFindings)]),
    ...(unknown.length === 0 ? [] : [listBlock('Not checked', unknown, mostGaps)]),
  ];
}

function evidenceText({ kind, text }: Evidence): InlineText {
  const from = READ_FROM[kind];
  return [...sentences(shortLine(text, 350)), text.includes(from) ? '' : ` (${from})`];
}

function otherFinding({ headline, explanation, confidence, severity }: Finding): InlineText {
  const kind = `${CONFIDENCE_WORDS[confidence].toLowerCase()}, ${SEVERITY_WORDS[severity]}`;
  return inline`${strongSentences(shortLine(headline, 300))} (${kind}) ${sentences(shortLine(explanation, 300))}`;
}

/** One item per missing source, with the causes that need it: `/ktrdr explain` takes their names. */
function notChecked(diagnosis: Diagnosis): readonly InlineText[] {
  const causes = new Map<string, string[]>();
  for (const { cause, missing } of diagnosis.notChecked) {
    const source = missing.length === 0 ? 'more data' : missing.join(' and ');
    causes.set(source, [...(causes.get(source) ?? []), cause]);
  }
  return [...causes].map(([source, names]) => {
    const shown = names.slice(0, 6).join(', ');
    const more = names.length > 6 ? ` and ${names.length - 6} more` : '';
    return [`${shortLine(shown, 200)}${more} (missing: ${shortLine(source, 200)})`];
  });
}

/** Left out of healthy operations and of certain causes, where the missing spans and attributes don't matter. */
function instrumentationGaps(diagnosis: Diagnosis): readonly InlineText[] {
  const { lacks, verdict } = diagnosis;
  if (verdict === 'healthy' || mainFinding(diagnosis)?.confidence === 'certain') return [];
  return lacks.map(({ text, cannotTell }) => [`${oneLine(text)} Unknown: ${oneLine(cannotTell)}.`]);
}
