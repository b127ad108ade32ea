import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { readWanted } from '../../../src/jobs/deliver/wanted.ts';
import { BACKGROUND_JOBS } from '../../../src/jobs/queue/queues.ts';
import { checkWatched, startWatch, stopWatch, type Watch, watchesOf } from '../../../src/jobs/watch/watch.ts';
import { diagnosisSaying, OPERATION, placeIn } from '../answer/question-set.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const NOW = Date.parse('2026-05-12T12:00:00Z');
const WEEK_MS = 7 * 24 * 3_600_000;
const PLACE = placeIn('C0OPS', { responseUrl: 'https://hooks.slack.com/commands/T0KTRDR/1/x' });
const RUNNING: Diagnosis = { ...diagnosisSaying('It is running.'), verdict: 'running', status: 'running' };
const COMPLETED = diagnosisSaying('It completed.');
const UNAVAILABLE: Diagnosis = { ...COMPLETED, verdict: 'unavailable', status: 'unknown' };
const GONE: Diagnosis = { ...UNAVAILABLE, verdict: 'not-found' };

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('a watch ($kind)', ({ open }) => {
  let queue: TestQueue;
  let watch: Watch;
  let interactions = 0;
  beforeAll(async () => {
    queue = await open(pino({ level: 'silent' }));
  });
  beforeEach(async () => {
    await queue.backend.front.store.deleteOwnedBy(PLACE.teamId);
    interactions += 1;
    const started = await start(`interaction-${interactions}`);
    if (started === null) throw new Error('the watch did not start');
    watch = started;
  });
  afterAll(() => queue.remove());

  const start = (id: string, userId = PLACE.userId) =>
    startWatch(queue.backend.front, id, { operationId: OPERATION, place: { ...PLACE, userId }, nowMs: NOW });
  const check = (diagnosis: Diagnosis, number = 0, nowMs = NOW) =>
    checkWatched(
      { watchId: watch.watchId, check: number },
      {
        client: queue.backend.back,
        diagnose: async () => diagnosis,
        clock: () => micros(nowMs * 1000),
        redact: [],
      },
      AbortSignal.timeout(60_000),
    );
  const watches = async () =>
    (await watchesOf(queue.backend.front.store, PLACE.teamId, PLACE.userId)).map(({ watchId }) => watchId);
  const scheduled = (number: number) =>
    queue.backend.front.queue(BACKGROUND_JOBS).getJob(`watch-${watch.watchId}-${number}`);
  const message = async () => {
    const requestId = `watch-${watch.watchId}`;
    const wanted = await readWanted(queue.backend.front.store, requestId);
    return { stage: wanted?.stage, text: wanted?.answer.summary.text, replies: wanted?.answer.thread.length };
  };

  it('expires after a week without an end', async () => {
    await check(RUNNING, 0, NOW + WEEK_MS);
    expect(await watches()).toEqual([watch.watchId]);
    await check(RUNNING, 1, NOW + WEEK_MS + 1);
    expect(await watches()).toEqual([]);
    const text = expect.stringContaining('it hasn’t ended after a week');
    expect(await message()).toEqual({ stage: 'answer', text, replies: 0 });
    expect(await scheduled(2)).toBeUndefined();
  });

  it.each([
    [0, 10_000],
    [1, 15_000],
    [5, 75_938],
    [40, 600_000],
  ])('waits longer after check %i than before, at most ten minutes', async (number, waitMs) => {
    await check(RUNNING, number);
    expect((await scheduled(number + 1))?.opts.delay).toBe(waitMs);
    expect((await message()).text).toMatch(/^Watching .*: running/);
  });

  it('goes on while the sources are unavailable', async () => {
    await check(UNAVAILABLE);
    expect(await watches()).toEqual([watch.watchId]);
    expect(await scheduled(1)).toBeDefined();
  });

  it.each([
    ['completed', COMPLETED],
    ['is no longer known', GONE],
  ])('ends with a notification when the operation %s', async (_what, diagnosis) => {
    await check(RUNNING);
    await check(diagnosis, 1);
    expect(await watches()).toEqual([]);
    expect(await message()).toMatchObject({ stage: 'answer', replies: 1 });
    await check(RUNNING, 2);
    expect(await scheduled(3)).toBeUndefined();
  });

  it.each([
    ['has ended', COMPLETED, /^Nothing to watch: `op_\w+` has ended \(completed\)\.$/],
    ['is unknown', GONE, /^Nothing to watch: no operation `op_\w+` found\.$/],
  ])('of what %s is one line for the person alone', async (_what, diagnosis, words) => {
    await check(diagnosis);
    expect(await watches()).toEqual([]);
    expect(await message()).toEqual({ stage: 'answer', text: expect.stringMatching(words), replies: 0 });
    const wanted = await readWanted(queue.backend.front.store, `watch-${watch.watchId}`);
    expect(wanted?.elsewhere?.isSummary).toBe(true);
    expect(wanted?.place?.responseUrl).toBe(PLACE.responseUrl);
    expect(await scheduled(1)).toBeUndefined();
  });

  it('is one for each person, operation, and channel, also when Slack delivers the click twice', async () => {
    expect(await start(`interaction-${interactions}`)).toEqual(watch);
    expect(await start('another click')).toBeNull();
    expect(await watches()).toEqual([watch.watchId]);
    expect(await start('a click by Ben', 'U0BEN')).not.toBeNull();
  });

  it('is stopped only by its watcher', async () => {
    const { front } = queue.backend;
    expect(await stopWatch(front, watch.watchId, { teamId: PLACE.teamId, userId: 'U0BEN' })).toBe('not-yours');
    expect(await stopWatch(front, watch.watchId, { teamId: 'T0OTHER', userId: PLACE.userId })).toBe('over');
    expect(await watches()).toEqual([watch.watchId]);
    expect(await stopWatch(front, watch.watchId, PLACE)).toBe('stopped');
    expect(await watches()).toEqual([]);
    expect(await stopWatch(front, watch.watchId, PLACE)).toBe('over');
  });
});
