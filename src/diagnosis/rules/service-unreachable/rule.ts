import { exception, reportedError, spanSeen } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { unreachableServiceOf } from './finder.ts';
import { providerText, serviceText } from './texts.ts';

/** A service that ktrdr needs, other than the worker selected for the operation, accepts no connection. */
export const rule = defineRule({
  id: 'service-unreachable',
  title: 'Service unreachable',
  symptom: 'The operation fails immediately with a connection error.',
  proof: 'A request span that ended with a connection error. Its host and port identify the service.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'general',
  supersedes: ['worker-lost/false-alarm'],
  variants: {
    'ib-host': 'The IB host service, which fetches market data.',
    'training-host': 'The training host service, which trains on the GPU of the host.',
    backend: 'The ktrdr backend itself.',
    'data-provider': 'A data provider outside ktrdr that the strategy uses, such as FRED or the CFTC.',
    other: 'Another service.',
  },

  check(facts, context) {
    if (!facts.failure.hasFailed) return clear;
    const service = unreachableServiceOf(facts);
    if (service === null) return clear;
    const { variant, call, reported } = service;
    const [first, ...rest] = [
      ...(reported === null ? [] : [reportedError(reported)]),
      ...(call?.error == null
        ? []
        : [exception(call.error), spanSeen(call.span, `${call.method} ${call.endpoint.url.split('?', 1)[0]}`)]),
    ];
    if (first === undefined) return clear;
    return match({
      variant,
      confidence: call === null ? 'likely' : 'certain',
      ...(variant === 'data-provider'
        ? providerText(service, facts, context)
        : serviceText(variant, call, facts, context)),
      culprit: call?.span ?? reported?.span ?? null,
      evidence: [first, ...rest],
    });
  },
});
