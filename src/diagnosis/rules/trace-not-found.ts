import { absence, record } from '../evidence.ts';
import type { Facts } from '../facts/index.ts';
import type { Fix, NonEmpty } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match, notEnoughData } from '../rule.ts';
import { timeOfOperationId } from '../subject.ts';
import { clock, duration, plural } from '../words.ts';

/** Nothing names the operation: why that may be. */
export const rule = defineRule({
  id: 'trace-not-found',
  title: 'No trace of the operation',
  symptom: 'Jaeger has no span that names the operation or the trace.',
  proof: 'The age of the id, the record of the ktrdr API, and the services that Jaeger knows.',
  scenario: 'tracing',
  severity: 'notice',
  variants: {
    'unknown-operation': 'Neither Jaeger nor the ktrdr API knows it.',
    'not-exported-yet': 'It is too young: spans are exported in batches every few seconds.',
    'never-started': 'ktrdr knows the id, but the operation never began its work.',
    expired: 'It is older than what Jaeger keeps.',
    'not-traced': 'It ran in a process that exports no spans.',
    'tracing-off': 'Jaeger knows no ktrdr service at all.',
  },

  check(facts, { fix, now }) {
    if (facts.tree.spans.length > 0) return clear;
    const jaeger = facts.case.sources.find((source) => source.name === 'jaeger');
    if (jaeger?.state === 'unavailable') return notEnoughData('an answer from Jaeger');

    const id =
      facts.case.subject.kind === 'operation'
        ? facts.case.subject.operationId
        : facts.case.subject.kind === 'trace'
          ? facts.case.subject.traceId
          : 'any attempt';
    const born = facts.record?.createdAt ?? timeOfOperationId(id);
    const age = born === null ? null : now - born;
    const variant = variantOf(facts, age);
    const looked = jaeger === undefined ? 'the given files' : jaeger.detail;
    const asked =
      facts.case.operation?.kind === 'not-found'
        ? 'the ktrdr API does not know it either'
        : facts.record === null
          ? null
          : `the ktrdr API says ${facts.record.status}`;
    const texts: Readonly<
      Record<Variant, { readonly headline: string; readonly explanation: string; readonly fixes: NonEmpty<Fix> }>
    > = {
      'unknown-operation': {
        headline: `Nothing is known about ${id}.`,
        explanation: `Looked in ${looked}${asked === null ? '' : `; ${asked}`}. Most likely the id is mistyped, or the trace has expired (Jaeger’s memory store keeps no more than its configured number).`,
        fixes: [
          fix.recentFailures(),
          fix.activeOperations(),
          advice('Ask for the newest attempt instead, e.g. `last training`; a refused start has no operation id.'),
        ],
      },
      'not-exported-yet': {
        headline: `No span of ${id} has arrived yet: it is ${age === null ? 'very young' : `only ${duration(age)} old`}.`,
        explanation: 'Every process sends its spans in batches, about every 5 s, and a span only when it has ended.',
        fixes: [advice('Ask again in ten seconds.'), fix.showStatus(id)],
      },
      'never-started': {
        headline: `ktrdr knows ${id}, but it never began: it is ${facts.record?.status ?? 'pending'} and left no span.`,
        explanation: 'A record exists, yet no process worked on it.',
        fixes: [fix.showStatus(id), fix.backendLogs(), advice('Start it again.')],
      },
      expired: {
        headline: `The trace of ${id} is gone: it is ${age === null ? 'old' : `${duration(age)} old`}.`,
        explanation: `Looked in ${looked}${asked === null ? '' : `; ${asked}`}. Jaeger keeps traces for a limited time or number.`,
        fixes: [
          fix.showStatus(id),
          advice('For such old operations only the ktrdr API’s record and the log files are left.'),
        ],
      },
      'not-traced': {
        headline: `${id} ran where nothing is traced.`,
        explanation:
          'The design and assessment agents and the training host service export no spans, so Jaeger cannot know this operation. The ktrdr API’s record is the only witness.',
        fixes: [fix.showStatus(id), fix.backendLogs()],
      },
      'tracing-off': {
        headline: 'Jaeger knows no ktrdr service: tracing is off, or the spans go elsewhere.',
        explanation: `${facts.case.services?.length === 0 ? 'It lists no service at all.' : `It lists ${plural(facts.case.services?.length ?? 0, 'service')}, none of ktrdr.`} The backend exports to the address in KTRDR_OTEL_OTLP_ENDPOINT when KTRDR_OTEL_ENABLED is on.`,
        fixes: [
          fix.tracingSettings(),
          fix.backendLogs(),
          advice('Check that JAEGER_URL names the Jaeger that this ktrdr exports to.'),
        ],
      },
    };
    return match({
      variant,
      confidence: variant === 'unknown-operation' && facts.case.operation === null ? 'possible' : 'likely',
      ...texts[variant],
      culprit: null,
      evidence: [
        absence(`no span names ${id} (${looked})`),
        ...(asked === null ? [] : [record(asked)]),
        ...(born === null
          ? []
          : [record(`created ${new Date(born / 1000).toISOString().slice(0, 10)} ${clock(born)}`)]),
      ],
    });
  },
});

type Variant = 'unknown-operation' | 'not-exported-yet' | 'never-started' | 'expired' | 'not-traced' | 'tracing-off';

/** Agents' containers run untraced; the training host too, but its trainings look like any other's. */
const UNTRACED = new Set(['agent_design', 'agent_assessment']);
const EXPORT_DELAY = 15_000_000;
const USUAL_RETENTION = 48 * 3_600_000_000;

function variantOf(facts: Facts, age: number | null): Variant {
  const { services } = facts.case;
  const ktrdrTraced = services === null || services.some((service) => service.startsWith('ktrdr'));
  if (!ktrdrTraced) return 'tracing-off';
  if (facts.type !== null && UNTRACED.has(facts.type)) return 'not-traced';
  if (age !== null && age >= 0 && age < EXPORT_DELAY) return 'not-exported-yet';
  if (facts.record !== null) {
    if (facts.record.status === 'pending') return 'never-started';
    return age !== null && age > USUAL_RETENTION ? 'expired' : 'not-traced';
  }
  return facts.case.operation?.kind !== 'not-found' && age !== null && age > USUAL_RETENTION
    ? 'expired'
    : 'unknown-operation';
}
