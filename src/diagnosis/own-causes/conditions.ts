/** Whether an operator's cause applies to an operation, and what shows it. */
import { linear } from '../../language/linear-expressions.ts';
import { type EvidenceDraft, reportedError, spanSeen } from '../evidence.ts';
import type { Facts } from '../facts/index.ts';
import type { ReportedError } from '../facts/reported-error.ts';
import type { Span } from '../trace.ts';
import { spellingsOf } from '../vocabulary/attributes.ts';
import { sentencesIn } from '../vocabulary/messages.ts';
import type { Conditions, TextMatch } from './own-cause.ts';

export interface Fulfilled {
  readonly span: Span | null;
  readonly evidence: readonly EvidenceDraft[];
  /** Named groups of the expression for the message. */
  readonly groups: Readonly<Record<string, string>>;
}

/** Null if a condition doesn't hold, or nothing is known to which it could apply. */
export function fulfilled(when: Conditions, facts: Facts): Fulfilled | null {
  if (when.types !== undefined && !when.types.some((type) => type === facts.type)) return null;
  const isAboutError = when.message !== undefined || when.exception !== undefined;
  const failure = isAboutError ? failureLike(when, facts) : null;
  if (isAboutError && failure === null) return null;
  const isAboutSpan = when.span !== undefined || when.service !== undefined || when.attributes !== undefined;
  const span = isAboutSpan ? (facts.own.find((one) => isSpanLike(one, when)) ?? null) : null;
  if (isAboutSpan && span === null) return null;
  const said = failure === null ? [] : [reportedError(failure.error)];
  const seen = span === null ? [] : [spanSeen(span, seenIn(span, when))];
  return { span: failure?.error.span ?? span, evidence: [...said, ...seen], groups: failure?.groups ?? {} };
}

function failureLike({ message, exception }: Conditions, { failure, errors }: Facts) {
  for (const error of failure.reportedErrors) {
    const carrier = errors.all.find(({ span }) => span === error.span);
    const types = [error.type, carrier?.fullType].filter((type) => type != null);
    if (exception !== undefined && !types.some((type) => matched(exception, type) !== null)) continue;
    const groups = message === undefined ? {} : sentenceLike(message, error);
    if (groups !== null) return { error, groups };
  }
  return null;
}

function sentenceLike(message: TextMatch, { text }: ReportedError): Readonly<Record<string, string>> | null {
  for (const sentence of sentencesIn(text)) {
    const groups = matched(message, sentence);
    if (groups !== null) return groups;
  }
  return null;
}

function isSpanLike(one: Span, { span, service, attributes = {} }: Conditions): boolean {
  return (
    (span === undefined || matched(span, one.name) !== null) &&
    (service === undefined || matched(service, one.service) !== null) &&
    Object.entries(attributes).every(([name, match]) =>
      valuesOf(one, name).some((value) => matched(match, String(value)) !== null),
    )
  );
}

/** Attributes of the span, its resource, and its events: an exception has its attributes in an event. */
function valuesOf({ attributes, resource, events }: Span, name: string): readonly unknown[] {
  const carriers = [attributes, resource, ...events.map((event) => event.attributes)];
  return spellingsOf(name).flatMap((spelling) =>
    carriers.flatMap((carrier) => (Object.hasOwn(carrier, spelling) ? [carrier[spelling]] : [])),
  );
}

function seenIn(span: Span, { attributes = {} }: Conditions): string {
  const shown = Object.keys(attributes).map((name) => `${name} = ${String(valuesOf(span, name)[0])}`);
  return [`${span.name} on ${span.service}`, ...shown].join(', ');
}

/** The named groups of an expression; null when the text doesn't match. */
function matched(match: TextMatch, text: string): Readonly<Record<string, string>> | null {
  switch (match.kind) {
    case 'equals':
      return text === match.text ? {} : null;
    case 'starts-with':
      return text.startsWith(match.text) ? {} : null;
    case 'ends-with':
      return text.endsWith(match.text) ? {} : null;
    case 'matches':
      return groupsOf(match.text, text);
  }
}

const compiled = new Map<string, RegExp>();

function groupsOf(source: string, text: string): Readonly<Record<string, string>> | null {
  const expression = compiled.get(source) ?? new RegExp(source, 's');
  compiled.set(source, expression);
  const re2 = linear(expression);
  const matcher = re2.matcher(text);
  if (!matcher.matches()) return null;
  const found = Object.keys(re2.namedGroups()).map((name) => [name, matcher.group(name)] as const);
  return Object.fromEntries(found.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}
