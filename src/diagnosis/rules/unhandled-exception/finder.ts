import type { SpanError } from '../../facts/errors.ts';
import type { Facts } from '../../facts/index.ts';

/**
 * Where the failure began: of the operation's own words that span which raised them; else the first in time that says
 * something, a timeout or a bare bad answer only when nothing better is there. Null when its own words come from elsewhere.
 */
export function originOf({ errors, failure }: Facts): SpanError | null {
  const ranked = [...errors.origins].sort((a, b) => mute(a) - mute(b));
  const said = failure.decisive;
  if (said === null || said.source === 'exception') return ranked[0] ?? null;
  return (
    ranked.find(({ message }) => message !== '' && (said.text.includes(message) || message.includes(said.text))) ?? null
  );
}

/** The services that the failure passed through, from where it began. */
export function wayOf({ errors, tree }: Facts, origin: SpanError): readonly string[] {
  const failed = new Set(errors.all.map(({ span }) => span));
  const above = tree.ancestorsOf(origin.span).filter((span) => failed.has(span));
  const services = [origin.span, ...above].map(({ service }) => service);
  return services.filter((service, i) => service !== '' && service !== services[i - 1]);
}

/** The innermost frame of a Python stack that is not a library's: `engine.py:212 in run`. */
export function codeLineOf({ stack }: SpanError): string | null {
  const frames = [...(stack ?? '').matchAll(/File "([^"]+)", line (\d+), in (\S+)/g)];
  const own = frames.filter(([, file = '']) => !/site-packages|\/lib\/python/.test(file));
  const [, file = '', line, name] = own.at(-1) ?? frames.at(-1) ?? [];
  return line === undefined ? null : `${file.split('/').slice(-2).join('/')}:${line} in ${name}`;
}

function mute({ type, message }: SpanError): number {
  if (type === null && message === '') return 2;
  return /Timeout|Cancel/i.test(type ?? '') ? 1 : 0;
}
