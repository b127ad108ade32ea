import { plural } from '../../../language/plurals.ts';
import { attribute } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { carriersOf, readText } from '../../vocabulary/attributes.ts';

/** Two processes each keep the operation in a separate operations service, so neither sees the other's updates. */
export const rule = defineRule({
  id: 'singleton-mismatch',
  title: 'Backend and worker use different operations services',
  symptom: 'The worker is running, but the progress shown by the backend doesn’t change.',
  proof: 'Different operations service instance IDs on the spans of one operation.',
  scenario: 'stuck',
  severity: 'blocking',
  tier: 'specific',
  supersedes: ['slow'],
  variants: {},

  check(facts, { fix }) {
    const carriers = carriersOf(facts.own, 'instanceId').filter((span) => readText(span, 'instanceId') !== null);
    const one = carriers[0];
    const instance = one === undefined ? null : readText(one, 'instanceId');
    const other = carriers.find((span) => span.service !== one?.service && readText(span, 'instanceId') !== instance);
    if (one === undefined || other === undefined) return clear;

    const instances = new Set(carriers.map((span) => readText(span, 'instanceId')));
    return match({
      confidence: 'certain',
      headline: `${one.service} and ${other.service} use separate operations services, so progress never reaches the backend.`,
      explanation: `The spans of this operation name ${plural(instances.size, 'instance')} of the operations service. The worker reports to one instance, and the backend reads another.`,
      culprit: other,
      evidence: [attribute(one, 'instanceId'), attribute(other, 'instanceId')],
      fixes: [
        fix.workerLogs(facts.workers.location),
        fix.restartWorker(facts.workers.location),
        'Then submit the operation again. The running one can’t be reconnected.',
      ],
    });
  },
});
