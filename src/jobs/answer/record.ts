/** An answer as one requester got it, kept for a week so that its buttons carry only an ID. */
import { z } from 'zod';
import { SYMPTOMS, type Symptom } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import type { Answer } from '../../formatters/message.ts';
import { answerSchema } from '../deliver/wanted.ts';
import type { Store } from '../ports.ts';
import { cell } from '../queue/store-cell.ts';
import { diagnosisSchema } from './diagnosis-schema.ts';

export interface AnswerRecord {
  readonly teamId: string;
  /** Without the lines and buttons that show claims and mutes. */
  readonly answer: Answer;
  readonly diagnosis: Diagnosis;
  /** The symptom that was named. */
  readonly symptom: Symptom | null;
}

const recordSchema = z.object({
  teamId: z.string(),
  answer: answerSchema,
  diagnosis: diagnosisSchema,
  symptom: z.enum(SYMPTOMS).nullable().default(null),
}) satisfies z.ZodType<AnswerRecord, unknown>;

const RECORD = cell<string, AnswerRecord>({
  schema: recordSchema,
  key: (answerId) => `record:${answerId}`,
  ttlMs: 7 * 24 * 3_600_000,
});
const MAX_FLOW_STEPS = 3000;
/** The reply to a button whose answer has no record that can be read. */
export const OLD_ANSWER = buildMessage([
  'This answer is more than a week old, or from an earlier version. Use “Run again”.',
]);

export async function saveRecord(store: Store, answerId: string, record: AnswerRecord): Promise<void> {
  const { flow } = record.diagnosis;
  const kept = { ...record, diagnosis: { ...record.diagnosis, flow: flow.slice(0, MAX_FLOW_STEPS) } };
  await RECORD.set(store, answerId, kept);
}

/** Null for an unknown ID, an ID of another workspace, and after a week. */
export async function readRecord(store: Store, answerId: string, teamId: string): Promise<AnswerRecord | null> {
  const record = /^[0-9A-Za-z-]{1,64}$/.test(answerId) ? await RECORD.get(store, answerId) : null;
  return record?.teamId === teamId ? record : null;
}

/** The operation ID, or the trace ID of a rejected start; null when nothing was found. */
export function nameOfDiagnosed({ operationId, traces }: Diagnosis): string | null {
  return operationId ?? traces[0]?.traceId ?? null;
}
