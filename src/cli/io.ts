import { escapeUnseen } from '../language/unseen.ts';

/** The process as a command sees it. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of `.env` in the current folder; null when there is none. Throws when it can't be read. */
  readEnvFile(): string | null;
  /** The answer: stdout. */
  write(text: string): void;
  /** An answer with terminal styles, whose text is already clean. */
  writeStyled(text: string): void;
  /** Problems and progress: stderr. */
  warn(text: string): void;
  readonly stdout: { readonly isTTY: boolean; readonly columns: number | null };
  readonly stderr: { readonly isTTY: boolean };
  readStdin(): Promise<string | Buffer>;
  /** Aborts when the user or the system asks the process to stop. */
  readonly signal: AbortSignal;
}

export type Command = (args: readonly string[], io: Io) => Promise<number>;

/** `answered` includes every verdict; `usage` includes unreadable input. */
export const EXIT = { answered: 0, unanswered: 1, usage: 2 } as const;

export function wrongUsage(io: Io, problem: string): number {
  io.warn(`${problem}\n`);
  return EXIT.usage;
}

/** As JSON, with characters that would act on a terminal escaped. */
export function writeJson(io: Io, value: unknown): void {
  io.write(`${escapeUnseen(JSON.stringify(value, null, 2))}\n`);
}

/** A text or the problem with it: unreadable input is expected, so it is a value. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function good<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function bad(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
