/** The tokens with which the bot calls Slack: one from the environment, or one for each workspace that installed it. */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { isKeyShared } from '../adapters/slack/encryption-key-check.ts';
import { ENCRYPTED, installationKey, workspacesOf } from '../adapters/slack/installations.ts';
import type { Renewals } from '../adapters/slack/renewal-timer.ts';
import type { TokenCheckOptions } from '../adapters/slack/token-check.ts';
import { createTokenSource, RENEWALS, type TokenSource } from '../adapters/slack/token-source.ts';
import { createVault, type Vault } from '../adapters/slack/token-vault.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import type { SlackAppOptions } from '../handlers/slack-app.ts';
import { addForget, type Installs } from '../jobs/background/forget.ts';
import { createCache } from '../jobs/cache.ts';
import { inTime } from '../jobs/health/in-time.ts';
import { parkedTeams } from '../jobs/health/open-requests.ts';
import type { QueueBackend, QueueClient } from '../jobs/queue/queues.ts';

interface SlackAccess extends Pick<SlackAppOptions, 'workspaces' | 'forget'> {
  readonly apiUrl: string;
  /** For workers, which can wait; called before every request. */
  tokenFor(teamId: string): Promise<string>;
  /** For the scheduler; null when there are no tokens that expire. */
  readonly renewals: Renewals | null;
  readonly installs: Installs;
  /** The tokens to check regularly: the configured one, or those of workspaces that were used recently or wait for a token. */
  readonly checked: Pick<TokenCheckOptions, 'tokenFor' | 'teams'>;
}

/** Maximum number of workspaces to check, the most recently used first. A check takes one call per workspace. */
const MOST_CHECKED = 20;
const USED_LATELY_MS = 3_600_000;

const TOKEN_LIMIT_MS = 2_500;
const COMPARED_EVERY_MS = 60_000;
/** Longer than an OAuth state is valid. */
const STATE_KEPT_MS = 15 * 60_000;

export function slackAccessOf({ slack, http }: Config, backend: QueueBackend, log: Logger): SlackAccess {
  const { apiUrl, botToken, oauth } = slack;
  const { front } = backend;
  if (oauth === null) {
    if (botToken === null) throw new ConfigError(["SLACK_BOT_TOKEN is missing, so ktrdr-bot can't post in Slack."]);
    const tokenFor = async () => botToken;
    return {
      apiUrl,
      tokenFor,
      checked: { tokenFor, teams: async () => [''] },
      renewals: null,
      installs: { workspacesOf: async (owner) => [owner], isInstalled: async () => false, keep: () => [] },
      forget: (owner, eventAtMs) => addForget(front, owner, eventAtMs).then(() => true),
    };
  }
  if (botToken !== null) log.warn('SLACK_BOT_TOKEN is not used: installations by OAuth are switched on');
  const { encryptionKey, earlierEncryptionKey, ...app } = oauth;
  const vault = createVault(encryptionKey, ...(earlierEncryptionKey === null ? [] : [earlierEncryptionKey]));
  const installUrl = http.publicUrl === null ? null : `${http.publicUrl.replace(/\/$/, '')}/slack/install`;
  const sourceOn = ({ store }: QueueClient) => createTokenSource({ ...app, store, vault, apiUrl, installUrl, log });
  const source = sourceOn(front);
  // Created on first use, so that a process without workers never opens the connection that waits for the queue.
  let forWorkers: TokenSource | null = null;
  const compare = createKeyComparison(front, vault, log);
  backend.onReady(compare);
  // Another process may have been given another key since then.
  setInterval(compare, COMPARED_EVERY_MS).unref();
  const used = createUsedTeams();
  return {
    apiUrl,
    checked: {
      tokenFor: source.tokenFor,
      teams: async () => [...new Set([...used.teams(), ...(await parkedTeams(front.store))])],
    },
    tokenFor(teamId) {
      used.note(teamId);
      forWorkers ??= sourceOn(backend.back);
      return forWorkers.tokenFor(teamId);
    },
    renewals: { ...source, encryptAgain: earlierEncryptionKey === null ? null : source.encryptAgain },
    installs: {
      workspacesOf: (owner) => workspacesOf(backend.back.store, owner),
      isInstalled: async (owner) => (await backend.back.store.get(installationKey(owner))) !== null,
      keep: (owner) => [installationKey(owner), RENEWALS, ENCRYPTED],
    },
    workspaces: {
      ...app,
      // Called before every acknowledgement, for which Slack waits 3 s.
      botOf(origin) {
        used.note(origin.teamId || (origin.enterpriseId ?? ''));
        return inTime(source.botOf(origin), TOKEN_LIMIT_MS);
      },
      save: source.save,
      useState(state) {
        const name = createHash('sha256').update(state).digest('hex');
        return front.store.setIfAbsent(`oauth-state:${name}`, 'used', STATE_KEPT_MS);
      },
    },
    async forget(owner, eventAtMs) {
      if (!(await source.forget(owner, eventAtMs))) return false;
      await addForget(front, owner, eventAtMs);
      return true;
    },
  };
}

/** Processes with different keys would say “installed” and then nothing. Logged once; never throws or rejects. */
function createKeyComparison({ store }: QueueClient, vault: Vault, log: Logger): () => void {
  let isTold = false;

  async function compare(): Promise<void> {
    const isShared = await isKeyShared(store, vault);
    if (!isShared && !isTold)
      log.error(
        'TOKEN_ENCRYPTION_KEY is not the key with which the installations in the store were encrypted: this process cannot read them, or the others cannot read those of this one. Give all processes the same key and the same TOKEN_ENCRYPTION_KEY_PREVIOUS, or install the app again everywhere.',
      );
    isTold = !isShared;
  }

  return () =>
    void compare().catch((err: unknown) =>
      log.debug({ err }, 'could not compare TOKEN_ENCRYPTION_KEY with that of other processes yet'),
    );
}

/** The recently used workspaces. */
function createUsedTeams() {
  const used = createCache<true>({ maxEntries: MOST_CHECKED, ttlMs: USED_LATELY_MS });
  return {
    note(teamId: string) {
      if (teamId !== '') used.set(teamId, true);
    },
    teams: () => used.keys(),
  };
}
