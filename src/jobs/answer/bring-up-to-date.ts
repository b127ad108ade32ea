/** Updates the message of an answer after its operation was diagnosed again. */
import type { Symptoms } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { changesBetween, missingSince } from '../../formatters/answer/changes.ts';
import type { Answer } from '../../formatters/message.ts';
import type { SecondLook } from '../../formatters/reports/earlier-answers.ts';
import { say } from '../deliver/wanted.ts';
import { type QueueClient, symptomKey } from '../queue/queues.ts';
import { requestIdOf } from '../requests.ts';
import type { ShownEarlier, ShownTools } from './last-answers.ts';
import { type PersonalTools, personalAnswer } from './personal-answer.ts';
import { nameOfDiagnosed } from './record.ts';

export interface UpdateTools extends PersonalTools, ShownTools {
  readonly client: QueueClient;
}

interface Found {
  readonly answer: Answer;
  /** Already free of secrets. */
  readonly diagnosis: Diagnosis;
  readonly symptom: Symptoms | null;
}

/** Says what has changed since the answer was given, and edits its message when something has. */
export async function bringUpToDate(
  { answerId, record, place }: ShownEarlier,
  { answer, diagnosis, symptom }: Found,
  tools: UpdateTools,
): Promise<SecondLook> {
  const missing = missingSince(record.diagnosis, diagnosis);
  if (missing.length > 0) return { kind: 'not-checked', missing };
  const changes = changesBetween(record.diagnosis, diagnosis);
  if (changes.length === 0) return { kind: 'unchanged' };
  // The message continues to answer the first person's request.
  const isGuess = (one: Diagnosis) => one.guess !== undefined;
  const isSameQuestion =
    symptomKey(symptom) === symptomKey(record.symptom) && isGuess(diagnosis) === isGuess(record.diagnosis);
  if (!isSameQuestion) return { kind: 'changed', changes };
  // The ID is the same for everyone who finds the same changes, so they are reported once.
  const requestId = requestIdOf(JSON.stringify([answerId, changes]), place);
  const { operationId } = diagnosis;
  const subject =
    operationId === null
      ? ({ kind: 'trace', traceId: nameOfDiagnosed(diagnosis) ?? '' } as const)
      : ({ kind: 'operation', operationId } as const);
  const update = { requestId, subject, symptom, place, askedAt: tools.clock() };
  const updated = await personalAnswer(answer, diagnosis, update, tools);
  if (updated !== null) await say(tools.client, update, updated);
  return { kind: 'changed', changes };
}
