/** An answer as it was given to one asker, kept so that a button below it can be looked up instead of believed. */
import { z } from 'zod';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Answer } from '../../formatters/message.ts';
import { answerSchema } from '../deliver/wanted.ts';
import type { Store } from '../ports.ts';
import { cell } from '../queue/store-cell.ts';
import { diagnosisSchema } from './diagnosis-schema.ts';

export interface AnswerRecord {
  readonly teamId: string;
  /** Without the lines and buttons that depend on what people did since. */
  readonly answer: Answer;
  readonly diagnosis: Diagnosis;
}

const recordSchema = z.object({
  teamId: z.string(),
  answer: answerSchema,
  diagnosis: diagnosisSchema,
}) satisfies z.ZodType<AnswerRecord, unknown>;

const RECORD = cell<string, AnswerRecord>({
  schema: recordSchema,
  key: (answerId) => `record:${answerId}`,
  ttlMs: 7 * 24 * 3_600_000,
});
const MOST_STEPS = 3000;

export async function saveRecord(store: Store, answerId: string, record: AnswerRecord): Promise<void> {
  const { flow } = record.diagnosis;
  const kept = { ...record, diagnosis: { ...record.diagnosis, flow: flow.slice(0, MOST_STEPS) } };
  await RECORD.set(store, answerId, kept);
}

/** Null for an id that nobody gave out, for one of another workspace, and after a week. */
export async function readRecord(store: Store, answerId: string, teamId: string): Promise<AnswerRecord | null> {
  const record = /^[0-9A-Za-z-]{1,64}$/.test(answerId) ? await RECORD.get(store, answerId) : null;
  return record?.teamId === teamId ? record : null;
}

/** What the operation is called: its id, or the trace of a refused start; null when nothing was found. */
export function nameOfDiagnosed({ operationId, traces }: Diagnosis): string | null {
  return operationId ?? traces[0]?.traceId ?? null;
}
