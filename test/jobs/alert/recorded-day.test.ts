import { afterEach, describe, expect, it } from 'vitest';
import { BOARD } from '../../../src/jobs/alert/board.ts';
import type { LookMemory } from '../../../src/jobs/alert/run-look.ts';
import type { QueueClient } from '../../../src/jobs/queue/queues.ts';
import { onMeasurement } from '../../../src/jobs/telemetry.ts';
import { randomFrom } from '../../diagnosis/redaction/random.ts';
import { markersIn } from '../../end-to-end/world.ts';
import { QUEUE_KINDS, type QueueKind, type TestQueue } from '../queue-kinds.ts';
import { DAY_BEGINS_MS, MINUTE_MS, recordedDay, startDayKtrdr } from './day.ts';
import { CHANNEL, openWatchtower, SILENT, type Watchtower } from './watchtower.ts';

const LOOK_MS = 30_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** After its end, and, for a worker that is lost, after its last sign of life. */
const TOLD_MS = 45_000;
const LOST_TOLD_MS = 120_000;
/** Where nothing happens, the looks of the day are this far apart, but for one hour. */
const QUIET_LOOK_MS = 5 * MINUTE_MS;
const EVENTFUL_MS = 8 * MINUTE_MS;

const day = recordedDay(23 * MINUTE_MS);
const failures = day.filter(({ isQuiet }) => !isQuiet);
const LAST_MS = Math.max(...day.map(({ failedAt }) => failedAt));
/** Later than everything. */
const QUIET_HOUR_MS = LAST_MS + EVENTFUL_MS;
const usable = QUEUE_KINDS.filter(({ skipped }) => !skipped);

function nextLookAt(at: number): number {
  const isEventful = day.some(
    ({ startedAt, failedAt }) => at >= startedAt - QUIET_LOOK_MS && at < failedAt + EVENTFUL_MS,
  );
  const isCounted = at >= QUIET_HOUR_MS && at < QUIET_HOUR_MS + 60 * MINUTE_MS;
  return at + (isEventful || isCounted ? LOOK_MS : QUIET_LOOK_MS);
}

/** The orphan detector failed it by mistake, and it completed. */
const healed = failures.filter(({ states }) => states.at(-1)?.to === 'completed');

/** `mayBeLate`: nobody may have looked before an operation had got over its failure. */
function expectToldOnce(tower: Watchtower, mayBeLate = false): void {
  const threads = tower.posts().map((root) => JSON.stringify([root, tower.replies(root)]));
  const judged = mayBeLate ? day.filter((one) => !healed.includes(one)) : day;
  const told = judged.map(({ name, id }) => ({ name, times: threads.filter((words) => words.includes(id)).length }));
  const wanted = judged.map(({ name, isQuiet }) => ({ name, times: isQuiet ? 0 : 1 }));
  expect(told).toEqual(wanted);
  expect(tower.posts().length).toBeLessThanOrEqual(new Set(failures.map(({ causes }) => causes[0])).size);
  const markers = markersIn(tower.slack);
  expect(new Set(markers).size, 'posted twice').toBe(markers.length);
  expect(tower.slack.warnings()).toEqual([]);
}

describe('a recorded day', () => {
  let queue: TestQueue;
  let tower: Watchtower;
  afterEach(async () => {
    await tower.close();
    await queue.remove();
  });

  async function begin({ open }: QueueKind): Promise<void> {
    queue = await open(SILENT);
    tower = await openWatchtower(queue, {
      documents: day.flatMap(({ documents }) => documents),
      startMs: DAY_BEGINS_MS,
      ktrdr: (nowMs) => startDayKtrdr(day, nowMs),
    });
    await tower.alertsOn();
  }

  it('is told: every failure once and soon, in as many messages as causes, and nothing else', async () => {
    const [kind] = usable;
    if (kind === undefined) throw new Error('There is no queue.');
    await begin(kind);
    const memory: LookMemory = { state: null };
    const toldAt = new Map<string, number>();
    let isChanged = false;
    const stop = onMeasurement((measured) => {
      isChanged ||= measured.kind === 'alert';
    });
    let quietRequests = 0;
    for (let at = DAY_BEGINS_MS; at < DAY_BEGINS_MS + DAY_MS; at = nextLookAt(at)) {
      const before = tower.jaeger.requests.length;
      tower.nowMs = at;
      await tower.look({}, memory);
      if (at >= QUIET_HOUR_MS && at < QUIET_HOUR_MS + 60 * MINUTE_MS)
        quietRequests += tower.jaeger.requests.length - before;
      if (!isChanged) continue;
      isChanged = false;
      const words = JSON.stringify(tower.slack.messages(CHANNEL));
      for (const { id } of day) if (words.includes(id) && !toldAt.has(id)) toldAt.set(id, at);
    }
    stop();
    expectToldOnce(tower);
    const late = failures
      .map(({ name, id, failedAt, isLost }) => ({ name, isLost, ms: (toldAt.get(id) ?? Number.NaN) - failedAt }))
      .filter(({ ms, isLost }) => !(ms <= (isLost ? LOST_TOLD_MS : TOLD_MS)));
    expect(late).toEqual([]);
    expect(quietRequests).toBeGreaterThan(0);
    expect(quietRequests).toBeLessThanOrEqual(3 * 120);
  }, 600_000);

  it.each(usable)(
    'is told once when both schedulers are killed at random ($kind)',
    async (kind) => {
      await begin(kind);
      const random = randomFrom(18);
      const below = (limit: number) => random.pick([...Array(limit).keys()]);
      const processes: LookMemory[] = [{ state: null }, { state: null }];
      const { back } = queue.backend;
      let kills = 0;
      for (let at = DAY_BEGINS_MS; at < DAY_BEGINS_MS + DAY_MS; at = nextLookAt(at)) {
        tower.nowMs = at;
        const which = below(processes.length);
        const isKilled = below(5) === 0;
        const client = isKilled ? mortal(back, below(below(60) + 1)) : back;
        const outcome = await tower.look({ client }, processes[which]).catch((error: unknown) => error);
        if (!(outcome instanceof Killed) && outcome !== true) throw outcome;
        if (!isKilled) continue;
        kills += 1;
        processes[which] = { state: null };
        // Its lease ends by itself, and others take over after a while.
        await back.store.delete('alert-lease');
        at += below(10) * LOOK_MS;
      }
      expect(kills).toBeGreaterThan(50);
      expectToldOnce(tower, true);
      const board = await BOARD.get(back.store, { teamId: tower.slack.team.id, channel: CHANNEL });
      const counted = board?.alerts.reduce((sum, { count }) => sum + count, 0);
      expect(counted).toBe(board?.alerts.reduce((sum, alert) => sum + alert.failures.length, 0));
    },
    600_000,
  );
});

class Killed extends Error {}

/** A client of a process that dies after so many commands: none after that has an effect. */
function mortal(client: QueueClient, commands: number): QueueClient {
  let left = commands;
  const dying = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          left -= 1;
          if (left < 0) return Promise.reject(new Killed());
          return Reflect.apply(value, object, args);
        };
      },
    });
  return { store: dying(client.store), queue: (name) => dying(client.queue(name)) };
}
