/** Digests by the clock on a real Redis: several processes, restarts, and what comes too late. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FakeSlack, type RecordedJaeger, startFakeSlack, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import { clockFrom } from '../../../src/app/sources.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { createPacing } from '../../../src/jobs/deliver/pacing.ts';
import { startDeliveryWorker } from '../../../src/jobs/deliver/worker.ts';
import {
  type ConfiguredDigest,
  digestOfChannel,
  dropDigest,
  planConfigured,
  saveDigest,
  startDigestScheduler,
} from '../../../src/jobs/digest/schedules.ts';
import { mute } from '../../../src/jobs/mute/mutes.ts';
import type { Clock } from '../../../src/jobs/ports.ts';
import { DELIVERIES, type QueueBackend, REPORTS } from '../../../src/jobs/queue/queues.ts';
import { startReportWorker } from '../../../src/jobs/reports/report-worker.ts';
import { searchOperations } from '../../../src/jobs/search/search-operations.ts';
import { createRedisServer, isWithoutRedis, type RedisServer } from '../../adapters/queue/redis-server.ts';
import { until } from '../../adapters/queue/until.ts';
import { incidentNamed } from '../../support/incident-named.ts';

const logged: { level: number; msg: string; digestId?: string }[] = [];
const { debug: DEBUG, info: INFO, error: ERROR } = pino.levels.values;
const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
const EVERY_SECOND: ConfiguredDigest = {
  team: null,
  channel: 'C0OPS',
  cron: '* * * * * *',
  tz: 'Europe/Berlin',
  sinceMs: 86_400_000,
  type: null,
};
const YEARLY: ConfiguredDigest = { ...EVERY_SECOND, cron: '0 9 1 1 *' };
/** Shortly after the last recording; it goes on from there. */
const RECORDED = micros(Date.parse('2026-11-23T08:00:00Z') * 1000);
const AT_ONCE = { intervalMs: 1, burst: 1000 };

interface Process {
  readonly backend: QueueBackend;
  end(): Promise<void>;
}

describe.skipIf(isWithoutRedis())('a digest by the clock', () => {
  let redis: RedisServer;
  let slack: FakeSlack;
  let jaeger: RecordedJaeger;
  let clock: Clock;
  let processes: Process[] = [];

  beforeAll(async () => {
    const dirs = ['06a-', '03a-', '08-'].map((name) => incidentNamed(name).dir);
    const traces = dirs.map((dir) => JSON.parse(readFileSync(join(dir, 'v3.json'), 'utf8')));
    jaeger = await startRecordedJaeger({ version: '2.20', traces });
  });
  beforeEach(async () => {
    redis = await createRedisServer();
    [slack] = await Promise.all([startFakeSlack(), redis.start()]);
    clock = clockFrom(RECORDED);
    logged.length = 0;
  });
  afterEach(async () => {
    await Promise.all(processes.map((one) => one.end()));
    processes = [];
    await Promise.all([slack.close(), redis.remove()]);
  });
  afterAll(() => jaeger.close());

  async function open(
    configured: readonly ConfiguredDigest[],
    { isWorker = true, isScheduler = true, url = jaeger.url } = {},
  ): Promise<Process> {
    const backend = await openQueueBackend({ redisUrl: redis.url, dataDir: '/nonexistent', log });
    const source = { url, api: 'auto', headers: {}, caFile: null, preferredServices: [], timeoutMs: 60_000 } as const;
    const traces = createJaegerSource({ ...source, maxBytes: 1e8, now: clock });
    const parts = [
      ...(isScheduler
        ? [
            startDigestScheduler({
              backend,
              configured: planConfigured(configured, 'T0KTRDR').planned,
              log,
              checkIntervalMs: 200,
            }),
          ]
        : []),
      ...(isWorker
        ? [
            startReportWorker({
              backend,
              search: (filter, signal) =>
                searchOperations(filter, { traces, ktrdr: null, wait: async () => {}, clock }, signal),
              clock,
              lookbackMs: 86_400_000,
              redact: [],
              log,
              ownTeam: async () => 'T0KTRDR',
              isWanted: async ({ digestId, ...place }) =>
                !digestId.startsWith('slack-') || (await digestOfChannel(backend.back.store, place)) !== null,
            }),
            startDeliveryWorker({
              backend,
              chat: createChat({ tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl }),
              log,
              pacing: createPacing(AT_ONCE),
            }),
          ]
        : []),
    ];
    let isOver = false;
    const started: Process = {
      backend,
      async end() {
        if (isOver) return;
        isOver = true;
        await Promise.all(parts.map((part) => part.close()));
        await backend.close();
      },
    };
    processes.push(started);
    return started;
  }

  /** When each posted digest was due, oldest first; digests are told apart from the details in their threads. */
  function dueTimes(channel = 'C0OPS'): readonly number[] {
    return slack
      .messages(channel)
      .filter(({ threadTs }) => threadTs === null)
      .map(({ metadata }) => Number(/-(\d{13})"/.exec(JSON.stringify(metadata))?.[1]));
  }

  /** When the digest of every second is due next, in milliseconds. */
  function dueNext(backend: QueueBackend): Promise<number> {
    return until('it is scheduled', async () => {
      const known = await backend.front.queue(REPORTS).getJobSchedulers(0, -1);
      return known.find(({ pattern }) => pattern === EVERY_SECOND.cron)?.next ?? null;
    });
  }

  /** Nothing that was asked for is on its way to Slack. */
  async function delivered(backend: QueueBackend): Promise<void> {
    await until('every delivery is done', async () => {
      const counts = await backend.front.queue(DELIVERIES).getJobCounts('waiting', 'active', 'delayed');
      return Object.values(counts).every((jobs) => jobs === 0);
    });
  }

  async function jobDone(backend: QueueBackend, dueMs: number, changes: object = {}): Promise<void> {
    const data = {
      kind: 'scheduled',
      digestId: 'config-x',
      teamId: 'T0KTRDR',
      channel: 'C0OPS',
      setBy: null,
      sinceMs: 86_400_000,
      type: null,
    };
    const queue = backend.front.queue(REPORTS);
    const job = await queue.add('digest', { ...data, ...changes }, { prevMillis: dueMs, attempts: 1 });
    await until('the digest is done', async () =>
      ['completed', 'failed'].includes(await queue.getJobState(job.id ?? '')),
    );
  }

  it('is posted once for each time by two processes that both schedule and work', async () => {
    await Promise.all([open([EVERY_SECOND]), open([EVERY_SECOND])]);
    await until('four digests', () => dueTimes().length >= 4);
    const due = dueTimes();
    expect(due.every((at) => at % 1000 === 0)).toBe(true);
    expect(new Set(due).size).toBe(due.length);
    const [first] = slack.messages('C0OPS').filter(({ threadTs }) => threadTs === null);
    expect(first?.text).toContain('Failed operations, last 24 h: 2* (the day before: 0)');
    expect(first?.text).toContain('Not counted: 1 false alarm of the orphan detector');
    expect(JSON.stringify(slack.thread('C0OPS', first?.ts ?? ''))).toContain(incidentNamed('06a-').operationId);
  });

  it('goes on after a restart: what was due meanwhile is posted once, and nothing twice', async () => {
    const before = await open([EVERY_SECOND]);
    await until('two digests', () => dueTimes().length >= 2);
    await before.end();
    const posted = dueTimes();
    const { backend } = await open([], { isWorker: false, isScheduler: false });
    const missed = await dueNext(backend);
    await until('several times have passed', () => Date.now() > missed + 2500);
    expect(dueTimes()).toEqual(posted);

    const restartedAt = Date.now();
    await open([EVERY_SECOND]);
    const due = await until('the missed digest and a new one', () => {
      const known = dueTimes();
      return known.includes(missed) && known.some((at) => at >= restartedAt) ? known : null;
    });
    expect(new Set(due).size).toBe(due.length);
    // Times that nobody was there for are one digest, not many.
    expect(due.filter((at) => at >= missed && at < restartedAt)).toEqual([missed]);
  });

  it('stays due while nobody works, also when schedulers come and go', async () => {
    const first = await open([EVERY_SECOND], { isWorker: false });
    const due = await dueNext(first.backend);
    await until('its time has passed', () => Date.now() > due + 1500);
    await first.end();
    const { backend } = await open([EVERY_SECOND, YEARLY], { isWorker: false });
    // Schedules are looked after one by one, in this order.
    await until('the second is scheduled', async () => {
      const known = await backend.front.queue(REPORTS).getJobSchedulers(0, -1);
      return known.some(({ pattern }) => pattern === YEARLY.cron);
    });
    expect(await dueNext(backend)).toBe(due);
  });

  it('is dropped with a line in the log when it comes too late, and the next covers its time', async () => {
    const { backend } = await open([], { isScheduler: false });
    const now = Date.now();
    await jobDone(backend, now - 40 * 3_600_000 + 1000);
    expect(logged.map(({ msg }) => msg)).toContain(
      'a digest came too late and is not posted; the next one covers its time',
    );
    expect(dueTimes()).toEqual([]);

    const { store } = backend.back;
    const told = now - 50 * 3_600_000;
    await store.set(
      'digest-window:T0KTRDR-config-x',
      JSON.stringify({ from: told - 86_400_000, to: told, isTold: true }),
    );
    await jobDone(backend, now);
    await until('it is posted', () => dueTimes().length === 1);
    expect(JSON.parse((await store.get('digest-window:T0KTRDR-config-x')) ?? '')).toEqual({
      from: told,
      to: now,
      isTold: true,
    });
    expect(slack.messages('C0OPS')[0]?.text).toContain('last 2 d 2 h: 2*');

    await jobDone(backend, now);
    await delivered(backend);
    expect(dueTimes()).toHaveLength(1);
  });

  it('makes up for at most a week', async () => {
    const { backend } = await open([], { isScheduler: false });
    const now = Date.now();
    const state = { from: now - 9e9, to: now - 8e9, isTold: true };
    await backend.back.store.set('digest-window:T0KTRDR-config-x', JSON.stringify(state));
    await jobDone(backend, now);
    await until('it is posted', () => dueTimes().length === 1);
    expect(slack.messages('C0OPS')[0]?.text).toContain('last 7 d: 2* (the week before: 0)');
  });

  it('that cannot be scheduled is an error in the log, once for each outage', async () => {
    await open([YEARLY], { isWorker: false });
    const schedulers = () =>
      processes[0]?.backend.front
        .queue(REPORTS)
        .getJobSchedulersCount()
        .catch(() => 0);
    const count = (level: number | undefined, pattern: RegExp) =>
      logged.filter((entry) => entry.level === level && pattern.test(entry.msg)).length;
    await until('it is scheduled', async () => (await schedulers()) === 1);
    for (const outages of [1, 2]) {
      const earlier = count(DEBUG, /could not schedule/);
      await redis.kill();
      await until('several attempts failed', () => count(DEBUG, /could not schedule/) > earlier);
      expect(count(ERROR, /could not schedule/)).toBe(outages);
      await redis.start();
      await until('it is scheduled again', () => count(INFO, /scheduled again/) === outages);
    }
  });

  it('is quiet when nothing failed, and says so in the log', async () => {
    const { backend } = await open([], { isScheduler: false });
    await jobDone(backend, Date.now(), { type: 'agent_research' });
    await delivered(backend);
    expect(logged.map(({ msg }) => msg)).toContain('nothing new failed: no digest');
    expect(slack.messages('C0OPS')).toEqual([]);
  });

  it('says at last that it could not look, instead of looking as if nothing had failed', async () => {
    const { backend } = await open([], { isScheduler: false, url: 'http://127.0.0.1:9' });
    await jobDone(backend, Date.now());
    await until('it is told', () => dueTimes().length === 1);
    expect(slack.messages('C0OPS')[0]?.text).toContain('Jaeger is unreachable at 127.0.0.1:9');
  });

  it('follows the configuration and what was set in Slack, and comes back when it was lost', async () => {
    const place = { teamId: 'T0KTRDR', channel: 'G0TRADE', userId: 'U0ANNA' };
    const first = await open([YEARLY], { isWorker: false });
    const queue = first.backend.front.queue(REPORTS);
    const { store } = first.backend.front;
    const patterns = async () => (await queue.getJobSchedulers(0, -1)).map(({ pattern }) => pattern).toSorted();
    const become = (...wanted: string[]) =>
      until(
        `the schedules are ${wanted.join(', ')}`,
        async () => String(await patterns()) === String(wanted.toSorted()),
      );
    await become('0 9 1 1 *');

    await saveDigest(store, place, { cron: '0 8 1 1 *', tz: 'UTC', sinceMs: 3_600_000, type: 'training' });
    await become('0 9 1 1 *', '0 8 1 1 *');
    await saveDigest(store, place, { cron: '0 7 1 1 *', tz: 'UTC', sinceMs: 3_600_000, type: null });
    await become('0 9 1 1 *', '0 7 1 1 *');

    for (const { key } of await queue.getJobSchedulers(0, -1)) await queue.removeJobScheduler(key);
    await become('0 9 1 1 *', '0 7 1 1 *');

    await dropDigest(store, place);
    await become('0 9 1 1 *');
    await saveDigest(store, place, { cron: '0 6 1 1 *', tz: 'UTC', sinceMs: 3_600_000, type: null });
    await become('0 9 1 1 *', '0 6 1 1 *');
    await store.deleteOwnedBy(place.teamId);
    await become('0 9 1 1 *');

    await first.end();
    const second = await open([{ ...YEARLY, cron: '0 5 1 1 *' }], { isWorker: false });
    const after = second.backend.front.queue(REPORTS);
    await until('only the new one is left', async () => {
      const known = await after.getJobSchedulers(0, -1);
      return known.length === 1 && known[0]?.pattern === '0 5 1 1 *';
    });
  });

  it('reaches whoever set it by direct message, with the reason, where the bot may not post', async () => {
    const { backend } = await open([], { isScheduler: false });
    await jobDone(backend, Date.now(), { channel: 'C0RANDOM', setBy: 'U0ANNA' });
    const told = await slack.waitForMessage(({ channel }) => channel.startsWith('D'));
    expect(told.text).toContain('Failed operations');
    expect(told.text).toContain('Couldn’t post in <#C0RANDOM>: ktrdr-bot isn’t in it');
    expect(slack.messages('C0RANDOM')).toEqual([]);
  });

  it('that was ended in Slack a moment before its time is not posted', async () => {
    const { backend } = await open([], { isScheduler: false });
    await jobDone(backend, Date.now(), { digestId: 'slack-T0KTRDR-C0OPS' });
    await delivered(backend);
    expect(logged.filter(({ digestId }) => digestId !== undefined)).toEqual([]);
    expect(slack.messages('C0OPS')).toEqual([]);
  });

  it('of what was snoozed here is counted and not told again, and silent when nothing else failed', async () => {
    const { backend } = await open([], { isScheduler: false });
    const { store } = backend.back;
    // As whoever configured it: without a word on the workspace.
    const configured = { teamId: '' };
    const where = { teamId: 'T0KTRDR', channel: 'C0OPS' };
    const request = { userId: 'U0ANNA', nowMs: Date.now(), forMs: 3_600_000 };
    const noData = incidentNamed('06a-').operationId;
    await mute(store, { ...where, kind: 'operation', of: noData }, request);
    await jobDone(backend, Date.now() - 2000, configured);
    await until('it is posted', () => dueTimes().length === 1);
    const [first] = slack.messages('C0OPS');
    expect(first?.text).toContain('last 24 h: 2*');
    expect(first?.text).toContain('1 of them is snoozed or muted in this channel, so not listed.');
    expect(JSON.stringify(slack.messages('C0OPS'))).not.toContain(noData);

    const [cause = ''] = incidentNamed('03a-').expected.causes;
    await mute(store, { ...where, kind: 'cause', of: cause }, request);
    await jobDone(backend, Date.now() - 1000, { ...configured, digestId: 'config-y' });
    // The false alarm of the orphan detector is news of another kind.
    await until('it is posted', () => dueTimes().length === 2);
    const last = slack.messages('C0OPS').filter(({ threadTs }) => threadTs === null)[1];
    expect(last?.text).toContain('All 2 are snoozed or muted in this channel, so not listed.');
    expect(slack.thread('C0OPS', last?.ts ?? '')).toHaveLength(1);
    await jobDone(backend, Date.now(), { ...configured, digestId: 'config-z', type: 'backtesting' });
    await delivered(backend);
    expect(logged.map(({ msg }) => msg)).toContain('nothing new failed: no digest');
    expect(dueTimes()).toHaveLength(2);
  });
});
