/** Resources that the parts of a running process share: opened once, in order of their dependencies. */
import type { Logger } from 'pino';
import { createChat } from '../adapters/slack/chat.ts';
import { createTokenCheck } from '../adapters/slack/token-check.ts';
import { createSlackWorkspace } from '../adapters/slack/workspace.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import { readVersion } from '../config/version.ts';
import { planAlerts, type Subscription } from '../jobs/alert/subscriptions.ts';
import { type PlannedDigest, planConfigured } from '../jobs/digest/schedules.ts';
import { openQueue } from './queue.ts';
import { slackAccessOf } from './slack-access.ts';
import { buildSources, clockFrom, type Diagnoser } from './sources.ts';

export type Runtime = Awaited<ReturnType<typeof openRuntime>>;

/** Rejects, after closing everything, when a part can't be opened; with a `ConfigError` when the configuration is the reason. */
export async function openRuntime(config: Config, log: Logger, diagnoser?: Diagnoser) {
  const clock = clockFrom(null);
  // Checks the configuration before anything is opened.
  const digests = planDigests(config);
  const alerts = planConfiguredAlerts(config);
  const sources = await buildSources(config, clock);
  const version = await readVersion();
  const backend = await openQueue(config, log);
  try {
    const slackAccess = slackAccessOf(config, backend, log);
    const chat = createChat(slackAccess);
    const workspace = createSlackWorkspace(slackAccess);
    const tokens = createTokenCheck({ ...slackAccess.checked, apiUrl: slackAccess.apiUrl, log });
    return {
      config,
      log,
      clock,
      version,
      backend,
      slackAccess,
      chat,
      workspace,
      tokens,
      sources,
      diagnoser: diagnoser ?? null,
      digests,
      alerts,
    };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/** The digests of the configuration; throws a `ConfigError` that names each wrong entry. */
export function planDigests({ digests, slack }: Config): readonly PlannedDigest[] {
  const { planned, problems } = planConfigured(digests, onlyTeamOf(slack));
  const all = [...problems, ...wrongPlaces('DIGESTS', digests, slack)];
  if (all.length > 0) throw new ConfigError(all);
  return planned;
}

/** The alerts of the configuration; throws a `ConfigError` that names each wrong entry. */
function planConfiguredAlerts({ alerts, slack }: Config): readonly Subscription[] {
  const wrong = wrongPlaces('ALERTS', alerts, slack);
  if (wrong.length > 0) throw new ConfigError(wrong);
  return planAlerts(alerts, onlyTeamOf(slack));
}

function onlyTeamOf({ allowed: { teams } }: Config['slack']): string {
  return teams?.length === 1 ? (teams[0] ?? '') : '';
}

/** Problems of entries for channels where the bot isn't allowed to post. */
function wrongPlaces(
  variable: string,
  entries: readonly { readonly team: string | null; readonly channel: string }[],
  { allowed, oauth }: Config['slack'],
): readonly string[] {
  return entries.flatMap(({ team, channel }, i) => {
    const entry = `${variable} entry ${i + 1}`;
    if (oauth !== null && team === null && allowed.teams?.length !== 1)
      return [
        `${entry} doesn't say which workspace its channel is in, and several can be installed. Add "team":"T0123456789".`,
      ];
    if (team !== null && allowed.teams !== null && !allowed.teams.includes(team))
      return [`${entry} has a workspace that isn't in ALLOWED_TEAMS.`];
    if (allowed.channels !== null && !allowed.channels.includes(channel))
      return [`${entry} has a channel that isn't in ALLOWED_CHANNELS.`];
    return [];
  });
}
