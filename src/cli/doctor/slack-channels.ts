/** Checks the channels in the settings: whether the bot can see them, and whether it is a member. */
import type { Config } from '../../config/environment.ts';
import { error, type Problem, warning } from './report.ts';
import { callSlack } from './slack-api.ts';

/** Each channel costs one call, and there may be hundreds. */
const MOST_CHANNELS = 50;

export async function checkChannels(
  { slack, digests }: Pick<Config, 'slack' | 'digests'>,
  token: string,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const named = [
    ...digests.map(({ channel }) => ['DIGESTS', channel] as const),
    ...slack.autoReplyChannels.filter((id) => id !== '*').map((id) => ['AUTO_REPLY_CHANNELS', id] as const),
    ...(slack.allowed.channels ?? []).map((id) => ['ALLOWED_CHANNELS', id] as const),
  ];
  const problems: Problem[] = [];
  for (const [variable, channel] of named.slice(0, MOST_CHANNELS)) {
    const text = channel.startsWith('D') ? null : await problemWith(channel, { apiUrl: slack.apiUrl, token }, signal);
    // In channels where people can ask, the bot answers even if it isn't a member.
    if (text === null || (variable === 'ALLOWED_CHANNELS' && text.isAboutMembership)) continue;
    problems.push((variable === 'DIGESTS' ? error : warning)(variable, `${variable} has ${channel}, ${text.clause}`));
  }
  return problems;
}

async function problemWith(channel: string, how: { apiUrl: string; token: string }, signal: AbortSignal) {
  const answer = await callSlack('conversations.info', { ...how, args: { channel } }, signal);
  if (answer.kind === 'failed') return null;
  const { ok, error: code, channel: found } = answer.fields;
  const said: Readonly<Record<string, unknown>> = typeof found === 'object' && found !== null ? { ...found } : {};
  const clause = (text: string, isAboutMembership = false) => ({ clause: text, isAboutMembership });
  if (code === 'channel_not_found')
    return clause(
      "which the bot can't see: the ID is wrong, or it's a private channel. For a private channel, run /invite @ktrdr-bot there.",
    );
  // A missing scope is reported with the token.
  if (ok !== true) return null;
  if (said['is_archived'] === true) return clause(`which is archived (#${said['name']}): use another.`);
  if (said['is_member'] === true) return null;
  return clause(`which the bot isn't in (#${said['name']}). Run /invite @ktrdr-bot there.`, true);
}
