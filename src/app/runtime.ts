/** What the parts of a running process share: opened once, in the order in which they need each other. */
import type { Logger } from 'pino';
import { openQueueBackend } from '../adapters/queue/open-queue-backend.ts';
import { createChat } from '../adapters/slack/chat.ts';
import { createTokenSource, type TokenSource } from '../adapters/slack/token-source.ts';
import { createVault } from '../adapters/slack/token-vault.ts';
import { createSlackWorkspace } from '../adapters/slack/workspace.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import { readVersion } from '../config/version.ts';
import type { SlackAppOptions } from '../handlers/slack-app.ts';
import { type PlannedDigest, planConfigured } from '../jobs/digest/schedules.ts';
import type { Clock } from '../jobs/ports.ts';
import type { QueueBackend } from '../jobs/queue/queues.ts';
import { buildSources, clockFrom, type Diagnoser } from './sources.ts';

export type Runtime = Awaited<ReturnType<typeof openRuntime>>;

/** The tokens with which the bot calls Slack: one from the environment, or one for each workspace that installed it. */
interface SlackAccess extends Pick<SlackAppOptions, 'workspaces' | 'forget'> {
  readonly apiUrl: string;
  /** For workers, which can wait; called before every request. */
  tokenFor(teamId: string): Promise<string>;
}

/** Rejects, with everything closed again, when a part cannot be opened; with a `ConfigError` when the configuration is the reason. */
export async function openRuntime(config: Config, log: Logger, diagnoser?: Diagnoser, recordedClock?: Clock) {
  const clock = clockFrom(null);
  // From which searches and digests look back; in a demo, the time of the recordings.
  const reportClock = recordedClock ?? clock;
  // All of these read the configuration, so they come before anything is opened.
  const digests = planDigests(config);
  const sources = await buildSources(config, reportClock);
  const version = await readVersion();
  const backend = await openQueueBackend({ redisUrl: config.queue.redisUrl, dataDir: config.queue.dataDir, log });
  log.info({ queue: backend.describe() }, 'queue opened');
  try {
    const slackAccess = slackAccessOf(config, backend, log);
    const chat = createChat(slackAccess);
    const workspace = createSlackWorkspace(slackAccess);
    return {
      config,
      log,
      clock,
      reportClock,
      version,
      backend,
      slackAccess,
      chat,
      workspace,
      sources,
      diagnoser: diagnoser ?? null,
      digests,
    };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

function slackAccessOf({ slack }: Config, backend: QueueBackend, log: Logger): SlackAccess {
  const { apiUrl, botToken, oauth } = slack;
  if (oauth === null) {
    if (botToken === null) throw new ConfigError(['SLACK_BOT_TOKEN is missing: nothing can be said in Slack.']);
    const { store } = backend.front;
    return { apiUrl, tokenFor: async () => botToken, forget: (teamId) => store.deleteOwnedBy(teamId).then(() => true) };
  }
  if (botToken !== null) log.warn('SLACK_BOT_TOKEN is not used: installations by OAuth are switched on');
  const { encryptionKey, ...app } = oauth;
  const vault = createVault(encryptionKey);
  const sourceOn = (client: QueueBackend['front']) =>
    createTokenSource({ ...app, store: client.store, vault, apiUrl, log });
  const forHandlers = sourceOn(backend.front);
  // Created at its first use: a process without workers opens no connection that waits for an unreachable queue.
  let forWorkers: TokenSource | null = null;
  return {
    apiUrl,
    tokenFor(teamId) {
      forWorkers ??= sourceOn(backend.back);
      return forWorkers.tokenFor(teamId);
    },
    workspaces: { ...app, botOf: forHandlers.botOf, save: forHandlers.save },
    forget: forHandlers.forget,
  };
}

/** The digests of the configuration; throws a `ConfigError` that names each wrong entry. */
export function planDigests({ digests, slack }: Config): readonly PlannedDigest[] {
  const { allowed, oauth } = slack;
  const onlyTeam = allowed.teams?.length === 1 ? (allowed.teams[0] ?? '') : '';
  const { planned, problems } = planConfigured(digests, onlyTeam);
  const wrong = digests.flatMap(({ team, channel }, i) => {
    const entry = `DIGESTS entry ${i + 1}`;
    if (oauth !== null && team === null && onlyTeam === '')
      return [
        `${entry} does not say in which workspace its channel is: several can be installed. Add "team":"T0123456789".`,
      ];
    if (team !== null && allowed.teams !== null && !allowed.teams.includes(team))
      return [`${entry} names a workspace that ALLOWED_TEAMS does not.`];
    if (allowed.channels !== null && !allowed.channels.includes(channel))
      return [`${entry} names a channel that ALLOWED_CHANNELS does not.`];
    return [];
  });
  if (problems.length + wrong.length > 0) throw new ConfigError([...problems, ...wrong]);
  return planned;
}
