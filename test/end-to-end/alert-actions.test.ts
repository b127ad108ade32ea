/** What people of `ACTION_USERS` can do from an alert, in the bot as it runs. */
import {
  isObject,
  type JsonObject,
  type Message,
  type ReplayedKtrdr,
  startReplayedKtrdr,
} from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { firstState, STATE } from '../../src/jobs/alert/state.ts';
import { until } from '../adapters/queue/until.ts';
import { played } from '../jobs/alert/day.ts';
import { SILENT } from '../jobs/alert/watchtower.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { controlsOf, JAEGER, latest, lintedProblems, replyIn, toldTo } from './tools.ts';
import { isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const [ANN, BEN, CLEO] = ['U0ANNA', 'U0BEN', 'U0CLEO'] as const;
const MINUTE_MS = 60_000;

describe.skipIf(isWithoutRedis())('the actions of an alert', () => {
  let world: World;
  let ktrdr: ReplayedKtrdr;
  const failed = played(incidentNamed('10d-'), Date.now() - 10 * MINUTE_MS);
  beforeAll(async () => {
    const users = [ANN, BEN, CLEO].map((id) => ({ id, name: id.slice(2).toLowerCase() }));
    const channels = [{ id: CHANNEL, members: [ANN, BEN, CLEO, 'U0KTRDRBOT'] }];
    world = await openWorld({ users, channels }, [], failed.documents);
    ktrdr = await startReplayedKtrdr(resumable());
    const queue = await openQueueBackend({ redisUrl: world.redis.url, dataDir: '/nonexistent', log: SILENT });
    await STATE.set(queue.back.store, 'all', firstState(Date.now() - 60 * MINUTE_MS));
    await queue.close();
    await world.startBot('http', {
      ...{ KTRDR_API_URL: ktrdr.url, JAEGER_PUBLIC_URL: JAEGER, ALERTS: JSON.stringify([{ channel: CHANNEL }]) },
      ...{ ACTIONS: 'cancel,resume,start-again,load-data', ACTION_USERS: `${ANN} ${BEN}` },
    });
  });
  afterAll(async () => {
    await world.close();
    await ktrdr.close();
  });

  it('are seen by people of ACTION_USERS alone, done once, and told in its thread and its message', async () => {
    const { slack } = world;
    const alert = await slack.waitForMessage(
      ({ channel, threadTs, ephemeralFor, text }) =>
        channel === CHANNEL && threadTs === null && ephemeralFor === null && text.includes(failed.id),
    );
    const [offer, bens] = await Promise.all([offerTo(ANN), offerTo(BEN)]);
    await world.settled();
    for (const message of slack.messages(CHANNEL)) {
      const isHers = message.ephemeralFor === null || message.ephemeralFor === CLEO;
      if (isHers) expect(controlsOf(message).filter((id) => id.startsWith('action_'))).toEqual([]);
    }

    // Slack forgets messages for one person when it is loaded again: whoever asks again gets the buttons back, alone.
    await slack.as(ANN).command('/ktrdr', `diagnose ${failed.id}`, { channel: CHANNEL });
    await until('they are back', async () => offersTo(ANN).length === 2);
    await world.settled();
    expect(offersTo(BEN)).toHaveLength(1);

    await Promise.all([slack.as(ANN).click(offer, 'action_resume'), slack.as(BEN).click(bens, 'action_resume')]);
    const result = await replyIn(slack, alert, 'Resumed');
    expect(wordsOf(latest(slack, result))).toMatch(/Resumed.*<@U0(?:ANNA|BEN)>/s);
    await until('the alert says it', async () =>
      /\*Resumed\* by <@U0(?:ANNA|BEN)>/.test(wordsOf(latest(slack, alert))),
    );
    await toldTo(slack, BEN, /result will be posted in the thread|Already confirmed by/);
    await world.settled();
    expect(ktrdr.calls).toEqual([{ method: 'POST', path: `/api/v1/operations/${failed.id}/resume`, body: null }]);
    expect(postsIn(slack, CHANNEL).filter(({ threadTs }) => threadTs === null)).toHaveLength(1);
    const markers = markersIn(slack);
    expect(new Set(markers).size).toBe(markers.length);
    expect(slack.warnings()).toEqual([]);
    expect(lintedProblems(slack)).toEqual([]);
  });

  function offerTo(userId: string): Promise<Message> {
    return world.slack.waitForMessage(
      (message) => message.ephemeralFor === userId && controlsOf(message).includes('action_resume'),
    );
  }

  function offersTo(userId: string): readonly Message[] {
    return world.slack
      .messages(CHANNEL)
      .filter((message) => message.ephemeralFor === userId && controlsOf(message).includes('action_resume'));
  }

  /** The backtest as it was recorded; a resume works. */
  function resumable() {
    const body: unknown = JSON.parse(failed.operation ?? '{}');
    const was = isObject(body) && isObject(body['data']) ? body['data'] : {};
    const metadata = isObject(was['metadata']) ? was['metadata'] : {};
    const parameters = isObject(metadata['parameters']) ? metadata['parameters'] : {};
    const original_request = { ...metadata, strategy_name: parameters['strategy_name'] ?? null };
    const saved = { operation_id: failed.id, created_at: new Date().toISOString(), state: { original_request } };
    const worker = { worker_id: 'backtesting-1', worker_type: 'backtesting', health_check_failures: 0 };
    const stateOf = (operation: JsonObject, status: string, current_operation_id: string | null) => ({
      operations: { [failed.id]: operation },
      workers: [{ ...worker, status, current_operation_id }],
      checkpoints: { [failed.id]: saved },
    });
    return {
      request: { method: 'POST', path: `/api/v1/operations/${failed.id}/resume`, body: null },
      response: { status: 200, body: { success: true, data: { operation_id: failed.id, status: 'resuming' } } },
      before: stateOf(was, 'available', null),
      after: [{ secondsAfter: 0, ...stateOf({ ...was, status: 'resuming' }, 'busy', failed.id) }],
    } as const;
  }
});
