/** The structured answers of the tools, as JSON Schema: what an agent can rely on without asking first. */
import { z } from 'zod';
import { STATUSES } from '../../diagnosis/case.ts';
import { SCENARIOS, SEVERITIES } from '../../diagnosis/finding.ts';
import type { AttributeEntry } from '../../diagnosis/vocabulary/attribute-reference.ts';
import { diagnosisSchema } from '../../jobs/answer/diagnosis-schema.ts';
import type { SearchAnswer } from '../../jobs/search/search-operations.ts';
import type { CauseEntry, Explained } from '../explain.ts';

const time = z.string().describe('ISO 8601, UTC');
const gaps = z.array(z.string()).describe('what could not be searched; empty when the answer is complete');

const row = z.object({
  operationId: z.string().nullable().describe('null for a rejected start, which creates no operation'),
  traceId: z.string().nullable().describe('null when only the ktrdr API knows it'),
  type: z.string().nullable(),
  status: z.enum([...STATUSES, 'unknown']),
  symbol: z.string().nullable(),
  timeframe: z.string().nullable(),
  startedAt: time.nullable(),
  endedAt: time.nullable().describe('null while it is running, or when unknown'),
  durationMs: z.number().nullable().describe('for a running operation, the time since it started'),
  cause: z.string().nullable().describe('rule/variant of the likely cause; null when the traces show no fault'),
  headline: z.string(),
  provisional: z.boolean().describe('diagnose reads more and may find another cause'),
});

const counted = z.array(z.object({ name: z.string(), count: z.number() }));

const search = z.object({
  operations: z.array(row).describe('newest first'),
  total: z.number().describe('how many match, including those beyond the limit'),
  gaps,
  searched: z
    .object({ from: time, to: time, traces: z.number().describe('how many were read') })
    .describe("the searched time window; operations outside it aren't included"),
}) satisfies z.ZodType<Omit<Extract<SearchAnswer, { kind: 'found' }>, 'kind'>, unknown>;

const digest = z.object({
  window: z.object({ from: time, to: time }).describe('the time window that was searched'),
  type: z.string().nullable(),
  total: z.number().describe('failed operations in the window'),
  before: z
    .number()
    .nullable()
    .describe('in the preceding window of the same length; null when that could not be read'),
  groups: z
    .array(
      z.object({
        cause: z.string().nullable().describe('the rule, without its variant; null when the traces show no fault'),
        meaning: z.string(),
        count: z.number(),
        before: z.number().nullable(),
        variants: counted,
        about: counted,
        operations: z.array(row.extend({ failedAt: time.nullable() })),
      }),
    )
    .describe('the largest first'),
  silenced: z.number(),
  falseAlarms: z.number().describe('operations that the orphan detector marked as failed although they kept running'),
  falseAlarmIds: z.array(z.string()),
  gaps,
});

const cause = z.object({
  id: z.string(),
  title: z.string(),
  symptom: z.string(),
  proof: z.string(),
  scenario: z.enum(SCENARIOS),
  severity: z.enum(SEVERITIES),
  variants: z.record(z.string(), z.string()).describe('name of a variant → what it means'),
}) satisfies z.ZodType<CauseEntry, unknown>;

const attribute = z.object({
  name: z.string(),
  type: z.enum(['string', 'int', 'float', 'bool', 'list', 'json']),
  vocabulary: z.enum(['documented', 'real', 'both', 'newer']),
  occursOn: z.string().nullable().describe('the spans that have it; null when ktrdr never writes it'),
  today: z.string().nullable(),
  meaning: z.string(),
  alsoCalled: z.array(z.string()),
}) satisfies z.ZodType<AttributeEntry, unknown>;

const explained = z.object({
  causes: z.array(cause).describe('the catalog, or the named cause'),
  attribute: attribute.nullable().describe('the named attribute'),
}) satisfies z.ZodType<Explained, unknown>;

export type OutputSchema = Readonly<Record<string, unknown>>;

export const OUTPUTS = {
  diagnose: jsonSchema(diagnosisSchema),
  search: jsonSchema(search),
  digest: jsonSchema(digest),
  explain: jsonSchema(explained),
} satisfies Readonly<Record<string, OutputSchema>>;

function jsonSchema(schema: z.ZodType): OutputSchema {
  return z.toJSONSchema(schema, { io: 'input' });
}
