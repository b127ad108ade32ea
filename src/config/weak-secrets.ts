/** Secrets that can be guessed: by trying them, or offline from what they have signed or encrypted. */
import { isLoopback } from '../language/hosts.ts';

interface Strength {
  readonly characters: number;
  /** Minimum number of distinct characters. */
  readonly different: number;
}

/** Slack issues 32 hexadecimal digits. A secret that people choose must be as strong as a key. */
const STRENGTHS: Readonly<Record<string, Strength>> = {
  SLACK_SIGNING_SECRET: { characters: 20, different: 8 },
  SLACK_STATE_SECRET: { characters: 32, different: 10 },
  TOKEN_ENCRYPTION_KEY: { characters: 32, different: 10 },
  ADMIN_TOKEN: { characters: 20, different: 8 },
};
/** With a test workspace on the same machine, nothing is at stake, but a single letter is still a mistake. */
const FOR_TESTS: Strength = { characters: 3, different: 3 };

const SLACK = "It is on the app's page “Basic Information”.";
const OWN = 'Generate one with: openssl rand -hex 32';

/** A sentence for each secret that is too weak, without its value. */
export function weakSecrets(env: Readonly<Record<string, string>>): readonly string[] {
  const slack = env['SLACK_API_URL'] ?? '';
  const isTest = URL.canParse(slack) && isLoopback(new URL(slack).hostname);
  return Object.entries(STRENGTHS).flatMap(([name, strength]) => {
    const { characters, different } = isTest ? FOR_TESTS : strength;
    const value = env[name];
    if (value === undefined || isStrong(value, { characters, different })) return [];
    const advice = name === 'SLACK_SIGNING_SECRET' ? SLACK : OWN;
    return [
      `${name} is too easy to guess: it needs at least ${characters} characters, ${different} of them different, and no repetition. ${advice}`,
    ];
  });
}

function isStrong(value: string, { characters, different }: Strength): boolean {
  const isRepetition = (value + value).indexOf(value, 1) < value.length;
  return value.length >= characters && new Set(value).size >= different && !isRepetition;
}
