/** A limit on requests a second, within one process. Times are those of slots, never measured. */
import { describe, expect, it, vi } from 'vitest';
import { createPace, paced, type Reserve, reserveLocally } from '../../../src/adapters/http/pace.ts';
import { describeFailure } from '../../../src/jobs/gather/source-failure.ts';

const NEVER = new AbortController().signal;

describe('the slots of a process', () => {
  it('are those of a second at once, then one after the other', async () => {
    const reserve = reserveLocally({ requestsPerSecond: 2 });
    const first = await reserve(2);
    expect(first).toMatchObject({ count: 2 });
    expect(first.firstInMs).toBeLessThan(-400);
    const second = await reserve(1);
    expect(second.firstInMs).toBeGreaterThan(first.firstInMs);
    expect(await reserve(10)).toMatchObject({ count: 10 });
    expect((await reserve(1)).firstInMs).toBeGreaterThan(4000);
  });

  it('end where a request would wait for longer than anybody does', async () => {
    const reserve = reserveLocally({ requestsPerSecond: 1 });
    const { count } = await reserve(1000);
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(50);
    expect(await reserve(1)).toMatchObject({ count: 0 });
  });
});

describe('the pace', () => {
  it('makes one reservation for all requests of a moment', async () => {
    const reserve = vi.fn<Reserve>(async (wanted) => ({ count: wanted, firstInMs: -1000 }));
    const pace = createPace(reserve, { requestsPerSecond: 10 });
    expect(await Promise.all(Array.from({ length: 5 }, () => pace.turn(NEVER)))).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(reserve.mock.calls).toEqual([[5]]);
  });

  it('uses what a reservation gave in excess before it makes another', async () => {
    const reserve = vi.fn<Reserve>(async (wanted) => ({ count: wanted + 2, firstInMs: -1000 }));
    const pace = createPace(reserve, { requestsPerSecond: 10 });
    for (let i = 0; i < 4; i += 1) expect(await pace.turn(NEVER)).toBe(true);
    expect(reserve.mock.calls).toEqual([[1], [1]]);
  });

  it('turns away those whose slot comes too late, and goes on with the next', async () => {
    const counts = [1, 2];
    const pace = createPace(async () => ({ count: counts.shift() ?? 0, firstInMs: -1 }), { requestsPerSecond: 1000 });
    expect(await Promise.all([pace.turn(NEVER), pace.turn(NEVER)])).toEqual([true, false]);
    expect(await pace.turn(NEVER)).toBe(true);
  });

  it('gives the slot of a request that was stopped to the next one', async () => {
    let give: (slots: Awaited<ReturnType<Reserve>>) => void = () => undefined;
    const reserve = vi.fn<Reserve>(() => new Promise((resolve) => (give = resolve)));
    const pace = createPace(reserve, { requestsPerSecond: 10 });
    const stopping = new AbortController();
    const stopped = pace.turn(stopping.signal);
    await vi.waitFor(() => expect(reserve).toHaveBeenCalled());
    stopping.abort();
    give({ count: 1, firstInMs: 0 });
    expect(await stopped).toBe(false);
    expect(await pace.turn(NEVER)).toBe(true);
    expect(reserve).toHaveBeenCalledOnce();
  });
});

describe('a client with a pace', () => {
  const get = vi.fn(
    async () => ({ kind: 'failed', failure: { code: 'unreachable', host: 'jaeger:1', reason: 'x' } }) as const,
  );

  it('sends what it may send', async () => {
    const pace = createPace(async (count) => ({ count, firstInMs: 0 }), { requestsPerSecond: 5 });
    await paced({ host: 'jaeger:1', get }, pace, { name: 'Jaeger' }, 'RATE').get('api/services', NEVER);
    expect(get.mock.calls).toEqual([['api/services', NEVER]]);
  });

  it('says that its own limit was the reason', async () => {
    get.mockClear();
    const pace = createPace(async () => ({ count: 0, firstInMs: 40_000 }), { requestsPerSecond: 5 });
    const outcome = await paced({ host: 'jaeger:1', get }, pace, { name: 'Jaeger' }, 'RATE').get('api/services', NEVER);
    expect(get).not.toHaveBeenCalled();
    expect(outcome.kind === 'failed' && describeFailure('Jaeger', outcome.failure)).toBe(
      'Jaeger at jaeger:1 wasn’t queried: too many requests are waiting for the limit of 5 per second. Try again in a minute. If it keeps happening, raise RATE.',
    );
  });
});
