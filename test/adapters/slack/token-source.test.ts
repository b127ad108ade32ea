import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isKeyShared } from '../../../src/adapters/slack/encryption-key-check.ts';
import { startRenewals } from '../../../src/adapters/slack/renewal-timer.ts';
import { createTokenSource, RENEWALS, type TokenSource } from '../../../src/adapters/slack/token-source.ts';
import { createVault } from '../../../src/adapters/slack/token-vault.ts';
import type { Store } from '../../../src/jobs/ports.ts';
import { QUEUE_KINDS, type TestQueue } from '../../jobs/queue-kinds.ts';
import { deferred } from '../../support/deferred.ts';
import { until } from '../queue/until.ts';

const logged: { level: number; msg: string; reason?: string }[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
const vault = createVault('a-long-random-text');
const TEAM = 'T0KTRDR';
const OTHER = 'T0OTHER';
const HOUR_S = 3_600;
const HALF_A_DAY_S = 12 * HOUR_S;
const NEVER = new AbortController().signal;

describe.each(QUEUE_KINDS)('tokens kept in $kind', ({ skipped, open }) => {
  describe.skipIf(skipped)('of several workspaces', () => {
    let queue: TestQueue;
    let store: Store;
    let slack: FakeSlack;
    let installedAtMs: number;
    beforeAll(async () => {
      queue = await open(log);
      store = queue.backend.front.store;
    });
    afterAll(() => queue.remove());
    beforeEach(async () => {
      logged.length = 0;
      slack = await startFakeSlack({ teams: [{ id: TEAM }, { id: OTHER }] });
    });
    afterEach(async () => {
      for (const owner of [TEAM, OTHER, 'E0ORG', 'T0SALES']) while (await store.deleteOwnedBy(owner));
      await slack.close();
    });

    describe('that are due but valid', () => {
      it('are used as they are, by handlers and by workers', async () => {
        const first = await installed({ lifeS: HOUR_S });
        expect(await source().tokenFor(TEAM)).toBe(first);
        expect(await source().botOf(here(TEAM))).toMatchObject({ kind: 'bot', botToken: first });
        expect(renewals()).toEqual([]);
      });

      it('are renewed by the scheduler, once in however many processes, also where nothing happens', async () => {
        await installed({ lifeS: HOUR_S });
        await installed({ lifeS: HOUR_S, team: OTHER });
        slack.oauth.setTokenLife(HALF_A_DAY_S);
        const timers = Array.from({ length: 3 }, () => startRenewals({ ...source(), encryptAgain: null }, log, 1));
        await until('both tokens are renewed', async () =>
          (await Promise.all([TEAM, OTHER].map(isNewest))).every((isNew) => isNew),
        );
        await Promise.all(timers.map((timer) => timer.close()));
        expect(renewals().map(({ answer }) => answer['ok'])).toEqual([true, true]);
        await source().renewDue(NEVER);
        expect(renewals()).toHaveLength(2);
        // The next time is two hours before the new ones expire.
        expect(await store.ranked(RENEWALS, { upTo: Date.now() + 9 * HOUR_S * 1000, limit: 10 })).toEqual([]);
        expect(await store.ranked(RENEWALS, { upTo: Date.now() + 11 * HOUR_S * 1000, limit: 10 })).toHaveLength(2);
      });

      it('go on while Slack does not renew them', async () => {
        const first = await installed({ lifeS: HOUR_S });
        slack.fault('oauth.v2.access', { kind: 'status', status: 500, when: 'before' });
        await source().renewDue(NEVER);
        expect(await source().tokenFor(TEAM)).toBe(first);
        await source().renewDue(NEVER);
        expect(renewals()).toHaveLength(1);
        expect(logged.find(({ msg }) => msg.includes('could not be renewed'))?.reason).toBe('HTTP status 500');
      });

      it('are put on the list when an earlier version did not', async () => {
        await installed({ lifeS: HOUR_S });
        slack.oauth.setTokenLife(HALF_A_DAY_S);
        await store.unrank(RENEWALS, TEAM);
        await source().renewDue(NEVER);
        expect(renewals()).toEqual([]);
        await source().botOf(here(TEAM));
        await source().renewDue(NEVER);
        expect(renewals()).toHaveLength(1);
      });
    });

    describe('that have expired', () => {
      it('are renewed by workers, once, and all wait for it', async () => {
        await installed({ lifeS: -1 });
        slack.oauth.setTokenLife(HALF_A_DAY_S);
        const answer = deferred<void>();
        slack.fault('oauth.v2.access', { kind: 'held', until: answer.promise });
        const tokens = [source(), source(), source()].map((one) => one.tokenFor(TEAM));
        await until('one of them has asked', () => renewals().length === 1 || slack.oauth.tokensOf(TEAM).length === 2);
        answer.resolve();
        expect(new Set(await Promise.all(tokens))).toEqual(new Set([slack.oauth.tokensOf(TEAM)[1]]));
        expect(renewals()).toHaveLength(1);
      });

      it('are never renewed by handlers, which say at once that another does it', async () => {
        await installed({ lifeS: -1 });
        const answer = deferred<void>();
        slack.fault('oauth.v2.access', { kind: 'held', until: answer.promise });
        slack.oauth.setTokenLife(HALF_A_DAY_S);
        expect(await source().botOf(here(TEAM))).toMatchObject({ reason: 'token_late' });
        expect(renewals()).toEqual([]);
        const renewing = source().renewDue(NEVER);
        await until('Slack has been asked', () => slack.oauth.tokensOf(TEAM).length === 2);
        const bot = await source().botOf(here(TEAM));
        expect(bot).toMatchObject({ reason: 'token_late', why: expect.stringContaining('is being renewed') });
        answer.resolve();
        await renewing;
        expect(await source().botOf(here(TEAM))).toMatchObject({ kind: 'bot' });
      });

      it('are missing when Slack refuses, and everybody is told why', async () => {
        await installed({ lifeS: -1 });
        slack.oauth.uninstall(TEAM);
        for (const _ of [1, 2]) {
          await expect(source().tokenFor(TEAM)).rejects.toMatchObject({
            name: 'TokenMissing',
            message: expect.stringContaining(
              'Slack rejected the renewal of this workspace’s token (invalid_refresh_token)',
            ),
          });
          expect(await source({ installUrl: 'https://bot.example.com/slack/install' }).botOf(here(TEAM))).toMatchObject(
            {
              reason: 'token_renewal_refused',
              why: expect.stringContaining('(invalid_refresh_token)'),
              installUrl: 'https://bot.example.com/slack/install',
            },
          );
        }
        expect(renewals()).toHaveLength(1);
        // The refusal was for one refresh token; a new installation has another.
        await installed({ lifeS: -1 });
        slack.oauth.setTokenLife(HALF_A_DAY_S);
        expect(await source().tokenFor(TEAM)).toBe(slack.oauth.tokensOf(TEAM).at(-1));
      });

      it('are only late when Slack is away, and come as soon as it is back', async () => {
        await installed({ lifeS: -1 });
        slack.oauth.setTokenLife(HALF_A_DAY_S);
        slack.fault('oauth.v2.access', { kind: 'reset', when: 'before' });
        await expect(source().tokenFor(TEAM)).rejects.toHaveProperty('name', 'TokenLate');
        expect(await source().botOf(here(TEAM))).toMatchObject({
          reason: 'token_late',
          why: expect.stringMatching(/isn’t renewing it at the moment \(\w+\). Try again/),
        });
        expect(renewals()).toHaveLength(1);
        const second = await until('it is renewed', () =>
          source()
            .tokenFor(TEAM)
            .catch(() => null),
        );
        expect(slack.oauth.tokensOf(TEAM).at(-1)).toBe(second);
        expect(renewals()).toHaveLength(2);
      });

      it('wait as long as Slack asks, and no longer', async () => {
        await installed({ lifeS: -1 });
        slack.oauth.setTokenLife(HALF_A_DAY_S);
        slack.fault('oauth.v2.access', { kind: 'rate-limited', retryAfterS: 3600 });
        for (const _ of [1, 2]) {
          const late: { retryAfterMs: number } = await source()
            .tokenFor(TEAM)
            .then(
              () => Promise.reject(new Error('there is a token')),
              (error) => error,
            );
          expect(late.retryAfterMs).toBeGreaterThan(1_800_000);
        }
        expect(renewals()).toHaveLength(1);
      });

      it('are refused when the answer to their renewal was lost', async () => {
        await installed({ lifeS: -1 });
        slack.fault('oauth.v2.access', { kind: 'reset', when: 'after' });
        await expect(source().tokenFor(TEAM)).rejects.toHaveProperty('name', 'TokenLate');
        const error: unknown = await until('it is tried again', () =>
          source()
            .tokenFor(TEAM)
            .then(
              () => null,
              (reason: Error) => (reason.name === 'TokenMissing' ? reason : null),
            ),
        );
        expect(error).toHaveProperty('message', expect.stringContaining('invalid_refresh_token'));
      });
    });

    describe('that are renewed while', () => {
      let renewing: Promise<void>;
      let answer: ReturnType<typeof deferred<void>>;
      beforeEach(async () => {
        await installed({ lifeS: HOUR_S });
        slack.oauth.setTokenLife(HALF_A_DAY_S);
        answer = deferred<void>();
        slack.fault('oauth.v2.access', { kind: 'held', until: answer.promise });
        renewing = source().renewDue(NEVER);
        await until('Slack has been asked', () => slack.oauth.tokensOf(TEAM).length === 2);
      });

      it('the app is installed again leave the new token alone', async () => {
        const third = await installed({ lifeS: HALF_A_DAY_S });
        answer.resolve();
        await renewing;
        expect(await source().tokenFor(TEAM)).toBe(third);
      });

      it('the app is removed stay removed', async () => {
        expect(await source().forget(TEAM, Date.now())).toBe(true);
        answer.resolve();
        await renewing;
        await expect(source().tokenFor(TEAM)).rejects.toThrow('isn’t installed in this workspace');
        expect(await store.ranked(RENEWALS, { limit: 10 })).toEqual([]);
      });
    });

    it('that never expire are left alone', async () => {
      const first = await installed({ lifeS: null });
      expect(await source().tokenFor(TEAM)).toBe(first);
      await source().renewDue(NEVER);
      expect(renewals()).toEqual([]);
    });

    it('are missing where the app is not installed, and where another key was used', async () => {
      expect(await source().botOf(here('T0NOBODY'))).toMatchObject({ reason: 'not_installed', installUrl: null });
      await installed({ lifeS: HOUR_S });
      const other = source({ vault: createVault('another') });
      await expect(other.tokenFor(TEAM)).rejects.toThrow('TOKEN_ENCRYPTION_KEY');
      expect(await other.botOf(here(TEAM))).toMatchObject({ reason: 'installation_unreadable' });
      await other.renewDue(NEVER);
      // It can be replaced all the same, and deleted.
      expect(await other.forget(TEAM, Date.now())).toBe(true);
    });

    describe('whose key changes', () => {
      const NEXT = 'the-next-long-random-text';
      const both = createVault(NEXT, 'a-long-random-text');
      const next = createVault(NEXT);

      it('are encrypted again when they are used, and need the earlier key no longer', async () => {
        const token = await installed({ lifeS: null });
        expect(await source({ vault: both }).tokenFor(TEAM)).toBe(token);
        expect(await source({ vault: next }).tokenFor(TEAM)).toBe(token);
        await expect(source().tokenFor(TEAM)).rejects.toThrow('TOKEN_ENCRYPTION_KEY');
      });

      it('are encrypted again by the scheduler where nobody uses them', async () => {
        const tokens = [await installed({ lifeS: null }), await installed({ lifeS: null, team: OTHER })];
        // The time of the entries is before that of the change.
        await until('a millisecond later', () => Date.now() > installedAtMs);
        const timer = startRenewals(source({ vault: both }), log, 1);
        const line = await until(
          'it is logged',
          () => logged.find(({ msg }) => msg.includes('_PREVIOUS can be removed')) ?? null,
        );
        await timer.close();
        expect(line).toMatchObject({ encrypted: 2, unreadable: 0 });
        expect(await Promise.all([TEAM, OTHER].map(source({ vault: next }).tokenFor))).toEqual(tokens);
      });

      it('are told to be unreadable when neither key fits', async () => {
        await installed({ lifeS: null });
        await until('a millisecond later', () => Date.now() > installedAtMs);
        const others = source({ vault: createVault(NEXT, 'another') });
        expect(await others.encryptAgain(NEVER)).toEqual({ encrypted: 0, unreadable: 1 });
        // The right key still helps.
        expect(await source({ vault: both }).encryptAgain(NEVER)).toEqual({ encrypted: 1, unreadable: 0 });
      });

      it('are not lost when that happens during their renewal', async () => {
        await installed({ lifeS: HOUR_S });
        slack.oauth.setTokenLife(HALF_A_DAY_S);
        const answer = deferred<void>();
        slack.fault('oauth.v2.access', { kind: 'held', until: answer.promise });
        const renewing = source({ vault: both }).renewDue(NEVER);
        await until('Slack has been asked', () => slack.oauth.tokensOf(TEAM).length === 2);
        // A process that has them the other way round, as at the beginning of a change.
        await source({ vault: createVault('a-long-random-text', NEXT) }).tokenFor(TEAM);
        answer.resolve();
        await renewing;
        expect(await source({ vault: both }).tokenFor(TEAM)).toBe(slack.oauth.tokensOf(TEAM).at(-1));
      });

      it('are no riddle: each process knows whether it can read those of the others', async () => {
        await store.delete('encryption-key-check');
        expect(await isKeyShared(store, vault)).toBe(true);
        expect(await isKeyShared(store, createVault('another'))).toBe(false);
        expect(await isKeyShared(store, both)).toBe(true);
        // One that was left behind with the earlier key alone.
        expect(await isKeyShared(store, vault)).toBe(false);
        expect(await isKeyShared(store, next)).toBe(true);
      });
    });

    it('end with an uninstall, but not with one of an earlier installation', async () => {
      const first = await installed({ lifeS: null });
      expect(await source().forget(TEAM, Date.now() - 60_000)).toBe(false);
      expect(await source().forget('', Date.now())).toBe(false);
      expect(await source().tokenFor(TEAM)).toBe(first);
      expect(await source().forget(TEAM, Date.now())).toBe(true);
      expect(await source().forget(TEAM, Date.now())).toBe(true);
      await expect(source().tokenFor(TEAM)).rejects.toThrow('isn’t installed in this workspace');
    });

    it('of an organisation serve its workspaces, and end for all of them', async () => {
      const botToken = await installed({ lifeS: null, owner: 'E0ORG' });
      const where = { teamId: 'T0SALES', enterpriseId: 'E0ORG', isEnterpriseInstall: true };
      expect(await source().botOf(where)).toMatchObject({ kind: 'bot', botToken });
      expect(await source().tokenFor('T0SALES')).toBe(botToken);
      await source().forget('E0ORG', Date.now());
      await expect(source().tokenFor('T0SALES')).rejects.toThrow('isn’t installed in this workspace');
    });

    function source(options: Partial<Parameters<typeof createTokenSource>[0]> = {}): TokenSource {
      const { clientId, clientSecret } = slack.oauth;
      const { apiUrl } = slack;
      return createTokenSource({ store, vault, clientId, clientSecret, apiUrl, installUrl: null, log, ...options });
    }

    function here(teamId: string) {
      return { teamId, enterpriseId: null, isEnterpriseInstall: false };
    }

    async function isNewest(team: string): Promise<boolean> {
      const tokens = slack.oauth.tokensOf(team);
      return tokens.length > 1 && (await source().tokenFor(team)) === tokens.at(-1);
    }

    /** The first bot token. */
    async function installed({
      lifeS,
      team = TEAM,
      owner = team,
    }: {
      lifeS: number | null;
      team?: string;
      owner?: string;
    }): Promise<string> {
      slack.oauth.setTokenLife(lifeS);
      const authorizeUrl = `${slack.url}/oauth/v2/authorize?client_id=${slack.oauth.clientId}&scope=commands`;
      const code = slack.oauth.approve(authorizeUrl, team, 'U0ANNA').get('code');
      const { clientId, clientSecret } = slack.oauth;
      const granted = slack.oauth.access({ client_id: clientId, client_secret: clientSecret, code });
      const botToken = String(granted['access_token']);
      installedAtMs = Date.now();
      await source().save({
        owner,
        botToken,
        botId: 'B1',
        botUserId: 'U1',
        refreshToken: lifeS === null ? null : String(granted['refresh_token']),
        expiresAtMs: lifeS === null ? null : Date.now() + lifeS * 1000,
        installedAtMs,
      });
      installedAtMs = Date.now();
      return botToken;
    }

    function renewals() {
      return slack.calls('oauth.v2.access').filter(({ args }) => args['grant_type'] === 'refresh_token');
    }
  });
});
