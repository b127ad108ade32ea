import { type FakeSlack, startFakeSlack } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTokenCheck, type TokenCheckOptions } from '../../../src/adapters/slack/token-check.ts';

let slack: FakeSlack;
const logged: { readonly level: number; readonly msg: string }[] = [];
const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });

beforeEach(async () => {
  slack = await startFakeSlack();
  logged.length = 0;
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await slack.close();
});

function checking(options: Partial<TokenCheckOptions> = {}) {
  const tokenFor = async () => slack.team.botToken;
  return createTokenCheck({ tokenFor, teams: async () => [''], apiUrl: slack.apiUrl, log, ...options });
}

const later = () => vi.setSystemTime(Date.now() + 60_000);

describe('the check of a token', () => {
  it('finds nothing wrong with one that works', async () => {
    const tokens = checking();
    expect(await tokens.check()).toEqual([]);
    expect(logged).toEqual([]);
  });

  it('says so as long as Slack refuses it, and logs it once, and once that it works again', async () => {
    let token = slack.team.botToken;
    const tokens = checking({ tokenFor: async () => token });
    token = 'not-a-token';
    for (let i = 0; i < 3; i += 1) {
      later();
      expect(await tokens.check()).toEqual([expect.stringContaining('Slack rejects the bot token (invalid_auth)')]);
    }
    expect(tokens.problems()).toHaveLength(1);
    token = slack.team.botToken;
    later();
    expect(await tokens.check()).toEqual([]);
    expect(logged.map(({ level, msg }) => [level, msg])).toEqual([
      [50, expect.stringContaining('SLACK_BOT_TOKEN')],
      [30, 'Slack takes the bot token again'],
    ]);
  });

  it('does not take an outage for a refusal, nor the other way round', async () => {
    const tokens = checking();
    slack.fault('auth.test', { kind: 'status', status: 500, when: 'before' });
    expect(await tokens.check()).toEqual(['Slack isn’t responding (HTTP status 500).']);
    slack.revoke(slack.team.botToken);
    later();
    expect(await tokens.check()).toEqual([expect.stringContaining('invalid_auth')]);
  });

  it('asks once for all who ask at the same time, and waits as long as Slack wants', async () => {
    const tokens = checking();
    await Promise.all([tokens.check(), tokens.check(), tokens.check()]);
    await tokens.check();
    expect(slack.calls('auth.test')).toHaveLength(1);
    slack.fault('auth.test', { kind: 'rate-limited', retryAfterS: 300 });
    later();
    expect(await tokens.check()).toEqual([]);
    later();
    await tokens.check();
    expect(slack.calls('auth.test')).toHaveLength(2);
    vi.setSystemTime(Date.now() + 300_000);
    await tokens.check();
    expect(slack.calls('auth.test')).toHaveLength(3);
  });

  it('names the workspace, forgets those that are not asked about any more, and survives a store that is away', async () => {
    let teams: readonly string[] = ['T0ONE', 'T0TWO'];
    const tokens = checking({
      teams: async () => teams,
      tokenFor: async (teamId) => {
        if (teamId === 'T0TWO') throw new Error('Connection is closed.');
        return 'not-a-token';
      },
    });
    expect(await tokens.check()).toEqual([
      expect.stringContaining('the bot token of T0ONE (invalid_auth)'),
      expect.stringContaining('Connection is closed.'),
    ]);
    teams = [];
    later();
    expect(await tokens.check()).toEqual([]);
  });
});
