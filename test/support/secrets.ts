/** Ten secrets of different kinds, made anew in each run, and one text that holds them all as an exception might. */
import { randomBytes } from 'node:crypto';

export interface PlantedSecrets {
  /** What must not be seen anywhere; each is unlike any other text. */
  readonly values: readonly string[];
  /** One line that holds all of them. */
  readonly text: string;
}

export function plantSecrets(): PlantedSecrets {
  const password = letters(20);
  const apiKey = letters(32);
  const github = letters(36);
  const slack = `${digits(12)}-${letters(24)}`;
  const aws = upper(16);
  const bearer = letters(40);
  const basic = letters(18);
  const [claims, signature] = [letters(60), letters(43)];
  const keyLine = letters(64);
  const google = letters(35);
  const text = [
    `password=${password}`,
    `api_key=${apiKey}`,
    `clone with ${['gh', 'p_'].join('')}${github}`,
    `chat ${['xox', 'b-'].join('')}${slack}`,
    `aws ${['AK', 'IA'].join('')}${aws}`,
    `sent Bearer ${bearer}`,
    `postgresql://ktrdr:${basic}@db:5432/ktrdr`,
    `session ${['ey', 'JhbGciOiJIUzI1NiJ9'].join('')}.${claims}.${signature}`,
    `maps ${['AI', 'za'].join('')}${google}`,
    `-----BEGIN ${'PRIVATE'} KEY----- ${keyLine} -----END ${'PRIVATE'} KEY-----`,
  ].join(', ');
  return { values: [password, apiKey, github, slack, aws, bearer, basic, claims, keyLine, google], text };
}

function letters(length: number): string {
  // A digit in each, because random text of letters alone may look like a word.
  return `${randomBytes(length)
    .toString('hex')
    .slice(0, length - 3)}q7Z`;
}

function upper(length: number): string {
  return letters(length).toUpperCase();
}

function digits(length: number): string {
  return Array.from(randomBytes(length), (byte) => byte % 10).join('');
}
