/** What stands where a secret was. */
export const REDACTED = '[redacted]';
export const REDACTED_MAIL = '[redacted e-mail]';

/** A part of a text that must not be seen: UTF-16 offsets, the end excluded. */
export interface Hidden {
  readonly start: number;
  readonly end: number;
  readonly mark?: string;
}
