/** The tokens of the workspaces where the app is installed. The scheduler renews expiring ones ahead of time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Bot, Installation, RequestOrigin, Store } from '../../jobs/ports.ts';
import { adoptKey } from './encryption-key-check.ts';
import { createInstallations, type Installations } from './installations.ts';
import { notInstalled, TokenLate, TokenMissing } from './token-errors.ts';
import { AHEAD_MS, CALL_TIMEOUT_MS, createRenewal, isDue, isOver, lastFailure, renewalError } from './token-renewal.ts';
import type { Vault } from './token-vault.ts';

export interface TokenSource {
  save(installation: Installation): Promise<void>;
  /** Deletes the token, unless it is newer than the event that says it is gone; false then. The rest is deleted by a job. */
  forget(owner: string, eventAtMs: number): Promise<boolean>;
  /** For workers, which can wait: renews a token that has expired. Rejects with `TokenMissing` or `TokenLate`. */
  tokenFor(teamId: string): Promise<string>;
  /** For handlers: never calls Slack, and returns immediately why there is no token. */
  botOf(origin: RequestOrigin): Promise<Bot>;
  /** For the scheduler: renews the tokens that are due, one at a time. */
  renewDue(signal: AbortSignal): Promise<void>;
  /** For the scheduler: re-encrypts with the current key the entries that were encrypted with an earlier one. */
  readonly encryptAgain: Installations['encryptAgain'];
}

export interface TokenSourceOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiUrl: string;
  /** URL of the install page; null when unknown. */
  readonly installUrl: string | null;
  readonly log: Logger;
}

/** Owners by the time at which their token is to be renewed, in milliseconds. */
export const RENEWALS = 'token-renewals';
/** Together with the pause, at most 100 calls a minute, which is Slack's limit for the method. */
const PER_ROUND = 10;
const PAUSE_MS = 600;
const POLL_MS = 100;
/** Only an admin who sets the right key can change this, so there is no hurry. */
const UNREADABLE_RETRY_MS = 10 * 60_000;

export function createTokenSource({ store, vault, installUrl, ...app }: TokenSourceOptions): TokenSource {
  const installations = createInstallations(store, vault);
  const renew = createRenewal({ store, installations, ...app });

  /** Also adds a token that is due to the list, in case it is missing there. */
  async function installationOf(teamId: string): Promise<Installation> {
    const found = await installations.ofTeam(teamId);
    if (found === null) throw notInstalled();
    const { installation } = found;
    if (isDue(installation)) await store.rank(RENEWALS, installation.owner, Date.now());
    return installation;
  }

  async function schedule(owner: string, atMs: number | null): Promise<void> {
    await store.unrank(RENEWALS, owner);
    if (atMs !== null) await store.rank(RENEWALS, owner, atMs);
  }

  /** False when Slack can't renew tokens at the moment. */
  async function renewInTurn(owner: string): Promise<boolean> {
    const renewal = await renew(owner).catch((error: unknown) => {
      if (error instanceof TokenMissing) return { kind: 'unreadable' } as const;
      throw error;
    });
    if (renewal.kind === 'unreadable') await schedule(owner, Date.now() + UNREADABLE_RETRY_MS);
    if (renewal.kind === 'current') await schedule(owner, renewalTime(renewal.installation));
    if (renewal.kind === 'not-installed') await schedule(owner, null);
    if (renewal.kind === 'failed') await schedule(owner, renewal.failure.notBeforeMs);
    return renewal.kind !== 'failed' || renewal.failure.isRefused;
  }

  return {
    async save(installation) {
      await installations.save(installation);
      await adoptKey(store, vault);
      await schedule(installation.owner, renewalTime(installation));
    },

    forget: (owner, eventAtMs) => installations.remove(owner, eventAtMs),
    encryptAgain: installations.encryptAgain,

    async tokenFor(teamId) {
      for (const deadline = Date.now() + CALL_TIMEOUT_MS; ; await sleep(POLL_MS)) {
        const installation = await installationOf(teamId);
        if (!isOver(installation)) return installation.botToken;
        const renewal = await renew(installation.owner);
        if (renewal.kind === 'not-installed') throw notInstalled();
        if (renewal.kind === 'failed') throw renewalError(renewal.failure);
        if (renewal.kind === 'current' && !isOver(renewal.installation)) return renewal.installation.botToken;
        if (Date.now() > deadline) throw renewalError(null);
      }
    },

    async botOf(origin) {
      try {
        await installations.learn(origin);
        const installation = await installationOf(origin.teamId || (origin.enterpriseId ?? ''));
        if (!isOver(installation)) return { kind: 'bot', ...installation };
        throw renewalError(await lastFailure(store, installation));
      } catch (error) {
        if (!(error instanceof TokenMissing) && !(error instanceof TokenLate)) throw error;
        return { kind: 'none', why: error.message, reason: error.reason, installUrl };
      }
    },

    async renewDue(signal) {
      const due = await store.ranked(RENEWALS, { upTo: Date.now(), limit: PER_ROUND });
      for (const { member: owner } of due) {
        if (signal.aborted || !(await renewInTurn(owner))) return;
        await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

/** Null when the token does not expire. */
function renewalTime({ refreshToken, expiresAtMs }: Installation): number | null {
  return refreshToken === null || expiresAtMs === null ? null : expiresAtMs - AHEAD_MS;
}
