import { plural } from '../../../language/plurals.ts';
import type { SourceReport } from '../../case.ts';
import { absence, record } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match, notEnoughData } from '../../rule.ts';
import { isKtrdrsService } from '../../vocabulary/operations.ts';
import { timeOfOperationId } from '../../vocabulary/subject.ts';
import { clock, iso } from '../../words.ts';
import { type Absence, absenceText } from './texts.ts';

/** Nothing names the operation: why that may be. */
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

  check(facts, { fix, now }) {
    if (facts.tree.spans.length > 0) return clear;
    const jaeger = facts.case.sources.find((source) => source.name === 'jaeger');
    if (jaeger?.state === 'unavailable') return notEnoughData('answer from Jaeger');

    const id =
      facts.case.subject.kind === 'operation'
        ? facts.case.subject.operationId
        : facts.case.subject.kind === 'trace'
          ? facts.case.subject.traceId
          : 'any attempt';
    const born = facts.record?.createdAt ?? timeOfOperationId(id);
    const age = born === null ? null : now - born;
    const variant = variantOf(facts, age);
    const looked = whereLooked(facts, jaeger);
    const asked =
      facts.case.operation?.kind === 'not-found'
        ? 'the ktrdr API does not know it either'
        : facts.record === null
          ? null
          : `the ktrdr API says ${facts.record.status}`;
    return match({
      variant,
      confidence: variant === 'unknown-operation' && facts.case.operation === null ? 'possible' : 'likely',
      ...absenceText(variant, { id, age, looked, asked }, facts, fix),
      culprit: null,
      evidence: [
        absence(`no span names ${id} (${looked})`),
        ...(asked === null ? [] : [record(asked)]),
        ...(born === null ? [] : [record(`created ${clock(born)}`)]),
      ],
    });
  },
});

/** Agents' containers run untraced; the training host too, but its trainings look like any other's. */
const UNTRACED = new Set(['agent_design', 'agent_assessment']);
const EXPORT_DELAY = 15_000_000;
const USUAL_RETENTION = 48 * 3_600_000_000;

function variantOf(facts: Facts, age: number | null): Absence {
  const { services } = facts.case;
  const ktrdrTraced = services === null || services.some(isKtrdrsService);
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

function whereLooked({ case: kase }: Facts, jaeger: SourceReport | undefined): string {
  if (jaeger === undefined || jaeger.state === 'off') return 'the given files';
  const services = kase.services === null ? 'Jaeger' : `${plural(kase.services.length, 'service')} on Jaeger`;
  return kase.window === null ? services : `${services} (${iso(kase.window.from)} to ${iso(kase.window.to)})`;
}
