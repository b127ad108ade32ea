/**
 * The published shape of a diagnosis. `schema/diagnosis.schema.json` is generated from it; it also validates stored diagnoses.
 */
import { z } from 'zod';
import { STATUSES } from '../../diagnosis/case.ts';
import type { Diagnosis, ShellCommand } from '../../diagnosis/finding.ts';
import { CONFIDENCES, SCENARIOS, SEVERITIES } from '../../diagnosis/finding.ts';

const spanRef = z.object({ service: z.string(), operation: z.string(), spanId: z.string(), traceId: z.string() });

const evidence = z.object({
  kind: z.enum(['attribute', 'exception', 'span', 'time', 'absence', 'transition', 'record', 'worker', 'count']),
  text: z.string().min(1),
  spanId: z.string().exactOptional(),
  traceId: z.string().exactOptional(),
});

const fix = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('command'),
    label: z.string(),
    command: z.string().transform((text) => text as ShellCommand),
    effect: z.enum(['inspects', 'changes']),
    reading: z.string().exactOptional().describe('What its output means'),
  }),
  z.object({ kind: z.literal('advice'), text: z.string(), effect: z.literal('inspects').exactOptional() }),
  z.object({ kind: z.literal('link'), label: z.string(), url: z.string() }),
]);

const finding = z.object({
  cause: z.string().describe('rule or rule/variant, see docs/causes.md'),
  scenario: z.enum(SCENARIOS),
  severity: z.enum(SEVERITIES),
  confidence: z.enum(CONFIDENCES),
  headline: z.string(),
  explanation: z.string(),
  culprit: spanRef.nullable(),
  gap: z
    .object({ startMs: z.number(), durationMs: z.number() })
    .exactOptional()
    .describe('instead of a culprit: a period without spans, relative to the first span'),
  evidence: z.tuple([evidence], evidence),
  fixes: z.tuple([fix], fix),
});

const baselinePart = z.object({
  name: z.string(),
  thisMs: z.number(),
  typicalMs: z.number(),
  highMs: z.number(),
  ratio: z.number(),
  slower: z.boolean(),
});

const baseline = z.object({
  comparedWith: z.number(),
  verdict: z.enum(['slower', 'not-slower', 'too-few', 'incomparable']),
  ratio: z.number().nullable(),
  typicalMs: z.number().nullable().describe('for the same amount of work as this operation'),
  highMs: z.number().nullable().describe('95th percentile of 20 or more earlier runs, otherwise the longest'),
  thisMs: z.number(),
  kind: z.string(),
  since: z.string().nullable().describe('ISO 8601, UTC'),
  firstOfItsProcess: z.boolean(),
  phases: z.array(baselinePart),
  services: z.array(baselinePart),
  appeared: z.array(z.string()),
  vanished: z.array(z.string()),
});

const status = z.enum([...STATUSES, 'unknown']);

export const diagnosisSchema = z.object({
  schemaVersion: z.literal(1),
  operationId: z.string().nullable(),
  asOf: z.string().exactOptional().describe('ISO 8601, UTC: time of the request'),
  guess: z
    .object({ text: z.string(), others: z.array(z.string()) })
    .exactOptional()
    .describe('which operation was selected when the request named none'),
  similarIds: z.array(z.string()).exactOptional().describe('similar to the unknown ID, most similar first'),
  verdict: z.enum(['explained', 'healthy', 'running', 'nothing-found', 'not-found', 'unavailable']),
  headline: z.string(),
  explanation: z.string(),
  symptomAnswer: z.string().exactOptional().describe('about the symptom in the request, when no finding addresses it'),
  status,
  statusSource: z.enum(['ktrdr-api', 'trace', 'none']),
  operationType: z.string().nullable(),
  worker: z
    .object({ id: z.string(), service: z.string() })
    .exactOptional()
    .describe('the worker that took the operation: its ID in ktrdr and its service in Jaeger'),
  operation: z.object({
    symbol: z.string().nullable(),
    timeframe: z.string().nullable(),
    startedAt: z.string().nullable().describe('ISO 8601, UTC'),
    endedAt: z.string().nullable(),
    durationMs: z.number().nullable(),
    progressPercent: z.number().nullable().describe('0–100'),
    progressStep: z.string().nullable(),
    request: z.string().nullable(),
    httpStatus: z.number().nullable(),
  }),
  traces: z.array(
    z.object({
      traceId: z.string(),
      spanCount: z.number(),
      services: z.array(z.string()),
      startTime: z.string(),
      durationMs: z.number(),
      missingParents: z.number(),
      warnings: z.array(z.string()),
    }),
  ),
  flow: z.array(
    spanRef.extend({
      startMs: z.number(),
      durationMs: z.number(),
      selfMs: z.number(),
      onCriticalPath: z.boolean(),
      error: z.boolean(),
      depth: z.number(),
      note: z.string(),
    }),
  ),
  leftOut: z
    .array(z.object({ name: z.string(), count: z.number() }))
    .exactOptional()
    .describe('spans not shown in the flow'),
  criticalPath: z
    .object({
      totalMs: z.number(),
      byService: z.array(z.object({ service: z.string(), ms: z.number(), share: z.number() })),
    })
    .nullable(),
  baseline: baseline.nullable(),
  primary: finding.nullable().describe('null unless the verdict is "explained"'),
  others: z.array(finding),
  notChecked: z.array(z.object({ cause: z.string(), missing: z.array(z.string()) })),
  lacks: z.array(z.object({ text: z.string(), cannotTell: z.string() })).describe('what the spans don’t show'),
  sources: z.array(
    z.object({
      name: z.enum(['jaeger', 'ktrdr-api', 'file']),
      state: z.enum(['ok', 'partial', 'unavailable', 'off']),
      detail: z.string(),
      tookMs: z.number(),
    }),
  ),
  analysisMs: z.number(),
}) satisfies z.ZodType<Diagnosis, unknown>;
