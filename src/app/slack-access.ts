/** With which tokens the bot acts in Slack: one workspace's from the environment, or many from where it was installed. */
import type { Logger } from 'pino';
import { createTokenSource, type TokenSource } from '../adapters/slack/token-source.ts';
import { createVault } from '../adapters/slack/token-vault.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import type { SlackAppOptions } from '../handlers/slack-app.ts';
import type { QueueBackend } from '../jobs/queue/queues.ts';

export interface SlackAccess extends Pick<SlackAppOptions, 'workspaces' | 'forget'> {
  readonly apiUrl: string;
  /** For workers and whatever else can wait; asked before every call. */
  tokenFor(teamId: string): Promise<string>;
}

export function slackAccessOf({ slack }: Config, backend: QueueBackend, log: Logger): SlackAccess {
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
  // Opened with the first use: a process that only takes questions has no patient connection.
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
