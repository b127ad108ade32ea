/** `<what> [symptom]` in words: `op_training_… stuck`, `last backtest`, a link. */
import { type Subject, SYMPTOMS, type Symptom } from '../diagnosis/case.ts';
import { canonicalType } from '../diagnosis/vocabulary/operations.ts';
import { subjectOf } from '../diagnosis/vocabulary/subject.ts';
import { nearest } from '../language/nearest.ts';
import { bad, good, type Reading } from './io.ts';

export interface Question {
  readonly subject: Subject;
  readonly symptom: Symptom | null;
}

const EXAMPLE =
  'For example: ktrdr-bot diagnose op_training_20260109_060025_4183136f, or: ktrdr-bot diagnose last training';
const LAST_TYPES = ['training', 'backtest', 'download', 'agent'];

export function readQuestion(words: readonly string[]): Reading<Question> {
  const [what, ...rest] = words;
  if (what === undefined) return bad(`diagnose needs an operation id, a trace id, a Jaeger URL or "last". ${EXAMPLE}`);
  if (what === 'last') return readLast(rest);
  const subject = subjectOf(what);
  if (subject !== null) return withSymptom(subject, rest);
  const meant = nearest(what, ['last']);
  const hint = meant === null ? EXAMPLE : `Did you mean "${meant}"?`;
  return bad(`"${what}" is not an operation id, a trace id or a Jaeger URL. ${hint}`);
}

function readLast(words: readonly string[]): Reading<Question> {
  const [first, ...rest] = words;
  const type = first === undefined ? null : canonicalType(first);
  if (type !== null) return withSymptom({ kind: 'last', type }, rest);
  return withSymptom({ kind: 'last', type: null }, words, LAST_TYPES);
}

function withSymptom(
  subject: Subject,
  words: readonly string[],
  alsoPossible: readonly string[] = [],
): Reading<Question> {
  const [word, extra] = words;
  if (extra !== undefined) return bad(`"${extra}" is one word too many. ${EXAMPLE}`);
  if (word === undefined) return good({ subject, symptom: null });
  const symptom = SYMPTOMS.find((known) => known === word);
  if (symptom !== undefined) return good({ subject, symptom });
  const possible = [...alsoPossible, ...SYMPTOMS];
  const meant = nearest(word, possible);
  return bad(`"${word}" is none of ${possible.join(', ')}.${meant === null ? '' : ` Did you mean "${meant}"?`}`);
}
