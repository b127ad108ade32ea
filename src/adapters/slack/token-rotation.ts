/** Tokens that expire, renewed by one process at a time, because a refresh token works once. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import type { Store } from '../../jobs/ports.ts';
import { textCell } from '../../jobs/queue/store-cell.ts';
import { SILENT } from './chat.ts';
import type { Installation, Installations } from './installations.ts';
import { outcomeOf } from './post-outcome.ts';
import { TokenMissing } from './token-missing.ts';

export interface RotationOptions {
  readonly store: Store;
  readonly installations: Installations;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiUrl: string;
  readonly log: Logger;
}

/** Renewed so long before its end, a token outlives an outage of Slack and a clock that is wrong. */
const AHEAD_MS = 2 * 3_600_000;
const CALL_TIMEOUT_MS = 10_000;
/** By owner of the installation: the process that renews its token. */
const LOCK = textCell<string>({
  key: (owner) => `token-renewal:${owner}`,
  /** Longer than a renewal can take. After a failed one it is left to run out, which spaces the tries. */
  ttlMs: 30_000,
});
/** How long a caller with an expired token waits for the process that renews it; Slack waits 3 s for an answer. */
const PATIENCE_MS = 2_000;
const LOOK_EVERY_MS = 50;

/** The installation with a token that works: as it is, or renewed. */
export function createRotation(options: RotationOptions): (installation: Installation) => Promise<Installation> {
  const { store, installations, clientId, clientSecret, log } = options;
  const client = new WebClient(undefined, {
    slackApiUrl: options.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: CALL_TIMEOUT_MS,
    allowAbsoluteUrls: false,
    logger: SILENT,
  });

  async function renewUnderLock(known: Installation): Promise<Installation> {
    const { owner } = known;
    const mine = randomUUID();
    if (!(await LOCK.setIfAbsent(store, owner, mine))) return waitForOther(known);
    // Another process may have renewed it since this one looked.
    const current = await installations.ofOwner(owner);
    if (current === null) throw notInstalled(owner);
    const renewed = isDue(current) ? await exchange(current) : current;
    if (renewed !== current) await installations.save(renewed);
    if ((await LOCK.get(store, owner)) === mine) await LOCK.delete(store, owner);
    return renewed;
  }

  async function exchange(installation: Installation): Promise<Installation> {
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

  async function waitForOther(known: Installation): Promise<Installation> {
    if (!isOver(known)) return known;
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
      await sleep(LOOK_EVERY_MS);
      const current = await installations.ofOwner(known.owner);
      if (current !== null && !isOver(current)) return current;
    }
    throw new Error(`The token of ${known.owner} has expired and is being renewed.`);
  }

  return async (known) => {
    if (!isDue(known)) return known;
    try {
      return await renewUnderLock(known);
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

export function notInstalled(teamId: string): TokenMissing {
  return new TokenMissing(
    'not_installed',
    `ktrdr-bot is not installed in ${teamId}: open /slack/install to install it.`,
  );
}

function isDue({ refreshToken, expiresAtMs }: Installation): boolean {
  return refreshToken !== null && expiresAtMs !== null && expiresAtMs - AHEAD_MS <= Date.now();
}

function isOver({ expiresAtMs }: Installation): boolean {
  return expiresAtMs !== null && expiresAtMs <= Date.now();
}
