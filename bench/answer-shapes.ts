/** The shapes in which a trace is saved: by whom, and as how many lists, lines and resources. All have the same spans. */
import { traceText } from './trace-text.ts';
import { TRACE_ID, trainingTrace } from './training-trace.ts';

interface AnswerShape {
  readonly name: string;
  /** A document per line, which JSON.parse has to be given one by one. */
  readonly isLines: boolean;
  write(spans: number): string;
}

type Json = Readonly<Record<string, unknown>>;

interface LegacyAnswer {
  readonly data: readonly { readonly spans: readonly Json[] }[];
}

interface ScopedSpan {
  readonly resource: unknown;
  readonly scope: unknown;
  readonly span: Json;
}

export const ANSWER_SHAPES: readonly AnswerShape[] = [
  document('legacy, json.dump', (count) => dumped(legacy(count))),
  document('legacy, json.dump, not ASCII', (count) => ascii(dumped(withNotes(legacy(count))))),
  document('legacy, jq .', (count) => JSON.stringify(legacy(count), null, 2)),
  document('legacy, tiny spans', (count) => JSON.stringify(withoutTags(legacy(count)))),
  document('legacy, 1,000 traces', (count) => JSON.stringify(inTraces(legacy(count), Math.ceil(count / 1000)))),
  document('legacy, one span a trace', (count) => JSON.stringify(inTraces(legacy(count), 1))),
  document('OTLP, compact', (count) => traceText(trainingTrace(count), 'v3')),
  document('OTLP, json.dump', (count) => dumped(JSON.parse(traceText(trainingTrace(count), 'v3')))),
  document('OTLP, one resource a span', (count) => JSON.stringify({ resourceSpans: scopedSpans(count).map(alone) })),
  lines('OTLP, 512 spans a line', 512, (request) => request),
  lines('OTLP, one span a line', 1, (request) => request),
  lines('OTLP, results of 100 spans', 100, (result) => ({ result })),
];

function document(name: string, write: AnswerShape['write']): AnswerShape {
  return { name, isLines: false, write };
}

function lines(name: string, spansPerLine: number, wrap: (request: object) => object): AnswerShape {
  return {
    name,
    isLines: true,
    write: (count) =>
      inGroups(scopedSpans(count), spansPerLine)
        .map((group) => `${JSON.stringify(wrap({ resourceSpans: packed(group) }))}\n`)
        .join(''),
  };
}

function legacy(count: number): LegacyAnswer {
  return JSON.parse(traceText(trainingTrace(count), 'legacy'));
}

function withSpans({ data }: LegacyAnswer, change: (span: Json, index: number) => Json): LegacyAnswer {
  return { data: data.map((trace) => ({ ...trace, spans: trace.spans.map(change) })) };
}

function withNotes(answer: LegacyAnswer): LegacyAnswer {
  const note = { key: 'note', type: 'string', value: 'Überprüfung 検証 – größer' };
  return withSpans(answer, (span) => ({ ...span, tags: [...Object(span['tags']), note] }));
}

/** All but the spans that make it an operation have no tags. */
function withoutTags(answer: LegacyAnswer): LegacyAnswer {
  return withSpans(answer, (span) => (span['operationName'] === 'training.batch' ? { ...span, tags: [] } : span));
}

/** The operation's own trace, and others of its batches. */
function inTraces(answer: LegacyAnswer, spansPerTrace: number): LegacyAnswer {
  const data = answer.data.flatMap((trace) => {
    const batches = trace.spans.filter(({ operationName }) => operationName === 'training.batch');
    const others = inGroups(batches, spansPerTrace).map((spans, index) => {
      const traceID = `${TRACE_ID.slice(8)}${index.toString(16).padStart(8, '0')}`;
      return { ...trace, traceID, spans: spans.map((span) => ({ ...span, traceID, references: [] })) };
    });
    return [
      { ...trace, spans: trace.spans.filter(({ operationName }) => operationName !== 'training.batch') },
      ...others,
    ];
  });
  return { data };
}

function scopedSpans(count: number): readonly ScopedSpan[] {
  const { result } = JSON.parse(traceText(trainingTrace(count), 'v3'));
  return [...result.resourceSpans].flatMap(({ resource, scopeSpans }) =>
    [...scopeSpans].flatMap(({ scope, spans }) => [...spans].map((span): ScopedSpan => ({ resource, scope, span }))),
  );
}

function alone({ resource, scope, span }: ScopedSpan): object {
  return { resource, scopeSpans: [{ scope, spans: [span] }] };
}

/** Neighbours of one scope together, as an exporter sends them. */
function packed(group: readonly ScopedSpan[]): readonly object[] {
  const scopes = new Map<unknown, ScopedSpan[]>();
  for (const one of group) scopes.set(one.scope, [...(scopes.get(one.scope) ?? []), one]);
  return [...scopes.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          {
            resource: first.resource,
            scopeSpans: [{ scope: first.scope, spans: [first, ...others].map(({ span }) => span) }],
          },
        ],
  );
}

function inGroups<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

/** As Python's `json.dump` writes by default, but for what is not ASCII. */
function dumped(value: unknown): string {
  return JSON.stringify(value, null, 1).replace(/,\n */g, ', ').replace(/\n */g, '');
}

function ascii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
