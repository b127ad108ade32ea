import { readText } from '../attributes.ts';
import { complaint, exception, refOf, shorten, spanSeen } from '../evidence.ts';
import type { SpanError } from '../facts/errors.ts';
import type { Facts } from '../facts/index.ts';
import type { Evidence } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { operationNoun } from '../words.ts';

/** Anything else that failed: where it began, how it spread, what it said. */
export const rule = defineRule({
  id: 'unhandled-exception',
  title: 'An error that no other rule knows',
  symptom: 'The operation failed with an error.',
  proof:
    'The deepest failing span without a failing child, first in time; timeouts yield to the cause below them, healed retries do not count.',
  scenario: 'failed',
  severity: 'blocking',
  variants: {},

  check(facts, { fix }) {
    const { value, refused } = facts.status;
    if ((value === 'completed' || value === 'cancelled') && !refused) return clear;
    const origin = originOf(facts);
    const said = facts.failure.decisive;
    if (origin === null && (said === null || said.source === 'record')) return clear;

    const type = origin?.type ?? said?.type ?? null;
    const text = shorten(said?.text || origin?.message || '', 220);
    const where = origin === null ? (said?.span ?? null) : origin.span;
    const noun = operationNoun(facts.type);
    const failed =
      value === 'running' || value === 'pending' ? `An error occurred in this ${noun}` : `This ${noun} failed`;
    const path = origin === null ? [] : pathOf(facts, origin);
    const line = origin?.stack == null ? null : codeLine(origin.stack);
    const others = facts.errors.origins.filter((one) => one !== origin && one.message !== origin?.message);
    const evidence: [Evidence, ...Evidence[]] = [
      origin === null ? complaint(said as NonNullable<typeof said>) : exception(origin),
    ];
    if (said !== null && said.text !== origin?.message) evidence.push(complaint(said));
    if (line !== null && where !== null) evidence.push(spanSeen(where, `raised at ${line}`));
    for (const other of others.slice(0, 3)) evidence.push(exception(other));
    return match({
      confidence: origin !== null && type !== null ? 'certain' : 'likely',
      headline:
        `${failed}${where === null ? '' : ` in ${where.name} on ${where.service || 'an unnamed service'}`}: ${[type, text].filter((part) => part !== null && part !== '').join(': ') || httpWords(origin)}`.replace(
          /[.:]?\s*$/,
          '.',
        ),
      explanation:
        `${path.length > 1 ? `It went from ${path.join(' to ')}. ` : ''}${line === null ? '' : `The code line is ${line}. `}${others.length > 0 ? `${others.length === 1 ? 'One more failure is' : `${others.length} more failures are`} independent of it.` : 'No known cause fits this message.'}`.trim(),
      culprit: where === null ? null : refOf(where),
      evidence,
      fixes: [
        fix.workerLogs(facts.workers.place),
        fix.backendLogs(),
        advice('The full stack is in the span’s exception event in Jaeger.'),
      ],
    });
  },
});

/** First in time of those that say something; a timeout or a bare bad answer only when nothing better is there. */
function originOf(facts: Facts): SpanError | null {
  const weight = (error: SpanError) =>
    error.type === null && error.message === '' ? 2 : /Timeout|Cancel/i.test(error.type ?? '') ? 1 : 0;
  return [...facts.errors.origins].sort((a, b) => weight(a) - weight(b))[0] ?? null;
}

/** The services that the failure passed through, from where it began. */
function pathOf(facts: Facts, origin: SpanError): readonly string[] {
  const failed = new Set(facts.errors.all.map((error) => error.span));
  const services = [origin.span, ...facts.tree.ancestorsOf(origin.span).filter((span) => failed.has(span))].map(
    (span) => span.service,
  );
  return services.filter((service, i) => service !== '' && service !== services[i - 1]);
}

/** The innermost frame of a Python stack that is not a library's: `engine.py:212 in run`. */
function codeLine(stack: string): string | null {
  const frames = [...stack.matchAll(/File "([^"]+)", line (\d+), in (\S+)/g)];
  const own = frames.filter((frame) => !/site-packages|\/lib\/python/.test(frame[1] ?? ''));
  const frame = own.at(-1) ?? frames.at(-1);
  return frame === undefined ? null : `${frame[1]?.split('/').slice(-2).join('/')}:${frame[2]} in ${frame[3]}`;
}

function httpWords(origin: SpanError | null): string {
  if (origin?.httpStatus == null) return 'the span is marked as failed and says nothing more';
  return `it answered HTTP ${origin.httpStatus}${readText(origin.span, 'httpUrl') === null ? '' : ` (${readText(origin.span, 'httpUrl')})`}`;
}
