/** Secrets that are planted in inputs, made anew in each process, so that none stands in a file. */
import { randomBytes } from 'node:crypto';

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789';

function random(length: number): string {
  return [...randomBytes(length)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}

const [password, github, bearer] = [random(20), random(36), random(32)];

/** Texts as spans and messages have them, each with a secret that is recognized. */
export const PLANTED: readonly string[] = [
  `login failed: password=${password}`,
  `remote: token ghp_${github} was refused`,
  `Authorization: Bearer ${bearer}`,
  `connection to postgresql://ktrdr:${password}@db:5432/ktrdr failed`,
];

/** A piece of each: shortened text must not show the beginning of a secret either. */
const PIECES = [password, github, bearer].map((secret) => secret.slice(0, 12));

export function secretsIn(outputs: readonly string[]): readonly string[] {
  return outputs.flatMap((output) =>
    PIECES.filter((piece) => output.includes(piece)).map((piece) => {
      const at = output.indexOf(piece);
      return `a secret was shown: …${output.slice(Math.max(0, at - 60), at + 20)}…`;
    }),
  );
}
