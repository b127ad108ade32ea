import { exception, reportedError, shorten, spanSeen } from '../../evidence.ts';
import type { SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { joined, sentence } from '../../words.ts';

/** Any other failure: where it started, how it spread, and its message. */
export const rule = defineRule({
  id: 'unhandled-exception',
  title: 'Unrecognized error',
  symptom: 'The operation failed with an error.',
  proof:
    'The earliest failing span with no failing child. A timeout gives way to the failure below it. Retries that later succeeded don’t count.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'fallback',
  variants: {},

  check(facts, { fix, clean, noun }) {
    const { hasFailed, decisive, isCertain, survived } = facts.failure;
    if (!hasFailed) return clear;
    const origin = originOf(facts);
    if (origin === null && (decisive === null || decisive.source === 'record')) return clear;
    const errors = [
      ...(decisive === null || decisive.text === origin?.message ? [] : [reportedError(decisive)]),
      ...(origin === null ? [] : [exception(origin)]),
    ];
    const [first, ...rest] = errors;
    if (first === undefined) return clear;

    const type = origin?.type ?? decisive?.type ?? null;
    const isSaidByOrigin = origin !== null && (decisive === null || decisive.span === origin.span);
    const message = joined(': ', type, shorten(clean(decisive?.text || origin?.message || ''), 220));
    const span = origin?.span ?? decisive?.span ?? null;
    const line = origin === null ? null : codeLineOf(origin);
    const { location } = facts.workers;
    // Without a known worker, the backend ran it.
    const isWorkers = location.endpoint !== null || /^agent_(?:design|assessment)$/.test(location.workerType ?? '');
    const others = otherErrors(facts, origin);
    return match({
      confidence: isSaidByOrigin && type !== null && isCertain ? 'certain' : 'likely',
      headline: sentence(`This ${noun} failed${locationOf(facts, origin)}: ${message || statusMessage(origin)}`),
      explanation: joined(
        ' ',
        origin === null ? null : pathOf(facts, origin),
        line === null ? null : `Code location: ${line}.`,
        'This message matches no known cause.',
        others.length === 0
          ? null
          : otherFailures(
              others.length,
              others.every((one) => survived.includes(one)),
            ),
      ),
      culprit: span,
      evidence: [
        first,
        ...rest,
        line !== null &&
          span !== null &&
          spanSeen(span, `raised at ${line}; the full stack trace is in the exception event of this span`),
        ...others.slice(0, 3).map(exception),
      ],
      fixes: facts.failure.foreign
        ? ['Read that service’s log for that time.']
        : [isWorkers && fix.workerLogs(location), fix.backendLogs()],
    });
  },
});

/** The deepest span that failed with the operation's own message, else the decisive one. */
function originOf({ errors, failure: { causes, decisive } }: Facts): SpanError | null {
  const own = errors.all.filter(({ span }) => causes.has(span));
  const { text, source, span } = decisive ?? { text: '', source: 'exception', span: null };
  if (source === 'exception') return own.find((error) => error.span === span) ?? own[0] ?? null;
  return own.find(({ message }) => message !== '' && text.includes(message)) ?? null;
}

/** What else failed in it, each message once. */
function otherErrors({ failure, errors }: Facts, origin: SpanError | null): readonly SpanError[] {
  const independent = errors.origins.filter(({ span }) => failure.causes.has(span));
  const others = new Map([...independent, ...failure.survived].map((error) => [error.message, error]));
  others.delete(origin?.message ?? '');
  others.delete(failure.decisive?.text ?? '');
  return [...others.values()];
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
  return path.length > 1 ? `Path: ${path.join(' → ')}.` : null;
}

/** The innermost frame of a Python stack that is not a library's: `engine.py:212 in run`. */
function codeLineOf({ stack }: SpanError): string | null {
  const frames = [...(stack ?? '').matchAll(/File "([^"]+)", line (\d+), in (\S+)/g)];
  const own = frames.filter(([, file = '']) => !/site-packages|\/lib\/python/.test(file));
  const [, file = '', line, name] = own.at(-1) ?? frames.at(-1) ?? [];
  return line === undefined ? null : `${file.split('/').slice(-2).join('/')}:${line} in ${name}`;
}

function statusMessage(origin: SpanError | null): string {
  if (origin?.httpStatus == null) return 'the span is marked as failed, without details';
  return `it returned HTTP ${origin.httpStatus}`;
}

function otherFailures(count: number, haveBeenHandled: boolean): string {
  const others = count === 1 ? 'Another error' : `${count} other errors`;
  return haveBeenHandled
    ? `${others} happened before it, but its message doesn’t mention ${count === 1 ? 'that one' : 'them'}.`
    : `${others} happened independently of it.`;
}
