import { attribute, reportedError } from '../../evidence.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { clear, defineRule, match, proofOf } from '../../rule.ts';
import { carriersOf } from '../../vocabulary/attributes.ts';
import { RESOURCE_MESSAGES } from './messages.ts';
import { RESOURCE_TEXTS } from './texts.ts';

/** The machine could not provide what the work needed. */
export const rule = defineRule({
  id: 'resources',
  title: 'Out of resources',
  symptom: 'A training run, backtest, or download fails in the middle of its work.',
  proof: 'The error message.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    'gpu-memory': 'The GPU has too little free memory.',
    'out-of-memory': 'The process ran out of memory.',
    'disk-full': 'The disk that the process writes to is full.',
    'read-only': 'The folder that the process writes to is mounted read-only.',
    permission: 'The process has no permission to open a file.',
    'missing-package': 'A Python package isn’t installed in that image.',
  },

  check(facts, context) {
    const explained = explainedBy(facts.failure, RESOURCE_MESSAGES);
    if (explained === null) return clear;
    const { variant, reportedError: error, words } = explained;
    const name = words['package'] ?? /^:? b?['"]?([^'"]*)/.exec(words['path'] ?? '')?.[1] ?? '';
    const device = carriersOf(facts.own, 'device')[0];
    const proof = proofOf(explained);
    return match({
      ...proof,
      // A short write, or the end of a process, can have other causes too.
      confidence: words['vague'] === undefined ? proof.confidence : 'likely',
      ...RESOURCE_TEXTS[variant]({ name, shadow: words['shadow'] ?? null, location: facts.workers.location }, context),
      evidence: [reportedError(error), device && attribute(device, 'device')],
    });
  },
});
