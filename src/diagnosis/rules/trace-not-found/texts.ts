import { plural } from '../../../language/plurals.ts';
import type { Case } from '../../case.ts';
import type { Facts } from '../../facts/index.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { readText } from '../../vocabulary/attributes.ts';
import { EXAMPLE_ID, mistypedId } from '../../vocabulary/typed-ids.ts';
import { duration } from '../../words.ts';

export type Variant =
  | 'unknown-operation'
  | 'not-exported-yet'
  | 'never-started'
  | 'expired'
  | 'not-traced'
  | 'tracing-off';

/** The zeros before an ID that was typed with 16 digits. */
export const PADDING = /^0{16}(?=[^0])/;

export function isFromFiles({ sources }: Case): boolean {
  return sources.some(({ name, state }) => name === 'jaeger' && state === 'off');
}

export interface FailedSearch {
  readonly id: string;
  /** Microseconds since it was created. */
  readonly age: number | null;
  readonly place: string;
  /** What the ktrdr API says about it. */
  readonly answer: string | null;
  readonly status: string | null;
  /** How many services Jaeger lists. */
  readonly services: number;
}

/** For an ID that no source knows. */
export function unknownText({ case: input }: Facts, found: FailedSearch, { fix }: RuleContext): RuleText {
  const { id, age, place, answer } = found;
  const looked = `Searched ${place}${answer === null ? '' : `; ${answer}`}.`;
  const fixes = [fix.recentFailures(), fix.activeOperations()] as const;
  if (isFromFiles(input)) return otherFileText(input, id);
  if (input.subject.kind === 'last')
    return {
      headline: `Jaeger has no start span for ${id}.`,
      explanation: looked,
      fixes: [...fixes, 'Increase LOOKBACK to search further back.'],
    };
  const mistyped = input.subject.kind === 'operation' ? mistypedId(id) : null;
  const shape =
    mistyped === null ? '' : `That looks like an operation ID, but ${mistyped.problem}. Example: ${EXAMPLE_ID}. `;
  const [similar, ...others] = input.search?.similarIds ?? [];
  if (similar !== undefined)
    return {
      headline: `No record of ${id}. Did you mean ${similar}?`,
      explanation: `${shape}${looked} ${others.length === 0 ? '' : `Similar IDs: ${others.join(', ')}.`}`.trim(),
      fixes: [`Diagnose ${similar}.`],
    };
  const isSpanId = input.subject.kind === 'trace' && PADDING.test(input.subject.traceId);
  const reason = isSpanId
    ? 'A 16-digit ID is usually a span ID. A trace ID has 32 digits.'
    : age !== null && age < 0
      ? 'The time in the ID is in the future: the ID is mistyped, or a clock or time zone differs.'
      : 'Most likely the ID is mistyped, or the trace has expired (Jaeger’s memory store keeps a limited number).';
  return {
    headline: `No record of ${id}.`,
    explanation: shape === '' ? `${looked} ${reason}` : `${shape}${looked}`,
    fixes: [
      ...(mistyped?.meant == null ? [] : [`Diagnose ${mistyped.meant} if you meant that.`]),
      ...fixes,
      'Diagnose the latest run instead, such as “last training”. A rejected start has no operation ID.',
    ],
  };
}

const MOST_NAMED = 3;

function otherFileText({ traces, neighbours }: Case, id: string): RuleText {
  const spans = [...traces, ...neighbours].flatMap((trace) => trace.spans);
  const operations = [...new Set(spans.map((span) => readText(span, 'operationId')))].filter((one) => one !== null);
  const ids = operations.length > 0 ? operations : [...new Set(spans.map(({ traceId }) => `trace ${traceId}`))];
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  const held = `${ids.slice(0, MOST_NAMED).join(', ')}${more}`;
  return {
    headline:
      ids.length === 0 ? `The given files have no spans for ${id}.` : `The given files have ${held}, not ${id}.`,
    explanation: 'Only these files were searched.',
    fixes: [
      `Save the trace of ${id} and pass its file, or run without --file.`,
      ...(ids[0] === undefined ? [] : [`Diagnose ${ids[0]} instead.`]),
    ],
  };
}

export const NOT_FOUND_TEXTS: Readonly<
  Record<Exclude<Variant, 'unknown-operation'>, (search: FailedSearch, context: RuleContext) => RuleText>
> = {
  'not-exported-yet': ({ id, age }, { fix }) => ({
    headline: `No spans for ${id} have arrived yet: it’s ${age === null ? 'very new' : `only ${duration(age)} old`}.`,
    explanation: 'Processes export finished spans in batches, about every 5 s.',
    fixes: ['Try again in 10 seconds.', fix.showStatus(id)],
  }),
  'never-started': ({ id, status }, { fix }) => ({
    headline: `ktrdr has a record of ${id}, but it never started: it’s ${status ?? 'pending'} and has no spans.`,
    explanation: 'A record exists, but no process worked on the operation.',
    fixes: [fix.showStatus(id), fix.backendLogs(), 'Start it again.'],
  }),
  expired: ({ id, age, place, answer, status }, { fix }) => ({
    headline: `${status === null ? 'Jaeger has no trace' : 'The trace'} of ${id}${status === null ? ', which would be' : ' is gone: it’s'} ${age === null ? 'old' : `${duration(age)} old`}.`,
    explanation: `Searched ${place}${answer === null ? '' : `; ${answer}`}. Jaeger keeps only a limited number of traces, or keeps them for a limited time.`,
    fixes: [fix.showStatus(id), 'For operations this old, only the ktrdr API record and the log files remain.'],
  }),
  'not-traced': ({ id, place }, { fix }) => ({
    headline: `Jaeger has no span of ${id}: it ran in a process that isn’t traced, or its spans were lost.`,
    explanation: `Searched ${place}. The design and assessment agents and the training host service don’t export spans. The ktrdr API record is the only source.`,
    fixes: [fix.showStatus(id), fix.backendLogs()],
  }),
  'tracing-off': ({ services }, { fix }) => ({
    headline: 'Jaeger lists no ktrdr services: tracing is off, or spans go elsewhere.',
    explanation: `${services === 0 ? 'It lists no services at all.' : `It lists ${plural(services, 'service')}, none from ktrdr.`} The backend exports to KTRDR_OTEL_OTLP_ENDPOINT when KTRDR_OTEL_ENABLED is on.`,
    fixes: [
      fix.tracingSettings(),
      fix.backendLogs(),
      'Check that JAEGER_URL points to the Jaeger that this ktrdr exports to.',
    ],
  }),
};
