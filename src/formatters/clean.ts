import type { Diagnosis } from '../diagnosis/finding.ts';
import { visible } from './mrkdwn.ts';
import { redact } from './redact.ts';

/** Far more than is ever shown; keeps the patterns off megabytes of stack trace. */
const LONGEST_TEXT = 20_000;

/** A copy in which every text is visible and free of secrets. Renderers see nothing else. */
export function cleanDiagnosis(diagnosis: Diagnosis, extra: readonly RegExp[] = []): Diagnosis {
  const json = JSON.stringify(diagnosis, (_key, value: unknown) =>
    typeof value === 'string' ? redact(visible(value.slice(0, LONGEST_TEXT)), extra) : value,
  );
  const copy: Diagnosis = JSON.parse(json);
  return copy;
}
