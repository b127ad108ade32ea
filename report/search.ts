/** Finds spans by name, service, ID, and by the names and values of their attributes and events. */
import { FLAGS, type Pairs, type ReportData } from '../src/formatters/html/report-data.ts';

export interface Query {
  readonly text: string;
  readonly isFailedOnly: boolean;
}

/** Null when nothing is searched for. `name=value` finds an attribute. */
export function search({ strings, spans, resources }: ReportData, { text, isFailedOnly }: Query): Uint8Array | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === '' && !isFailedOnly) return null;
  const containing = (part: string) => Uint8Array.from(strings, (one) => Number(one.toLowerCase().includes(part)));
  const whole = containing(wanted);
  const [name, value] = wanted.includes('=') ? splitAt(wanted, wanted.indexOf('=')).map(containing) : [];
  const hasPair = (pairs: Pairs) => {
    for (let i = 0; i < pairs.length; i += 2) {
      const [first, second] = [pairs[i] ?? -1, pairs[i + 1] ?? -1];
      if (whole[first] === 1 || whole[second] === 1) return true;
      if (name?.[first] === 1 && value?.[second] === 1) return true;
    }
    return false;
  };
  const inResource = resources.map(hasPair);
  const hasText = (at: number) =>
    whole[spans.name[at] ?? -1] === 1 ||
    whole[spans.service[at] ?? -1] === 1 ||
    whole[spans.status[at] ?? -1] === 1 ||
    spans.id[at] === wanted ||
    inResource[spans.resource[at] ?? -1] === true ||
    hasPair(spans.attributes[at] ?? []) ||
    (spans.events[at] ?? []).some((event) => whole[event.name] === 1 || hasPair(event.attributes));
  return Uint8Array.from(spans.parent, (_, at) => {
    const isFailed = ((spans.flags[at] ?? 0) & FLAGS.failed) !== 0;
    // A time without spans has no ID.
    return Number(spans.id[at] !== '' && (isFailed || !isFailedOnly) && (wanted === '' || hasText(at)));
  });
}

function splitAt(text: string, at: number): readonly string[] {
  return [text.slice(0, at), text.slice(at + 1)];
}
