import { absence, complaint, exception } from '../evidence.ts';
import type { Call } from '../facts/calls.ts';
import { addressOf, type Role } from '../facts/endpoints.ts';
import { explainedBy } from '../facts/failure.ts';
import type { Evidence, Fix } from '../finding.ts';
import { advice, type FixTable } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { operationNoun } from '../words.ts';

/** A service that ktrdr needs, other than the worker that was to run the operation, accepts no connection. */
export const rule = defineRule({
  id: 'service-unreachable',
  title: 'A needed service does not accept connections',
  symptom: 'The operation fails at once with a connection error.',
  proof: 'A request span that ended in a connection error; its host and port name the service.',
  scenario: 'failed',
  severity: 'blocking',
  variants: {
    'ib-host': 'The IB host service, which fetches market data.',
    'training-host': 'The training host service, which trains on the GPU of the host.',
    backend: 'The ktrdr backend itself.',
    other: 'Another service.',
  },
  supersedes: ['unhandled-exception', 'failed-without-trace', 'backend-spans-only'],

  check(facts, { fix }) {
    if (facts.status.value === 'completed' || facts.status.value === 'cancelled') return clear;
    const call = facts.calls.find(
      (one) => isDown(one) && facts.errors.origins.some((origin) => origin.span === one.span),
    );
    const told = explainedBy(facts.failure, [
      ['ib-host', /Host service connection failed|Cannot connect to (?:the )?IB host/i],
    ]);
    if (call === undefined && told === null) return clear;

    const variant = call === undefined ? 'ib-host' : variantOf(call.endpoint.role);
    const name = NAMES[variant];
    const address = call === undefined ? null : addressOf(call.endpoint);
    const evidence: [Evidence, ...Evidence[]] =
      call?.error == null
        ? [absence('no request span shows the address')]
        : [
            exception(call.error),
            {
              kind: 'span',
              text: `${call.method} ${call.endpoint.url}`,
              spanId: call.span.spanId,
              traceId: call.span.traceId,
            },
          ];
    if (told !== null) evidence.unshift(complaint(told.complaint));
    const ownHost =
      call !== undefined && /^(?:localhost|127\.0\.0\.1)$/.test(call.endpoint.host) && variant === 'ib-host';
    return match({
      variant,
      confidence: call === undefined ? 'likely' : 'certain',
      headline: `${name} ${address === null ? 'does not accept connections' : `does not accept connections at ${address}`}${variant === 'other' || facts.type === null ? '' : `, so the ${operationNoun(facts.type)} failed`}.`,
      explanation: `${call?.trouble === 'unresolvable' ? 'The host name cannot be resolved from there.' : 'The connection was refused: the service is not running, or it listens somewhere else.'}${ownHost ? ' The caller used its own localhost: inside a container that is the container itself, not the host.' : ''}`,
      culprit: call?.span ?? told?.complaint.span ?? null,
      evidence,
      fixes: fixesOf(variant, ownHost, fix),
    });
  },
});

const NAMES = {
  'ib-host': 'The IB host service',
  'training-host': 'The training host service',
  backend: 'The ktrdr backend',
  other: 'A service',
} as const;

type Variant = keyof typeof NAMES;

function variantOf(role: Role): Variant {
  return role === 'ib-host' || role === 'training-host' || role === 'backend' ? role : 'other';
}

function isDown(call: Call): boolean {
  return (
    !call.observation &&
    call.endpoint.role !== 'worker' &&
    (call.trouble === 'refused' || call.trouble === 'unresolvable' || call.trouble === 'disconnected')
  );
}

function fixesOf(variant: Variant, ownHost: boolean, fix: FixTable): readonly [Fix, ...Fix[]] {
  switch (variant) {
    case 'ib-host':
      return [
        fix.ibHostHealth(),
        fix.startIbHost(),
        ...(ownHost
          ? [
              advice(
                'If the service runs and the backend is a container, set IB_HOST_SERVICE_URL=http://host.docker.internal:5001 for the backend: it does not read KTRDR_IB_HOST_* for downloads.',
              ),
            ]
          : []),
      ];
    case 'training-host':
      return [
        fix.startTrainingHost(),
        advice('Then start the training again; without the host service a CPU training worker serves as well.'),
      ];
    case 'backend':
      return [fix.backendHealth(), fix.backendLogs(), fix.startBackend()];
    case 'other':
      return [
        advice('Check that the service named in the address runs and can be reached from the caller.'),
        fix.backendLogs(),
      ];
  }
}
