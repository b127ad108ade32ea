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

/** Zeros in front of an id that was typed with 16 digits. */
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

/** For an id that nothing knows. */
export function unknownText({ case: input }: Facts, found: FailedSearch, { fix }: RuleContext): RuleText {
  const { id, age, place, answer } = found;
  const looked = `Looked in ${place}${answer === null ? '' : `; ${answer}`}.`;
  const fixes = [fix.recentFailures(), fix.activeOperations()] as const;
  if (isFromFiles(input)) return otherFileText(input, id);
  if (input.subject.kind === 'last')
    return {
      headline: `Jaeger holds no start of ${id}.`,
      explanation: looked,
      fixes: [...fixes, 'Set LOOKBACK to look further back.'],
    };
  const mistyped = input.subject.kind === 'operation' ? mistypedId(id) : null;
  const shape =
    mistyped === null ? '' : `That looks like an operation id, but ${mistyped.problem}: ${EXAMPLE_ID} is an example. `;
  const [similar, ...others] = input.search?.similarIds ?? [];
  if (similar !== undefined)
    return {
      headline: `Nothing is known about ${id}; did you mean ${similar}?`,
      explanation: `${shape}${looked} ${others.length === 0 ? '' : `Similar ids: ${others.join(', ')}.`}`.trim(),
      fixes: [`Ask about ${similar}.`, ...fixes],
    };
  const isSpanId = input.subject.kind === 'trace' && PADDING.test(input.subject.traceId);
  const reason = isSpanId
    ? 'An id of 16 digits is usually that of a span; the id of a trace has 32.'
    : age !== null && age < 0
      ? 'The time in the id has not come yet: it is mistyped, or a clock or a time zone differs.'
      : 'Most likely the id is mistyped, or the trace has expired (Jaeger’s memory store keeps no more than its configured number).';
  return {
    headline: `Nothing is known about ${id}.`,
    explanation: shape === '' ? `${looked} ${reason}` : `${shape}${looked}`,
    fixes: [
      ...(mistyped?.meant == null ? [] : [`Ask about ${mistyped.meant} if you meant that.`]),
      ...fixes,
      'Ask for the newest attempt instead, e.g. “last training”; a refused start has no operation id.',
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
    headline: ids.length === 0 ? `The given files hold no span of ${id}.` : `The given files hold ${held}, not ${id}.`,
    explanation: 'Only what is in the files was looked at.',
    fixes: [
      `Save the trace of ${id} and give its file, or ask without --file.`,
      ...(ids[0] === undefined ? [] : [`Ask about ${ids[0]} instead.`]),
    ],
  };
}

export const NOT_FOUND_TEXTS: Readonly<
  Record<Exclude<Variant, 'unknown-operation'>, (search: FailedSearch, context: RuleContext) => RuleText>
> = {
  'not-exported-yet': ({ id, age }, { fix }) => ({
    headline: `No span of ${id} has arrived yet: it is ${age === null ? 'very young' : `only ${duration(age)} old`}.`,
    explanation: 'Every process sends its spans in batches, about every 5 s, and a span only when it has ended.',
    fixes: ['Ask again in ten seconds.', fix.showStatus(id)],
  }),
  'never-started': ({ id, status }, { fix }) => ({
    headline: `ktrdr knows ${id}, but it never began: it is ${status ?? 'pending'} and left no span.`,
    explanation: 'A record exists, yet no process worked on it.',
    fixes: [fix.showStatus(id), fix.backendLogs(), 'Start it again.'],
  }),
  expired: ({ id, age, place, answer, status }, { fix }) => ({
    headline: `${status === null ? 'Jaeger has no trace' : 'The trace'} of ${id}${status === null ? ', which would be' : ' is gone: it is'} ${age === null ? 'old' : `${duration(age)} old`}.`,
    explanation: `Looked in ${place}${answer === null ? '' : `; ${answer}`}. Jaeger keeps traces for a limited time or number.`,
    fixes: [fix.showStatus(id), 'For such old operations only the ktrdr API’s record and the log files are left.'],
  }),
  'not-traced': ({ id, place }, { fix }) => ({
    headline: `Jaeger has no span of ${id}: it ran where nothing is traced, or its spans were lost.`,
    explanation: `Looked in ${place}. The design and assessment agents and the training host service export no spans. The ktrdr API’s record is the only source.`,
    fixes: [fix.showStatus(id), fix.backendLogs()],
  }),
  'tracing-off': ({ services }, { fix }) => ({
    headline: 'Jaeger knows no ktrdr service: tracing is off, or the spans go elsewhere.',
    explanation: `${services === 0 ? 'It lists no service at all.' : `It lists ${plural(services, 'service')}, none of ktrdr.`} The backend exports to the address in KTRDR_OTEL_OTLP_ENDPOINT when KTRDR_OTEL_ENABLED is on.`,
    fixes: [
      fix.tracingSettings(),
      fix.backendLogs(),
      'Check that JAEGER_URL names the Jaeger that this ktrdr exports to.',
    ],
  }),
};
