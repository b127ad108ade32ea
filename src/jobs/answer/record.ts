/** An answer as one requester got it, kept for a week so that its buttons carry only an ID. */
import { z } from 'zod';
import type { Symptoms } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import type { Answer } from '../../formatters/message.ts';
import { answerSchema } from '../deliver/wanted.ts';
import type { Store } from '../ports.ts';
import { cell } from '../queue/store-cell.ts';
import { mayRead, type Reader } from '../readers.ts';
import { type ChannelRef, type PersonRef, placeSchema, symptomsSchema } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { diagnosisSchema } from './diagnosis-schema.ts';

export interface AnswerRecord {
  /** Where it was asked, and by whom. */
  readonly origin: ChannelRef & PersonRef;
  /** Without the lines and buttons that show claims and mutes. */
  readonly answer: Answer;
  readonly diagnosis: Diagnosis;
  /** The symptom that was named. */
  readonly symptom: Symptoms | null;
  /** When it was diagnosed, in milliseconds; absent when an earlier version of the bot wrote it. */
  readonly at?: number;
}

const recordSchema = z.object({
  origin: placeSchema.pick({ teamId: true, channel: true, userId: true }),
  answer: answerSchema,
  diagnosis: diagnosisSchema,
  symptom: symptomsSchema.nullable().default(null),
  at: z.number().exactOptional(),
}) satisfies z.ZodType<AnswerRecord, unknown>;

const RECORD = cell<string, AnswerRecord>({
  schema: recordSchema,
  key: (answerId) => `record:${answerId}`,
  ttlMs: 7 * 24 * 3_600_000,
});
const MAX_FLOW_STEPS = 3000;
/** The reply to a button whose answer has no record that can be read. */
export const OLD_ANSWER = buildMessage([
  'This diagnosis is more than a week old, or from an earlier version. Use “Check again”.',
]);

export async function saveRecord(store: Store, answerId: string, record: AnswerRecord): Promise<void> {
  const { flow } = record.diagnosis;
  const kept = { ...record, diagnosis: { ...record.diagnosis, flow: flow.slice(0, MAX_FLOW_STEPS) } };
  await RECORD.set(store, answerId, kept);
}

/** For messages at the place of the answer itself, so without a check of the reader. Null for an unknown ID, and after a week. */
export function readRecordOf(store: Store, answerId: string): Promise<AnswerRecord | null> {
  return RECORD.get(store, answerId);
}

/** Null for an unknown ID, after a week, and for an answer that this reader can't read. */
export async function readRecord(
  { store, workspace }: { readonly store: Store; readonly workspace: Pick<SlackWorkspace, 'channel' | 'isMember'> },
  answerId: string,
  reader: Reader,
): Promise<AnswerRecord | null> {
  const record = /^[0-9A-Za-z-]{1,64}$/.test(answerId) ? await RECORD.get(store, answerId) : null;
  return record !== null && (await mayRead(workspace, reader, record.origin)) ? record : null;
}

/** The operation ID, or the trace ID of a rejected start; null when nothing was found. */
export function nameOfDiagnosed({ operationId, traces }: Diagnosis): string | null {
  return operationId ?? traces[0]?.traceId ?? null;
}
