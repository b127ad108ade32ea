/** A reader for secrets that distinguishes Slack's kinds, because four of them are copied from the same pages. */
import { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  'xoxb-': 'is a bot token, which belongs in SLACK_BOT_TOKEN',
  'xapp-': 'is an app-level token, which belongs in SLACK_APP_TOKEN',
  'xoxp-': "is a user token, which the bot doesn't use",
  xoxe: "is a refresh token, which the bot doesn't use",
};

/** `prefix` is empty for a secret that isn't a Slack token. */
export function secret(prefix: string) {
  return z.string().transform((text, context): string => {
    const problem = problemOf(text, prefix);
    if (problem === null) return text;
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  });
}

function problemOf(text: string, prefix: string): string | null {
  if (/\s/.test(text)) return 'must not contain spaces';
  const wanted = prefix === '' ? 'must be a secret, not a token' : `must start with ${prefix}`;
  const [kind, what] = Object.entries(KINDS).find(([start]) => text.startsWith(start)) ?? [];
  if (kind === prefix || (kind === undefined && text.startsWith(prefix))) return null;
  return kind === undefined ? wanted : `${wanted}: ${kind}… ${what}`;
}
