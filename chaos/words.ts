/** What a message of the bot says to the person who asked. Only these words are known here: the rest is none of the judge's business. */
export type Meaning =
  /** The message that becomes the answer. */
  | 'placeholder'
  /** No answer will come; a reference finds the reason in the log. */
  | 'apology'
  /** The question was not taken. */
  | 'refusal'
  /** Whether it was taken is not known: the person is to wait and then to ask again. */
  | 'unsure'
  /** The answer stands elsewhere. */
  | 'link'
  | 'other';

/** In this order: an apology may go on with “Try again”. */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/if nothing appears/i, 'unsure'],
  [/^\W{0,9}(?:queued|reading traces|searching)\b/i, 'placeholder'],
  [/^could not answer\b|\breference\b/i, 'apology'],
  [/\bsame request (?:here|was made here)\b|^(?:no change|changed) since\b|^couldn’t check again\b/i, 'link'],
  [/couldn’t queue|could not be queued|not taken|\bask again\b|\btry again\b/i, 'refusal'],
];

/** Parts of an answer, by the headings that people look for. */
const HEADINGS = ['Trace summary', 'Execution flow', 'Root cause', 'Fix'] as const;

export function meaningOf(text: string): Meaning {
  return MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? 'other';
}

/** Headings that no message of the thread has. */
export function missingHeadings(thread: readonly string[]): readonly string[] {
  return HEADINGS.filter((heading) => !thread.some((text) => text.includes(heading)));
}
