import { exception, reportedError, shorten, spanSeen } from '../../evidence.ts';
import type { SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { joined, sentence } from '../../words.ts';

/** Any other failure: where it began, how it spread, and its message. */
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

  check(facts, { fix, clean, noun }) {
    const { value, refused } = facts.status;
    if ((value === 'completed' || value === 'cancelled') && !refused) return clear;
    const origin = originOf(facts);
    const reported = facts.failure.decisive;
    const errors = [
      ...(origin === null ? [] : [exception(origin)]),
      ...(reported === null || reported.text === origin?.message ? [] : [reportedError(reported)]),
    ];
    const [first, ...rest] = errors;
    if (first === undefined || (origin === null && reported?.source === 'record')) return clear;

    const type = origin?.type ?? reported?.type ?? null;
    const message = joined(': ', type, shorten(clean(reported?.text || origin?.message || ''), 220));
    const span = origin?.span ?? reported?.span ?? null;
    const isGoingOn = value === 'running' || value === 'pending';
    const failed = isGoingOn ? `An error occurred in this ${noun}` : `This ${noun} failed`;
    const isCertain = origin !== null && type !== null;
    const line = origin === null ? null : codeLineOf(origin);
    const workerLogs = fix.workerLogs(facts.workers.location);
    const others = facts.errors.origins.filter((other) => other !== origin && other.message !== origin?.message);
    return match({
      confidence: isCertain ? 'certain' : 'likely',
      headline: sentence(`${failed}${locationOf(facts, origin)}: ${message || statusMessage(origin)}`),
      explanation: joined(
        ' ',
        origin === null ? null : pathOf(facts, origin),
        line === null ? null : `The code line is ${line}.`,
        others.length > 0 ? independentFailures(others.length) : unknownCause(isCertain),
      ),
      culprit: span,
      evidence: [
        first,
        ...rest,
        line !== null &&
          span !== null &&
          spanSeen(span, `raised at ${line}; the full stack is in the exception event of this span`),
        ...others.slice(0, 3).map(exception),
      ],
      // Without a known worker, the backend ran it.
      fixes: [workerLogs.kind === 'command' && workerLogs, fix.backendLogs()],
    });
  },
});

/**
 * The error that the operation failed with, else the earliest with a message: a timeout or a bare status only if there is
 * nothing better. Null if the operation's own message comes from none of the spans.
 */
function originOf({ errors, failure }: Facts): SpanError | null {
  const ranked = [...errors.origins].sort((a, b) => vagueness(a) - vagueness(b));
  const reported = failure.decisive;
  if (reported === null || reported.source === 'exception') return ranked[0] ?? null;
  const { text } = reported;
  return ranked.find(({ message }) => message !== '' && (text.includes(message) || message.includes(text))) ?? null;
}

function vagueness({ type, message }: SpanError): number {
  if (type === null && message === '') return 2;
  return /Timeout|Cancel/i.test(type ?? '') ? 1 : 0;
}

function locationOf({ failure }: Facts, origin: SpanError | null): string {
  const span = origin?.span ?? failure.decisive?.span ?? null;
  if (span === null) return '';
  const service = span.service || 'an unnamed service';
  return origin === null ? ` on ${service}` : ` in ${span.name} on ${service}`;
}

/** The services that the failure passed through, from its origin up. */
function pathOf({ errors, tree }: Facts, origin: SpanError): string | null {
  const failed = new Set(errors.all.map(({ span }) => span));
  const above = tree.ancestorsOf(origin.span).filter((span) => failed.has(span));
  const services = [origin.span, ...above].map(({ service }) => service);
  const path = services.filter((service, i) => service !== '' && service !== services[i - 1]);
  return path.length > 1 ? `It went from ${path.join(' to ')}.` : null;
}

/** The innermost frame of a Python stack that is not a library's: `engine.py:212 in run`. */
function codeLineOf({ stack }: SpanError): string | null {
  const frames = [...(stack ?? '').matchAll(/File "([^"]+)", line (\d+), in (\S+)/g)];
  const own = frames.filter(([, file = '']) => !/site-packages|\/lib\/python/.test(file));
  const [, file = '', line, name] = own.at(-1) ?? frames.at(-1) ?? [];
  return line === undefined ? null : `${file.split('/').slice(-2).join('/')}:${line} in ${name}`;
}

function statusMessage(origin: SpanError | null): string {
  if (origin?.httpStatus == null) return 'the span is marked as failed and says nothing more';
  return `it answered HTTP ${origin.httpStatus}`;
}

function independentFailures(count: number): string {
  return count === 1 ? 'One more failure is independent of it.' : `${count} more failures are independent of it.`;
}

function unknownCause(isErrorCertain: boolean): string {
  return isErrorCertain
    ? 'The error is certain, but no known cause fits its message.'
    : 'No known cause fits this message.';
}
