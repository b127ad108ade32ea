import { plural } from '../../../language/plurals.ts';
import { absence, record } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match, notEnoughData, type RuleContext, type RuleText } from '../../rule.ts';
import { isKtrdrsService } from '../../vocabulary/operations.ts';
import { timeOfOperationId } from '../../vocabulary/subject.ts';
import { clock, duration, iso } from '../../words.ts';

/** No span names the operation: why that may be. */
export const rule = defineRule({
  id: 'trace-not-found',
  title: 'No trace of the operation',
  symptom: 'Jaeger has no span that names the operation or the trace.',
  proof: 'The age of the id, the record of the ktrdr API, and the services that Jaeger knows.',
  scenario: 'tracing',
  severity: 'notice',
  tier: 'fallback',
  variants: {
    'unknown-operation': 'Neither Jaeger nor the ktrdr API knows it.',
    'not-exported-yet': 'It is too young: spans are exported in batches every few seconds.',
    'never-started': 'ktrdr knows the id, but the operation never began its work.',
    expired: 'It is older than what Jaeger keeps.',
    'not-traced': 'It ran in a process that exports no spans.',
    'tracing-off': 'Jaeger knows no ktrdr service at all.',
  },

  check(facts, context) {
    if (facts.tree.spans.length > 0) return clear;
    const { subject, operation, sources, services } = facts.case;
    if (sources.some(({ name, state }) => name === 'jaeger' && state === 'unavailable'))
      return notEnoughData('answer from Jaeger');

    const id =
      subject.kind === 'operation' ? subject.operationId : subject.kind === 'trace' ? subject.traceId : 'any attempt';
    const createdAt = facts.record?.createdAt ?? timeOfOperationId(id);
    const age = createdAt === null ? null : context.now - createdAt;
    const variant = variantOf(facts, age);
    const searched = searchedPlaces(facts);
    const status = facts.record?.status ?? null;
    const answer =
      operation?.kind === 'not-found'
        ? 'the ktrdr API does not know it either'
        : status === null
          ? null
          : `the ktrdr API says ${status}`;
    return match({
      variant,
      confidence: variant === 'unknown-operation' && operation === null ? 'possible' : 'likely',
      ...NOT_FOUND_TEXTS[variant]({ id, age, searched, answer, status, services: services?.length ?? 0 }, context),
      culprit: null,
      evidence: [
        absence(`no span names ${id} (${searched})`),
        answer !== null && record(answer),
        createdAt !== null && record(`created ${clock(createdAt)}`),
      ],
    });
  },
});

type Variant = 'unknown-operation' | 'not-exported-yet' | 'never-started' | 'expired' | 'not-traced' | 'tracing-off';

/** The agents' containers run untraced. So does the training host, whose operations look like those of any worker. */
const UNTRACED = new Set(['agent_design', 'agent_assessment']);
const EXPORT_DELAY = 15_000_000;
const USUAL_RETENTION = 48 * 3_600_000_000;

function variantOf({ case: { services, operation }, type, record: known }: Facts, age: number | null): Variant {
  if (services !== null && !services.some(isKtrdrsService)) return 'tracing-off';
  if (type !== null && UNTRACED.has(type)) return 'not-traced';
  if (age !== null && age >= 0 && age < EXPORT_DELAY) return 'not-exported-yet';
  if (known?.status === 'pending') return 'never-started';
  if (operation?.kind !== 'not-found' && age !== null && age > USUAL_RETENTION) return 'expired';
  return known === null ? 'unknown-operation' : 'not-traced';
}

function searchedPlaces({ case: { sources, services, window } }: Facts): string {
  const jaeger = sources.find(({ name }) => name === 'jaeger');
  if (jaeger === undefined || jaeger.state === 'off') return 'the given files';
  const searched = services === null ? 'Jaeger' : `${plural(services.length, 'service')} on Jaeger`;
  return window === null ? searched : `${searched} (${iso(window.from)} to ${iso(window.to)})`;
}

interface FailedSearch {
  readonly id: string;
  /** Microseconds since it was created. */
  readonly age: number | null;
  readonly searched: string;
  /** What the ktrdr API says about it. */
  readonly answer: string | null;
  readonly status: string | null;
  /** How many services Jaeger lists. */
  readonly services: number;
}

const NOT_FOUND_TEXTS: Readonly<Record<Variant, (search: FailedSearch, context: RuleContext) => RuleText>> = {
  'unknown-operation': ({ id, searched, answer }, { fix }) => ({
    headline: `Nothing is known about ${id}.`,
    explanation: `Looked in ${searched}${answer === null ? '' : `; ${answer}`}. Most likely the id is mistyped, or the trace has expired (Jaeger’s memory store keeps no more than its configured number).`,
    fixes: [
      fix.recentFailures(),
      fix.activeOperations(),
      'Ask for the newest attempt instead, e.g. “last training”; a refused start has no operation id.',
    ],
  }),
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
  expired: ({ id, age, searched, answer }, { fix }) => ({
    headline: `The trace of ${id} is gone: it is ${age === null ? 'old' : `${duration(age)} old`}.`,
    explanation: `Looked in ${searched}${answer === null ? '' : `; ${answer}`}. Jaeger keeps traces for a limited time or number.`,
    fixes: [fix.showStatus(id), 'For such old operations only the ktrdr API’s record and the log files are left.'],
  }),
  'not-traced': ({ id }, { fix }) => ({
    headline: `${id} ran where nothing is traced.`,
    explanation:
      'The design and assessment agents and the training host service export no spans, so Jaeger can’t know this operation. The ktrdr API’s record is the only source.',
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
