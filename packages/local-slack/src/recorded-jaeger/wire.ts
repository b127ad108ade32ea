/** OTLP as Jaeger's v3 sends it, as far as this server needs to understand it; everything else is passed on. */
import { z } from 'zod';

const keyValueSchema = z.object({ key: z.string(), value: z.looseObject({}) });
export type KeyValue = z.infer<typeof keyValueSchema>;
const attributes = z.array(keyValueSchema).default([]);

const linkSchema = z.looseObject({ traceId: z.string(), spanId: z.string(), attributes });

const spanSchema = z.looseObject({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string().default(''),
  kind: z.number().default(0),
  startTimeUnixNano: z.string().default('0'),
  endTimeUnixNano: z.string().default('0'),
  attributes,
  events: z
    .array(z.looseObject({ name: z.string().default(''), timeUnixNano: z.string().default('0'), attributes }))
    .default([]),
  links: z.array(linkSchema).default([]),
  status: z
    .looseObject({ code: z.number().default(0), message: z.string().default('') })
    .default({ code: 0, message: '' }),
});
export type WireSpan = z.infer<typeof spanSchema>;

const scopeSchema = z.looseObject({ name: z.string().default(''), version: z.string().default('') });
export type WireScope = z.infer<typeof scopeSchema>;

const NO_SCOPE = { name: '', version: '' };
const scopeSpansSchema = z.object({ scope: scopeSchema.default(NO_SCOPE), spans: z.array(spanSchema).default([]) });

const resourceSpansSchema = z.object({
  resource: z.looseObject({ attributes }).default({ attributes: [] }),
  scopeSpans: z.array(scopeSpansSchema).default([]),
});

const listSchema = z.object({ resourceSpans: z.array(resourceSpansSchema).default([]) });

/** `{"result":{"resourceSpans":[…]}}` as Jaeger answers, or the bare list as an exporter sends it. */
export const documentSchema = z.union([z.object({ result: listSchema }).transform(({ result }) => result), listSchema]);

export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The text of a value as Jaeger's stores compare it. */
export function valueText(value: KeyValue['value']): string {
  const plain = plainValue(value);
  return typeof plain === 'object' ? JSON.stringify(plain) : String(plain);
}

/** Strings, numbers, booleans, and lists and maps of them; `NaN` and large integers as they come, in text. */
export function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return null;
  const [kind, content] = Object.entries(value)[0] ?? [];
  switch (kind) {
    case 'intValue':
      return Number.isSafeInteger(Number(content)) ? Number(content) : content;
    case 'arrayValue':
      return valuesIn(content).map(plainValue);
    case 'kvlistValue': {
      const pairs = valuesIn(content).map((pair) => keyValueSchema.parse(pair));
      return Object.fromEntries(pairs.map(({ key, value: inner }) => [key, plainValue(inner)]));
    }
    case undefined:
      return '';
    default:
      return content;
  }
}

function valuesIn(content: unknown): readonly unknown[] {
  return z.object({ values: z.array(z.unknown()).default([]) }).parse(content).values;
}
