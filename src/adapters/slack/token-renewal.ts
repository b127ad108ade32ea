/**
 * Renews expiring tokens. A refresh token works only once, so one process at a time exchanges it. The result is stored only if
 * the entry hasn't changed since it was read: a reinstall or uninstall in between wins.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Installation, Store } from '../../jobs/ports.ts';
import { cell } from '../../jobs/queue/store-cell.ts';
import type { Installations } from './installations.ts';
import { outcomeOf } from './post-outcome.ts';
import { TokenLate, TokenMissing } from './token-errors.ts';
import { createWebClient } from './web-client.ts';

export interface RenewalOptions {
  readonly store: Store;
  readonly installations: Installations;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiUrl: string;
  readonly log: Logger;
}

export type Renewal =
  | { readonly kind: 'current'; readonly installation: Installation }
  | { readonly kind: 'not-installed' }
  /** Another process is renewing it. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly failure: RenewalFailure };

const failureSchema = z.object({
  /** Fingerprint of the refresh token that was tried, because the failure doesn't apply to the next one. */
  of: z.string(),
  /** Slack's error code, or why there was no response. */
  reason: z.string(),
  /** True when Slack rejected the renewal; false when it didn't respond or asked to retry later. */
  isRefused: z.boolean(),
  /** Earliest time of the next try, in milliseconds. */
  notBeforeMs: z.number(),
});
export type RenewalFailure = z.infer<typeof failureSchema>;

/** Tokens are renewed this long before they expire, so that they survive a Slack outage and a wrong clock. */
export const AHEAD_MS = 2 * 3_600_000;
export const CALL_TIMEOUT_MS = 10_000;
/** Longer than a renewal can take, so the lease expires only if its process was killed. */
const LEASE_MS = 30_000;
const RETRY_MS = 5_000;
/** Slack will keep rejecting until someone reinstalls the app, and that brings a new refresh token. */
const RETRY_REFUSED_MS = 10 * 60_000;

const FAILURE = cell<string, RenewalFailure>({
  schema: failureSchema,
  key: (owner) => `token-renewal-failure:${owner}`,
  ttlMs: 24 * 3_600_000,
});

/** `renew` makes at most one call to Slack, and none until the retry time after a failure. */
export function createRenewal(options: RenewalOptions): (owner: string) => Promise<Renewal> {
  const client = createWebClient(options.apiUrl, CALL_TIMEOUT_MS);
  const { store, installations, log } = options;

  async function renewHeld(owner: string): Promise<Renewal> {
    const found = await installations.ofOwner(owner);
    if (found === null) return { kind: 'not-installed' };
    const { installation, replaceWith } = found;
    // Another process may have renewed it since this one looked.
    if (!isDue(installation)) return { kind: 'current', installation };
    const last = await lastFailure(store, installation);
    if (last !== null && last.notBeforeMs > Date.now()) return { kind: 'failed', failure: last };
    const renewed = await exchange(installation, client, options);
    if ('reason' in renewed) {
      await FAILURE.set(store, owner, renewed);
      const isNew = last?.reason !== renewed.reason;
      log[isNew ? 'error' : 'debug']({ owner, reason: renewed.reason }, 'a bot token could not be renewed');
      return { kind: 'failed', failure: renewed };
    }
    if (await replaceWith(renewed)) {
      log.info({ owner }, 'bot token renewed');
      return { kind: 'current', installation: renewed };
    }
    log.info({ owner }, 'a renewed bot token was dropped: the app was installed again or removed meanwhile');
    const current = await installations.ofOwner(owner);
    return current === null ? { kind: 'not-installed' } : { kind: 'current', installation: current.installation };
  }

  return async (owner) => {
    const lease = { key: `token-renewal:${owner}`, holder: randomUUID(), ttlMs: LEASE_MS };
    if (!(await store.setIfAbsent(lease.key, lease.holder, lease.ttlMs))) return { kind: 'busy' };
    try {
      return await renewHeld(owner);
    } finally {
      await store.release(lease);
    }
  };
}

/** Null when the installation's current refresh token wasn't tried yet, or is being exchanged. */
export async function lastFailure(store: Store, installation: Installation): Promise<RenewalFailure | null> {
  const failure = await FAILURE.get(store, installation.owner);
  return failure?.of === fingerprint(installation) ? failure : null;
}

/** Why there is no token now; `failure` is null before and during the first try. */
export function renewalError(failure: RenewalFailure | null): TokenMissing | TokenLate {
  if (failure === null)
    return new TokenLate(
      RETRY_MS,
      'The token for this workspace has expired and is being renewed. Try again in a minute.',
    );
  const { reason, isRefused, notBeforeMs } = failure;
  if (isRefused)
    return new TokenMissing(
      'token_renewal_refused',
      `Slack rejected the renewal of this workspace’s token (${reason}): reinstall the app.`,
    );
  return new TokenLate(
    Math.max(notBeforeMs - Date.now(), RETRY_MS),
    `The token for this workspace has expired, and Slack isn’t renewing it at the moment (${reason}). Try again in a minute.`,
  );
}

export function isDue({ refreshToken, expiresAtMs }: Installation): boolean {
  return refreshToken !== null && expiresAtMs !== null && expiresAtMs - AHEAD_MS <= Date.now();
}

export function isOver({ expiresAtMs }: Installation): boolean {
  return expiresAtMs !== null && expiresAtMs <= Date.now();
}

/** Exchanges the refresh token. Resolves to the installation with its next tokens, or to the failure. */
async function exchange(
  installation: Installation,
  client: WebClient,
  { clientId, clientSecret }: Pick<RenewalOptions, 'clientId' | 'clientSecret'>,
): Promise<Installation | RenewalFailure> {
  try {
    const answer = await client.oauth.v2.access({
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: 'refresh_token',
      refresh_token: installation.refreshToken ?? '',
    });
    const { access_token: botToken, refresh_token: refreshToken, expires_in: lifeS } = answer;
    if (botToken === undefined) throw new Error('Slack renewed a token without saying which it is now.');
    const expiresAtMs = lifeS === undefined ? null : Date.now() + lifeS * 1000;
    return { ...installation, botToken, refreshToken: refreshToken ?? null, expiresAtMs };
  } catch (error) {
    return failureOf(error, installation);
  }
}

/** Rethrows an error that isn't from Slack. */
function failureOf(error: unknown, installation: Installation): RenewalFailure {
  const outcome = outcomeOf(error);
  if (outcome === null) throw error;
  const of = fingerprint(installation);
  const now = Date.now();
  if (outcome.kind === 'rate-limited')
    return { of, reason: 'ratelimited', isRefused: false, notBeforeMs: now + outcome.retryAfterMs };
  if (outcome.kind === 'uncertain')
    return { of, reason: outcome.reason, isRefused: false, notBeforeMs: now + RETRY_MS };
  return { of, reason: outcome.error, isRefused: true, notBeforeMs: now + RETRY_REFUSED_MS };
}

function fingerprint({ refreshToken }: Installation): string {
  return createHash('sha256')
    .update(refreshToken ?? '')
    .digest('hex')
    .slice(0, 16);
}
