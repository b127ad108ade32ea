/** What can be fuzzed: one reader of what others wrote. */
import type fc from 'fast-check';

export interface Reader {
  readonly name: string;
  /** Completes “reads …”. */
  readonly about: string;
  open(): Promise<OpenReader>;
}

export interface OpenReader {
  /** Strings, or plain data that a failure prints. */
  readonly cases: fc.Arbitrary<unknown>;
  /** Reads one case. Everything that people, the log or a program get to see of it; rejects for what must not happen. */
  run(input: unknown): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function inMemory(
  cases: fc.Arbitrary<unknown>,
  run: (input: unknown) => readonly string[] | Promise<readonly string[]>,
): OpenReader {
  return { cases, run: async (input) => run(input), close: async () => undefined };
}
