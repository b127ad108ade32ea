/** What a tag in a search can match on one span: `key=value` texts. The versions disagree most about this. */
import { legacyProcess, legacySpan } from './legacy-json.ts';
import type { StoredSpan } from './stored.ts';
import type { Behaviour } from './versions.ts';
import { type KeyValue, valueText } from './wire.ts';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES = ['unset', 'ok', 'error'];
const ERROR = 2;
const OK = 1;

export function searchTerms(span: StoredSpan, behaviour: Behaviour): ReadonlySet<string> {
  if (behaviour.matching === 'rendered') return renderedTerms(span, behaviour);
  const { wire, resource, scope } = span;
  const terms = new Set([
    ...termsOf(wire.attributes.filter(({ key }) => key !== 'error')),
    ...termsOf(resource.attributes),
    ...wire.events.flatMap((event) => termsOf(event.attributes)),
  ]);
  const code = wire.status.code;
  if (behaviour.matching === 'plain') {
    // These versions do not understand the text "true" and look for status OK either way.
    if (code === OK) terms.add('error=true').add('error=false');
    return terms;
  }
  if (code === ERROR) terms.add('error=true');
  else if (code === OK || !behaviour.legacySearch) terms.add('error=false');
  terms.add(`span.kind=${KINDS[wire.kind]}`).add(`span.status=${STATUSES[code]}`);
  terms.add(`scope.name=${scope.name}`).add(`scope.version=${scope.version}`);
  for (const term of termsOf(resource.attributes)) terms.add(`resource.${term}`);
  return terms;
}

/** The old store compares what the old dialect shows. */
function renderedTerms(span: StoredSpan, behaviour: Behaviour): ReadonlySet<string> {
  const rendered = legacySpan(span, 'p1', behaviour, []);
  const pairs = [
    ...rendered.tags,
    ...legacyProcess(span, behaviour).tags,
    ...rendered.logs.flatMap(({ fields }) => fields),
  ];
  return new Set(pairs.map(({ key, value }) => `${key}=${String(value)}`));
}

function termsOf(attributes: readonly KeyValue[]): readonly string[] {
  return attributes.map(({ key, value }) => `${key}=${valueText(value)}`);
}
