import { afterEach, describe, expect, it } from 'vitest';
import { type Probe, startProbe, Unwell } from '../../../src/jobs/health/probe.ts';

const NEVER = 3_600_000;
const probes: Probe[] = [];
afterEach(() => {
  for (const probe of probes.splice(0)) probe.close();
});

function probing(act: () => Promise<readonly string[]>, limits: { limitMs?: number; everyMs?: number } = {}): Probe {
  const probe = startProbe({ act, everyMs: NEVER, limitMs: NEVER, ...limits });
  probes.push(probe);
  return probe;
}

describe('a probe', () => {
  it('is unwell before its first success, and then only after two failures in a row', async () => {
    const outcomes = ['fails', 'works', 'fails', 'works', 'fails', 'fails', 'works'];
    const probe = probing(async () => {
      if (outcomes.shift() === 'fails') throw new Unwell(['Redis rejects writes (READONLY).', 'It is a replica.']);
      return ['Redis has no append-only file.'];
    });
    const seen: boolean[] = [probe.health().ok];
    while (outcomes.length > 0) {
      await probe.check();
      seen.push(probe.health().ok);
    }
    expect(seen).toEqual([false, false, true, true, true, true, false, true]);
    expect(probe.health().problems).toEqual(['Redis has no append-only file.']);
  });

  it('names every problem, also those of the first failure', async () => {
    let isWell = true;
    const probe = probing(async () => {
      if (isWell) return [];
      throw new Unwell(['One.', 'Two.']);
    });
    await probe.check();
    isWell = false;
    await probe.check();
    expect(probe.health()).toEqual({ ok: true, problems: ['One.', 'Two.'] });
  });

  it('takes no answer as a failure, and does not act again before there is one', async () => {
    let acts = 0;
    let answer = (_problems: readonly string[]) => {};
    const probe = probing(
      () => {
        acts += 1;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
      { limitMs: 5 },
    );
    for (let i = 0; i < 3; i += 1) await probe.check();
    expect([acts, probe.health().ok]).toEqual([1, false]);
    answer([]);
    await probe.check();
    await probe.check();
    expect(acts).toBeGreaterThan(1);
  });

  it('acts again and again by itself, until it is closed', async () => {
    let acts = 0;
    const probe = probing(
      async () => {
        acts += 1;
        return [];
      },
      { everyMs: 1 },
    );
    await expect.poll(() => acts).toBeGreaterThan(3);
    probe.close();
    await probe.check();
    const closedAfter = acts;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(acts).toBe(closedAfter);
  });
});
