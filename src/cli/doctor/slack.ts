/** Slack: the tokens, what they may do, the clock, and the channels that the settings name. */
import type { Config } from '../../config/environment.ts';
import { formatDuration, MINUTE_MS, SECOND_MS } from '../../language/durations.ts';
import { readManifest, scopesIn } from '../manifest.ts';
import { error, off, type Problem, type Report, timed, warning } from './report.ts';
import { callSlack, type SlackAnswer } from './slack-api.ts';
import { checkChannels } from './slack-channels.ts';

type SlackConfig = Config['slack'];
type Answer = Extract<SlackAnswer, { kind: 'answer' }>;

export async function checkSlack(config: Pick<Config, 'slack' | 'digests'>, signal: AbortSignal): Promise<Report> {
  const { botToken, oauth } = config.slack;
  if (botToken !== null && oauth === null) return timed(() => checkTokens(config, botToken, signal));
  const app = await appTokenProblems(config.slack, signal);
  if (oauth === null) return off('slack', 'SLACK_BOT_TOKEN is not set: only the command line works.', app);
  const unused = "SLACK_BOT_TOKEN isn't used when workspaces install the app with OAuth: remove one or the other.";
  const problems = botToken === null ? app : [...app, warning('SLACK_BOT_TOKEN', unused)];
  return off('slack', 'Workspaces install the app with OAuth, so there is no single token to check.', problems);
}

async function checkTokens(
  { slack, digests }: Pick<Config, 'slack' | 'digests'>,
  token: string,
  signal: AbortSignal,
): Promise<Omit<Report, 'tookMs'>> {
  const { host } = new URL(slack.apiUrl);
  const answer = await callSlack('auth.test', { apiUrl: slack.apiUrl, token }, signal);
  if (answer.kind === 'failed') {
    const change = 'Check the network, and SLACK_API_URL if it is set.';
    const problems = [error('SLACK_API_URL', `${answer.detail} ${change}`)];
    return { name: 'slack', state: 'unavailable', detail: answer.detail, problems };
  }
  const clock = clockProblems(answer);
  const app = await appTokenProblems(slack, signal);
  const { ok, error: code, user, team } = answer.fields;
  if (ok !== true) {
    const detail = `auth.test at ${host} returned ${code}.`;
    const problems = [error('SLACK_BOT_TOKEN', `${detail} ${tokenAdvice(String(code))}`), ...app, ...clock];
    return { name: 'slack', state: 'unavailable', detail, problems };
  }
  const problems = [
    ...(await scopeProblems(answer)),
    ...teamProblems(slack, answer),
    ...app,
    ...clock,
    ...(await checkChannels({ slack, digests }, token, signal)),
  ];
  const isBroken = problems.some(({ severity }) => severity === 'error');
  return {
    name: 'slack',
    state: isBroken ? 'partial' : 'ok',
    detail: `auth.test at ${host}: ${user} in ${team}.`,
    problems,
  };
}

const INSTALL = 'Reinstall the app and copy the new SLACK_BOT_TOKEN from its page “OAuth & Permissions”.';
const COPY = "Copy SLACK_BOT_TOKEN from the app's page “OAuth & Permissions”.";
const TOKEN_ADVICE: Readonly<Record<string, string>> = {
  account_inactive: `The app was removed from the workspace. ${INSTALL}`,
  token_revoked: `The token was revoked. ${INSTALL}`,
  token_expired: `The token has expired. ${INSTALL} Expiring tokens need OAuth; otherwise, turn off token rotation.`,
  not_allowed_token_type: `SLACK_BOT_TOKEN is the wrong type of token. ${COPY}`,
  invalid_auth: `${COPY} A token from another workspace or a test workspace (SLACK_API_URL) is also rejected.`,
  ratelimited: "Slack is rate limiting: try again in a minute. SLACK_BOT_TOKEN wasn't checked.",
};

function tokenAdvice(code: string): string {
  return TOKEN_ADVICE[code] ?? COPY;
}

async function scopeProblems({ scopes }: Answer): Promise<readonly Problem[]> {
  if (scopes === null) return [];
  const missing = scopesIn(await readManifest()).filter((scope) => !scopes.includes(scope));
  if (missing.length === 0) return [];
  const text = `SLACK_BOT_TOKEN is missing scopes from manifest.yml: ${missing.join(', ')}. Paste the manifest into the app's page “App Manifest”, reinstall the app, and copy the token again.`;
  return [error('SLACK_BOT_TOKEN', text)];
}

function teamProblems({ allowed }: SlackConfig, { fields }: Answer): readonly Problem[] {
  const ids = [fields['team_id'], fields['enterprise_id']].map(String);
  if (allowed.teams === null || allowed.teams.some((id) => ids.includes(id))) return [];
  const text = `ALLOWED_TEAMS doesn't include ${fields['team_id']}, the workspace of SLACK_BOT_TOKEN, so no one there can use the bot.`;
  return [error('ALLOWED_TEAMS', text)];
}

/** Slack's own limit for the time in a signature, which the bot checks as well. */
const MOST_AHEAD_MS = 5 * MINUTE_MS;
const NOTICED_MS = 30 * SECOND_MS;

function clockProblems({ clockAheadMs }: Answer): readonly Problem[] {
  const apartMs = Math.abs(clockAheadMs ?? 0);
  if (apartMs < NOTICED_MS) return [];
  const apart = `This machine's clock is ${formatDuration(apartMs)} ${(clockAheadMs ?? 0) > 0 ? 'ahead of' : 'behind'} Slack's`;
  if (apartMs < MOST_AHEAD_MS)
    return [warning(null, `${apart}: enable time synchronization (timedatectl set-ntp true).`)];
  const text = `${apart}: every request is rejected as too old, as if SLACK_SIGNING_SECRET were wrong. Enable time synchronization (timedatectl set-ntp true).`;
  return [error('SLACK_SIGNING_SECRET', text)];
}

/** For `init`, which checks only this. */
export function checkAppToken(slack: SlackConfig, signal: AbortSignal): Promise<Report> {
  return timed(async () => {
    const problems = await appTokenProblems(slack, signal);
    const state = problems.length === 0 ? 'ok' : 'unavailable';
    return { name: 'slack', state, detail: 'Socket Mode works.', problems };
  });
}

const APP_TOKEN_PAGE = "the app's page “Basic Information”, “App-Level Tokens”";

async function appTokenProblems(slack: SlackConfig, signal: AbortSignal): Promise<readonly Problem[]> {
  if (slack.appToken === null) return [];
  const answer = await callSlack('apps.connections.open', { apiUrl: slack.apiUrl, token: slack.appToken }, signal);
  if (answer.kind === 'failed') return [error('SLACK_APP_TOKEN', `${answer.detail} SLACK_APP_TOKEN wasn't checked.`)];
  const { ok, error: code } = answer.fields;
  if (ok === true) return [];
  const advice =
    code === 'missing_scope'
      ? `SLACK_APP_TOKEN is missing the scope connections:write: create a token with this scope on ${APP_TOKEN_PAGE}.`
      : `Copy SLACK_APP_TOKEN from ${APP_TOKEN_PAGE}, and enable Socket Mode. Without it, the bot waits for requests over HTTP.`;
  return [error('SLACK_APP_TOKEN', `apps.connections.open returned ${code}. ${advice}`)];
}
