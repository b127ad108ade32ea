/** What stands where a secret was. */
export const REDACTED = '[redacted]';
export const REDACTED_MAIL = '[redacted e-mail]';

/** Enough of a mark to know it by where a text was cut. */
export const CUT_MARK = '[redact';

/** A part of a text that must not be seen: UTF-16 offsets, the end excluded. */
export interface Hidden {
  readonly start: number;
  readonly end: number;
  readonly mark?: string;
}
