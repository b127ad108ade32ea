/** Alerts of the bot as it runs: two processes with all roles, one of which is killed. */
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { firstState, STATE } from '../../src/jobs/alert/state.ts';
import { played } from '../jobs/alert/day.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { JAEGER, lintedProblems, repliesOf } from './tools.ts';
import { isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const CONFIGURED = 'G0TRADE';
const MINUTE_MS = 60_000;

describe.skipIf(isWithoutRedis())('alerts of the running bot', () => {
  let world: World;
  const failed = played(incidentNamed('04-backtest-no-model-path'), Date.now() - 3 * MINUTE_MS);
  beforeAll(async () => {
    world = await openWorld({}, [], failed.documents);
  });
  afterAll(() => world.close());

  const command = (text: string) => world.slack.as('U0ANNA').command('/ktrdr', text, { channel: CHANNEL });

  it('are switched on and off in a channel, and listed on the Home tab', async () => {
    const { slack } = world;
    const bot = await world.startBot('http', {
      KTRDR_API_URL: '',
      ALERTS: JSON.stringify([{ channel: CONFIGURED, types: ['training'] }]),
    });
    expect((await command('alerts')).reply?.text).toContain('Alerts are off in this channel');
    const { reply } = await command('alerts on training backtest');
    expect(reply?.text).toContain('a training run or backtest fails');
    expect(wordsOf(reply as never)).toContain('KTRDR_API_URL');
    expect((await command('alerts on sideways')).reply?.text).toContain('isn’t an operation type');
    expect(wordsOf((await command('alerts show')).reply as never)).toContain('set in this channel');

    const anna = slack.as('U0ANNA');
    anna.openHome();
    const home = () => JSON.stringify(anna.home()?.definition ?? null);
    await expect.poll(home).toContain('end_alerts:0');
    expect(home()).toContain(CONFIGURED);
    const view = anna.home();
    if (view === null) throw new Error('There is no tab.');
    await anna.clickInView(view, 'end_alerts:0');
    await expect.poll(home).toContain('Alerts are now off');
    expect((await command('alerts show')).reply?.text).toContain('Alerts are off in this channel');
    bot.kill('SIGKILL');
    await bot.ended();
  });

  it('tell once what failed while no process ran, with two of them and after one is killed', async () => {
    const { slack } = world;
    const silent = pino({ level: 'silent' });
    const queue = await openQueueBackend({ redisUrl: world.redis.url, dataDir: '/nonexistent', log: silent });
    await STATE.set(queue.back.store, 'all', firstState(Date.now() - 10 * MINUTE_MS));
    await queue.close();
    const env = { KTRDR_API_URL: '', JAEGER_PUBLIC_URL: JAEGER, ALERTS: JSON.stringify([{ channel: CHANNEL }]) };
    const [first] = await Promise.all([world.startBot('http', env), world.startBot('http', env)]);
    const alert = await slack.waitForMessage(
      ({ channel, threadTs, text }) => channel === CHANNEL && threadTs === null && text.includes(failed.id),
    );
    first.kill('SIGKILL');
    await world.settled();
    expect(postsIn(slack, CHANNEL).filter(({ threadTs }) => threadTs === null)).toHaveLength(1);
    expect(repliesOf(slack, alert).map(wordsOf).join()).toContain('Root cause');
    const markers = markersIn(slack);
    expect(new Set(markers).size).toBe(markers.length);
    expect(slack.warnings()).toEqual([]);
    expect(lintedProblems(slack)).toEqual([]);
  });
});
