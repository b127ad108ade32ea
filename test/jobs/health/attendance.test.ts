import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Attendance, watchWorkers } from '../../../src/jobs/health/attendance.ts';
import { BACKGROUND_JOBS, REPORTS } from '../../../src/jobs/queue/queues.ts';
import { until } from '../../adapters/queue/until.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const [queueKind] = QUEUE_KINDS.filter(({ skipped }) => !skipped);
const waiting = (count: number) => ({ [REPORTS]: { waiting: count } });

describe('the attendance of workers', () => {
  let queue: TestQueue;
  let attendance: Attendance;
  const workers: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    if (queueKind === undefined) throw new Error('There is no queue to test with.');
    queue = await queueKind.open(pino({ level: 'silent' }));
  });
  afterEach(async () => {
    vi.useRealTimers();
    await Promise.all(workers.splice(0).map((worker) => worker.close()));
  });
  afterAll(() => queue.remove());

  function work(name: string, act: () => Promise<void>) {
    const worker = attendance.backend.worker(name, act, {});
    workers.push(worker);
    return worker;
  }

  /** Only the clock by which it counts: the workers go on as they do. */
  function minutesPass(minutes: number): void {
    const now = performance.now() + minutes * 60_000;
    vi.spyOn(performance, 'now').mockReturnValue(now);
  }

  it('knows whose jobs are taken, and when the last one was', async () => {
    attendance = watchWorkers(queue.backend);
    work(REPORTS, async () => undefined);
    work(BACKGROUND_JOBS, async () => undefined);
    expect(attendance.queues()).toEqual([REPORTS, BACKGROUND_JOBS]);
    expect(attendance.lastFetchAtMs()).toBeNull();
    const before = Date.now();
    await queue.backend.front.queue(REPORTS).add('job', {});
    await until('the job is taken', () => attendance.lastFetchAtMs() !== null);
    expect(attendance.lastFetchAtMs()).toBeGreaterThanOrEqual(before);
    expect(attendance.problems(waiting(3))).toEqual([]);
  });

  it('names a worker that lets jobs wait for a minute, unless it works or has none', async () => {
    attendance = watchWorkers(queue.backend);
    let end = () => {};
    const isTaken = new Promise<void>((resolve) => {
      work(REPORTS, () => {
        resolve();
        return new Promise((done) => {
          end = done;
        });
      });
    });
    expect(attendance.problems(waiting(0))).toEqual([]);
    minutesPass(2);
    expect(attendance.problems(waiting(3))).toEqual([expect.stringContaining('3 jobs are waiting in "reports"')]);
    expect(attendance.problems(waiting(0))).toEqual([]);
    expect(attendance.problems(waiting(3))).toEqual([]);
    vi.restoreAllMocks();

    await queue.backend.front.queue(REPORTS).add('job', {});
    await isTaken;
    minutesPass(10);
    expect(attendance.problems(waiting(3))).toEqual([]);
    vi.restoreAllMocks();
    end();
  });

  it('names a worker that has ended', async () => {
    attendance = watchWorkers(queue.backend);
    await work(REPORTS, async () => undefined).close();
    expect(attendance.problems({})).toEqual(['The worker for "reports" has stopped: restart this process.']);
  });
});
