import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTokenSource, type TokenSource } from '../../../src/adapters/slack/token-source.ts';
import { createVault } from '../../../src/adapters/slack/token-vault.ts';
import { QUEUE_KINDS, type TestQueue } from '../../jobs/queue-kinds.ts';

const log = pino({ level: 'silent' });
const vault = createVault('a-long-random-text');
const TEAM = 'T0KTRDR';
const HOUR_S = 3_600;

describe.each(QUEUE_KINDS)('tokens kept in $kind', ({ skipped, open }) => {
  describe.skipIf(skipped)('of several workspaces', () => {
    let queue: TestQueue;
    let slack: FakeSlack;
    beforeAll(async () => {
      queue = await open(log);
    });
    afterAll(() => queue.remove());
    beforeEach(async () => {
      slack = await startFakeSlack();
    });
    afterEach(async () => {
      await queue.backend.front.store.deleteOwnedBy(TEAM);
      await slack.close();
    });

    it('are renewed once, however many ask at the same time', async () => {
      const first = await installed({ lifeS: HOUR_S });
      slack.oauth.setTokenLife(12 * HOUR_S);
      slack.fault('oauth.v2.access', { kind: 'slow', delayMs: 200 });
      const sources = Array.from({ length: 8 }, source);
      const tokens = await Promise.all(sources.map((one) => one.tokenFor(TEAM)));
      expect(renewals()).toHaveLength(1);
      const second = slack.oauth.tokensOf(TEAM)[1] ?? '';
      // Who comes while another renews goes on with the old one, which still works.
      expect(new Set(tokens)).toEqual(new Set([first, second]));
      expect(await source().tokenFor(TEAM)).toBe(second);
      expect(renewals()).toHaveLength(1);
    });

    it('are waited for when the old one has expired', async () => {
      await installed({ lifeS: -1 });
      slack.oauth.setTokenLife(12 * HOUR_S);
      slack.fault('oauth.v2.access', { kind: 'slow', delayMs: 200 });
      const tokens = await Promise.all([source(), source(), source()].map((one) => one.tokenFor(TEAM)));
      expect(new Set(tokens)).toEqual(new Set([slack.oauth.tokensOf(TEAM)[1]]));
      expect(renewals()).toHaveLength(1);
    });

    it('go on while Slack does not renew them, and are not asked for again at once', async () => {
      const first = await installed({ lifeS: HOUR_S });
      slack.fault('oauth.v2.access', { kind: 'status', status: 500, when: 'before' });
      expect(await source().tokenFor(TEAM)).toBe(first);
      expect(await source().tokenFor(TEAM)).toBe(first);
      expect(renewals()).toHaveLength(1);
    });

    it('are missing when they have expired and Slack refuses to renew them', async () => {
      await installed({ lifeS: -1 });
      slack.oauth.uninstall(TEAM);
      await expect(source().tokenFor(TEAM)).rejects.toThrow('Install the app there once more');
    });

    it('are only late when they have expired and Slack is away', async () => {
      await installed({ lifeS: -1 });
      slack.fault('oauth.v2.access', { kind: 'reset', when: 'before' });
      await expect(source().tokenFor(TEAM)).rejects.not.toHaveProperty('name', 'TokenMissing');
    });

    it('that never expire are left alone', async () => {
      const first = await installed({ lifeS: null });
      expect(await source().tokenFor(TEAM)).toBe(first);
      expect(renewals()).toEqual([]);
    });

    it('are missing where the app is not installed, and where another key was used', async () => {
      await expect(source().tokenFor('T0NOBODY')).rejects.toThrow('/slack/install');
      await installed({ lifeS: null });
      const other = source({ vault: createVault('another') });
      await expect(other.tokenFor(TEAM)).rejects.toThrow('TOKEN_ENCRYPTION_KEY');
      const where = { teamId: TEAM, enterpriseId: null, isEnterpriseInstall: false };
      expect(await other.botOf(where)).toMatchObject({ kind: 'none' });
      // It can be replaced all the same, and deleted.
      expect(await other.forget(TEAM, Date.now())).toBe(true);
    });

    it('go with everything else of the workspace when it leaves, and others stay', async () => {
      await installed({ lifeS: null });
      const { store } = queue.backend.front;
      const own = [`outbox:${TEAM}-1`, `outbox:flow-${TEAM}-1`, `home:${TEAM}`];
      const others = ['outbox:T0KTRDRX-1', 'outbox:XT0KTRDR-1', 'doctor:state', `askers:${TEAM}X`];
      for (const key of [...own, ...others]) await store.set(key, 'x');
      await store.append(`watches:${TEAM}-U1`, 'w', 60_000);
      expect(await source().forget(TEAM, Date.now() - 60_000)).toBe(false);
      expect(await source().forget('', Date.now())).toBe(false);
      expect(await store.get(own[0] ?? '')).toBe('x');

      expect(await source().forget(TEAM, Date.now())).toBe(true);
      expect(await Promise.all(own.map((key) => store.get(key)))).toEqual(own.map(() => null));
      expect(await store.list(`watches:${TEAM}-U1`)).toEqual([]);
      expect(await Promise.all(others.map((key) => store.get(key)))).toEqual(others.map(() => 'x'));
      await expect(source().tokenFor(TEAM)).rejects.toThrow('not installed');
    });

    it('of an organisation serve its workspaces, and end for all of them', async () => {
      const botToken = await installed({ lifeS: null, owner: 'E0ORG' });
      const where = { teamId: 'T0SALES', enterpriseId: 'E0ORG', isEnterpriseInstall: true };
      expect(await source().botOf(where)).toMatchObject({ kind: 'bot', botToken });
      expect(await source().tokenFor('T0SALES')).toBe(botToken);
      await queue.backend.front.store.set('outbox:T0SALES-1', 'x');
      await source().forget('E0ORG', Date.now());
      await expect(source().tokenFor('T0SALES')).rejects.toThrow('not installed');
      expect(await queue.backend.front.store.get('outbox:T0SALES-1')).toBeNull();
    });

    function source(options: Partial<Parameters<typeof createTokenSource>[0]> = {}): TokenSource {
      const { clientId, clientSecret } = slack.oauth;
      const { store } = queue.backend.front;
      return createTokenSource({
        store,
        vault,
        clientId,
        clientSecret,
        apiUrl: slack.apiUrl,
        installUrl: null,
        log,
        ...options,
      });
    }

    /** The first bot token. */
    async function installed({ lifeS, owner = TEAM }: { lifeS: number | null; owner?: string }): Promise<string> {
      slack.oauth.setTokenLife(lifeS);
      const authorizeUrl = `${slack.url}/oauth/v2/authorize?client_id=${slack.oauth.clientId}&scope=commands`;
      const code = slack.oauth.approve(authorizeUrl, TEAM, 'U0ANNA').get('code');
      const { clientId, clientSecret } = slack.oauth;
      const granted = slack.oauth.access({ client_id: clientId, client_secret: clientSecret, code });
      const botToken = String(granted['access_token']);
      await source().save({
        owner,
        botToken,
        botId: 'B1',
        botUserId: 'U1',
        refreshToken: lifeS === null ? null : String(granted['refresh_token']),
        expiresAtMs: lifeS === null ? null : Date.now() + lifeS * 1000,
        installedAtMs: Date.now(),
      });
      return botToken;
    }

    function renewals() {
      return slack.calls('oauth.v2.access').filter(({ args }) => args['grant_type'] === 'refresh_token');
    }
  });
});
