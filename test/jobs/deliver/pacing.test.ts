import { describe, expect, it } from 'vitest';
import { createPacing, Later } from '../../../src/jobs/deliver/pacing.ts';
import { manualTime } from './manual-time.ts';

const CHANNEL = 'C0OPS';
const never = new AbortController().signal;

describe('the pace of posts to a channel', () => {
  it('is one per interval after a burst, and the burst comes back with silence', async () => {
    const time = manualTime();
    const pacing = createPacing({ intervalMs: 1000, burst: 3 }, time);
    const times: number[] = [];
    const post = async () => {
      await pacing.turn(CHANNEL, never);
      times.push(time.now());
    };
    for (let i = 0; i < 5; i += 1) await post();
    time.pass(60_000);
    for (let i = 0; i < 4; i += 1) await post();
    expect(times).toEqual([0, 0, 0, 1000, 2000, 62_000, 62_000, 62_000, 63_000]);
  });

  it('is kept for each channel alone, and other work is done while it is waited for', async () => {
    const time = manualTime();
    const pacing = createPacing({ intervalMs: 1000, burst: 1 }, time);
    let isDone = false;
    await pacing.turn(CHANNEL, never);
    await pacing.turn('G0TRADE', never);
    expect(time.now()).toBe(0);
    await pacing.turn(CHANNEL, never, async () => {
      isDone = true;
    });
    expect([time.now(), isDone]).toEqual([1000, true]);
  });

  it('puts off what would wait for long, and stops waiting when the signal aborts', async () => {
    const pacing = createPacing({ intervalMs: 10_000, burst: 1 }, manualTime());
    await pacing.turn(CHANNEL, never);
    await expect(pacing.turn(CHANNEL, never)).rejects.toMatchObject({ afterMs: 10_000 });

    const soon = createPacing({ intervalMs: 1000, burst: 1 });
    await soon.turn(CHANNEL, never);
    await expect(soon.turn(CHANNEL, AbortSignal.abort())).rejects.toThrow();
  });

  it('is silence for as long as Slack asked for, and in that channel only', async () => {
    const time = manualTime();
    const pacing = createPacing({ intervalMs: 1000, burst: 3 }, time);
    pacing.pause(CHANNEL, 30_000);
    pacing.pause(CHANNEL, 5000);
    expect(() => pacing.check(CHANNEL)).toThrow(Later);
    await expect(pacing.turn(CHANNEL, never)).rejects.toMatchObject({ afterMs: 30_000 });
    await pacing.turn('G0TRADE', never);
    time.pass(29_999);
    expect(() => pacing.check(CHANNEL)).toThrow(Later);
    time.pass(1);
    await pacing.turn(CHANNEL, never);
    expect(time.now()).toBe(30_000);
  });
});
