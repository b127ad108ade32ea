import type { Diagnosis } from '../diagnosis/finding.ts';
import { cut, visible } from './mrkdwn.ts';
import { redact } from './redact.ts';

/** More than is ever shown; keeps the patterns off megabytes of stack trace. */
const LONGEST_TEXT = 8000;

/** A copy in which every text is visible and free of secrets. Renderers see nothing else. */
export function cleanDiagnosis(diagnosis: Diagnosis, extra: readonly RegExp[] = []): Diagnosis {
  const json = JSON.stringify(diagnosis, (_key, value: unknown) =>
    typeof value === 'string' ? cleanText(value, extra) : value,
  );
  const copy: Diagnosis = JSON.parse(json);
  return copy;
}

export function cleanText(text: string, extra: readonly RegExp[] = []): string {
  return cut(redact(visible(text.slice(0, LONGEST_TEXT)), extra), LONGEST_TEXT);
}
