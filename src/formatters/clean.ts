import type { Diagnosis } from '../diagnosis/finding.ts';
import { cut, visible } from './mrkdwn.ts';
import { redact } from './redact.ts';

/** More than is ever shown; keeps the patterns off megabytes of stack trace. */
const LONGEST_TEXT = 8000;

const NO_EXTRA: readonly RegExp[] = [];

/** One diagnosis is shown in several ways and to several people, and a copy is as dear as its text is long. */
const copies = new WeakMap<Diagnosis, { readonly extra: readonly RegExp[]; readonly copy: Diagnosis }>();

/** A copy in which every text is visible and free of secrets. Renderers see nothing else. */
export function cleanDiagnosis(diagnosis: Diagnosis, extra: readonly RegExp[] = NO_EXTRA): Diagnosis {
  const known = copies.get(diagnosis);
  if (known?.extra === extra) return known.copy;
  const json = JSON.stringify(diagnosis, (_key, value: unknown) =>
    typeof value === 'string' ? cleanText(value, extra) : value,
  );
  const copy: Diagnosis = JSON.parse(json);
  copies.set(diagnosis, { extra, copy });
  // Cleaning twice changes nothing.
  copies.set(copy, { extra, copy });
  return copy;
}

export function cleanText(text: string, extra: readonly RegExp[] = []): string {
  return cut(redact(visible(text.slice(0, LONGEST_TEXT)), extra), LONGEST_TEXT);
}
