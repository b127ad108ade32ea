import { exception, reportedError, shorten, spanSeen } from '../../evidence.ts';
import type { SpanError } from '../../facts/errors.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { operationNoun, sentence } from '../../words.ts';
import { codeLineOf, originOf, wayOf } from './finder.ts';

/** Anything else that failed: where it began, how it spread, what it said. */
export const rule = defineRule({
  id: 'unhandled-exception',
  title: 'An error that no other rule knows',
  symptom: 'The operation failed with an error.',
  proof:
    'The deepest failing span without a failing child, first in time; timeouts yield to the cause below them, healed retries do not count.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'fallback',
  variants: {},

  check(facts, { fix, clean }) {
    const { value, refused } = facts.status;
    if ((value === 'completed' || value === 'cancelled') && !refused) return clear;
    const origin = originOf(facts);
    const said = facts.failure.decisive;
    const seen = [
      ...(origin === null ? [] : [exception(origin)]),
      ...(said === null || said.text === origin?.message ? [] : [reportedError(said)]),
    ];
    const [first, ...rest] = seen;
    if (first === undefined || (origin === null && said?.source === 'record')) return clear;

    const type = origin?.type ?? said?.type ?? null;
    const words = [type, shorten(clean(said?.text || origin?.message || ''), 220)]
      .filter((part) => part !== null && part !== '')
      .join(': ');
    const span = origin?.span ?? said?.span ?? null;
    const service = span?.service || 'an unnamed service';
    const where = span === null ? '' : origin === null ? ` on ${service}` : ` in ${span.name} on ${service}`;
    const noun = operationNoun(facts.type);
    const line = origin === null ? null : codeLineOf(origin);
    const way = origin === null ? [] : wayOf(facts, origin);
    const others = facts.errors.origins.filter((one) => one !== origin && one.message !== origin?.message);
    return match({
      confidence: origin !== null && type !== null ? 'certain' : 'likely',
      headline: sentence(
        `${value === 'running' || value === 'pending' ? `An error occurred in this ${noun}` : `This ${noun} failed`}${where}: ${words === '' ? httpWords(origin) : words}`,
      ),
      explanation: [
        way.length > 1 ? `It went from ${way.join(' to ')}.` : '',
        line === null ? '' : `The code line is ${line}.`,
        others.length === 0
          ? 'No known cause fits this message.'
          : `${others.length === 1 ? 'One more failure is' : `${others.length} more failures are`} independent of it.`,
      ]
        .filter((part) => part !== '')
        .join(' '),
      culprit: span,
      evidence: [
        first,
        ...rest,
        ...(line === null || span === null ? [] : [spanSeen(span, `raised at ${line}`)]),
        ...others.slice(0, 3).map(exception),
      ],
      fixes: [
        fix.workerLogs(facts.workers.location),
        fix.backendLogs(),
        advice('The full stack is in the span’s exception event in Jaeger.'),
      ],
    });
  },
});

function httpWords(origin: SpanError | null): string {
  if (origin?.httpStatus == null) return 'the span is marked as failed and says nothing more';
  return `it answered HTTP ${origin.httpStatus}`;
}
