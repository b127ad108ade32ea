/**
 * The tokens of the workspaces in which the app is installed. Those that expire are renewed, by one process at a time, because
 * a refresh token works once.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import type { Bot, Installation, RequestOrigin, Store } from '../../jobs/ports.ts';
import { textCell } from '../../jobs/queue/store-cell.ts';
import { createInstallations, type Installations, notInstalled, TokenMissing } from './installations.ts';
import { outcomeOf } from './post-outcome.ts';
import type { Vault } from './token-vault.ts';
import { createWebClient } from './web-client.ts';

export interface TokenSource extends Pick<Installations, 'save' | 'forget'> {
  /** Looked up before every call, because tokens rotate. Rejects with `TokenMissing` where there is none. */
  tokenFor(teamId: string): Promise<string>;
  botOf(origin: RequestOrigin): Promise<Bot>;
}

export interface TokenSourceOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiUrl: string;
  readonly log: Logger;
}

export function createTokenSource({ store, vault, ...app }: TokenSourceOptions): TokenSource {
  const installations = createInstallations(store, vault);
  const withFreshToken = createRotation({ store, installations, ...app });

  async function installationOf(teamId: string): Promise<Installation> {
    const found = await installations.ofTeam(teamId);
    if (found === null) throw notInstalled(teamId);
    return withFreshToken(found);
  }

  return {
    save: installations.save,
    forget: installations.forget,
    tokenFor: async (teamId) => (await installationOf(teamId)).botToken,
    async botOf(origin) {
      try {
        await installations.learn(origin);
        const { teamId, enterpriseId } = origin;
        return { kind: 'bot', ...(await installationOf(teamId || (enterpriseId ?? ''))) };
      } catch (error) {
        if (!(error instanceof TokenMissing)) throw error;
        return { kind: 'none', why: error.message };
      }
    },
  };
}

/** Renewed this long before it expires, a token outlives an outage of Slack and a clock that is wrong. */
const AHEAD_MS = 2 * 3_600_000;
const CALL_TIMEOUT_MS = 10_000;
/** By owner of the installation: the process that renews its token. */
const LOCK = textCell<string>({
  key: (owner) => `token-renewal:${owner}`,
  /** Longer than a renewal can take. After a failed one it is left to run out, which spaces the tries. */
  ttlMs: 30_000,
});
/** How long a caller with an expired token waits for the process that renews it; Slack waits 3 s for an answer. */
const RENEWAL_WAIT_MS = 2_000;
const POLL_MS = 50;

interface Rotation extends Omit<TokenSourceOptions, 'vault'> {
  readonly installations: Installations;
}

/** The installation with a token that works: as it is, or renewed. */
function createRotation(rotation: Rotation): (installation: Installation) => Promise<Installation> {
  const client = createWebClient(rotation.apiUrl, CALL_TIMEOUT_MS);
  const { log } = rotation;

  return async (known) => {
    if (!isDue(known)) return known;
    try {
      return await renewUnderLock(known, client, rotation);
    } catch (error) {
      const outcome = error instanceof TokenMissing ? null : outcomeOf(error);
      if (outcome === null) throw error;
      const reason = 'error' in outcome ? outcome.error : outcome.kind;
      log.error({ owner: known.owner, reason }, 'a bot token could not be renewed');
      if (!isOver(known)) return known;
      if (outcome.kind === 'uncertain' || outcome.kind === 'rate-limited') throw error;
      throw new TokenMissing(
        'token_renewal_refused',
        `Slack does not renew the expired token of ${known.owner} (${reason}). Install the app there once more.`,
      );
    }
  };
}

async function renewUnderLock(known: Installation, client: WebClient, rotation: Rotation): Promise<Installation> {
  const { store, installations } = rotation;
  const { owner } = known;
  const mine = randomUUID();
  if (!(await LOCK.setIfAbsent(store, owner, mine))) return waitForOther(known, installations);
  // Another process may have renewed it since this one looked.
  const current = await installations.ofOwner(owner);
  if (current === null) throw notInstalled(owner);
  const renewed = isDue(current) ? await exchange(current, client, rotation) : current;
  if (renewed !== current) await installations.save(renewed);
  if ((await LOCK.get(store, owner)) === mine) await LOCK.delete(store, owner);
  return renewed;
}

async function exchange(
  installation: Installation,
  client: WebClient,
  { clientId, clientSecret, log }: Rotation,
): Promise<Installation> {
  const answer = await client.oauth.v2.access({
    client_id: clientId,
    client_secret: clientSecret,
    grant_type: 'refresh_token',
    refresh_token: installation.refreshToken ?? '',
  });
  const { access_token: botToken, refresh_token: refreshToken, expires_in: lifeS } = answer;
  if (botToken === undefined) throw new Error('Slack renewed a token without saying which it is now.');
  log.info({ owner: installation.owner }, 'bot token renewed');
  return {
    ...installation,
    botToken,
    refreshToken: refreshToken ?? null,
    expiresAtMs: lifeS === undefined ? null : Date.now() + lifeS * 1000,
  };
}

async function waitForOther(known: Installation, installations: Installations): Promise<Installation> {
  if (!isOver(known)) return known;
  for (const deadline = Date.now() + RENEWAL_WAIT_MS; Date.now() < deadline; ) {
    await sleep(POLL_MS);
    const current = await installations.ofOwner(known.owner);
    if (current !== null && !isOver(current)) return current;
  }
  throw new Error(`The token of ${known.owner} has expired and is being renewed.`);
}

function isDue({ refreshToken, expiresAtMs }: Installation): boolean {
  return refreshToken !== null && expiresAtMs !== null && expiresAtMs - AHEAD_MS <= Date.now();
}

function isOver({ expiresAtMs }: Installation): boolean {
  return expiresAtMs !== null && expiresAtMs <= Date.now();
}
