import type { Confidence, Diagnosis, Evidence, Finding, Severity } from '../../diagnosis/finding.ts';
import { cut, oneLine } from '../blocks/mrkdwn.ts';
import { code, type InlineText, type Section, sentences, strong, type TextBlock } from '../blocks/text-block.ts';
import { mainFinding } from './next-step.ts';
import { CONFIDENCE_WORDS } from './summary.ts';
import { list } from './trace-summary.ts';

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

/** The summary shows this much of an explanation. */
const SHOWN_BEFORE = 500;

/** Why, what shows it, what was inferred, what else was found, what could not be checked; null when there is nothing of it. */
export function rootCauseSection(diagnosis: Diagnosis, isReadApart: boolean): Section | null {
  const { primary } = diagnosis;
  const main = mainFinding(diagnosis);
  const others = diagnosis.others.filter((finding) => finding !== main);
  const details: TextBlock[] = main === null ? [] : proof(main);
  if (others.length > 0) details.push(list('Also found', others, MOST_FINDINGS, other));
  const unknown = [...gaps(diagnosis), ...lacks(diagnosis)];
  if (unknown.length > 0) details.push(list('Could not check', unknown, MOST_GAPS, (words) => words));
  const why = oneLine(main?.explanation || diagnosis.explanation);
  const isCut = why.length > SHOWN_BEFORE;
  if (details.length === 0 && !isCut) return null;
  const blocks: TextBlock[] = [];
  if (isReadApart && main !== null) {
    blocks.push({ kind: 'prose', words: [strong(cut(oneLine(main.headline), 400))] });
  }
  if (why !== '' && (isReadApart || isCut)) blocks.push({ kind: 'prose', words: sentences(cut(why, 1500)) });
  return {
    slot: 'root-cause',
    title: primary === null ? 'Evidence' : 'Root cause',
    blocks: [...blocks, ...details],
  };
}

function proof(finding: Finding): TextBlock[] {
  return [
    list('Evidence', finding.evidence, MOST_EVIDENCE, evidenceWords),
    {
      kind: 'note',
      words: [
        strong(CONFIDENCE_WORDS[finding.confidence]),
        `. ${CERTAINTY[finding.confidence]} Cause: `,
        code(finding.cause),
      ],
    },
  ];
}

function evidenceWords(evidence: Evidence): InlineText {
  const from = READ_FROM[evidence.kind];
  return [...sentences(cut(oneLine(evidence.text), 350)), evidence.text.includes(from) ? '' : ` (${from})`];
}

function other(finding: Finding): InlineText {
  const kind = `${CONFIDENCE_WORDS[finding.confidence].toLowerCase()}, ${SEVERITY_WORDS[finding.severity]}`;
  return [
    strong(cut(oneLine(finding.headline), 300)),
    ` (${kind}) `,
    ...sentences(cut(oneLine(finding.explanation), 300)),
  ];
}

/** One item per missing thing: what it would have been needed for. */
function gaps({ notChecked }: Diagnosis): readonly InlineText[] {
  const causes = new Map<string, string[]>();
  for (const { cause, missing } of notChecked) {
    const lack = missing.length === 0 ? 'more data' : missing.join(' and ');
    causes.set(lack, [...(causes.get(lack) ?? []), cause]);
  }
  return [...causes].map(([lack, names]) => {
    const shown = names.slice(0, 6).join(', ');
    const more = names.length > 6 ? ` and ${names.length - 6} more` : '';
    return [`For lack of ${cut(oneLine(lack), 200)}: ${cut(oneLine(shown), 200)}${more}`];
  });
}

/** On a healthy operation nobody misses what its spans could have told. */
function lacks({ lacks: missing, verdict }: Diagnosis): readonly InlineText[] {
  if (verdict === 'healthy') return [];
  return missing.map(({ text, cannotTell }) => [`${oneLine(text)} So I cannot tell ${oneLine(cannotTell)}.`]);
}
