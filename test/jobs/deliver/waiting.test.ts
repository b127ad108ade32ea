import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createParking, type Parking } from '../../../src/jobs/deliver/parking.ts';
import { createSetbacks } from '../../../src/jobs/deliver/setbacks.ts';

const TEAM = 'T0KTRDR';

describe('a workspace whose token is refused', () => {
  const logged: string[] = [];
  const parked = new Set<string>();
  let nowMs = 0;
  let parking: Parking;

  beforeEach(() => {
    logged.length = 0;
    parked.clear();
    nowMs = 1000;
    const write = (line: string) => void logged.push(JSON.parse(line).msg);
    const store = {
      rank: async (_set: string, member: string) => void parked.add(member),
      unrank: async (_set: string, member: string) => parked.delete(member),
    };
    parking = createParking({ store, log: pino({ level: 'info' }, { write }), now: () => nowMs }, 1000);
  });

  it('is tried once for all its channels, less and less often', () => {
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const { waitMs: afterMs } = parking.park(TEAM, 'token_revoked');
      // Another channel that had begun its try as well.
      const again = parking.park(TEAM, 'token_revoked');
      const { waitMs, code } = parking.waitFor(TEAM) ?? { waitMs: 0, code: '' };
      expect([again.code, code]).toEqual(['token_revoked', 'token_revoked']);
      expect(waitMs).toBeGreaterThanOrEqual(afterMs);
      expect(waitMs).toBeLessThanOrEqual(1.25 * afterMs + 1);
      waits.push(afterMs);
      nowMs += afterMs;
      expect(parking.waitFor(TEAM)).toBeNull();
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('is reported once, also to the store, until the token works again', () => {
    parking.park(TEAM, 'token_revoked');
    nowMs += 1000;
    parking.park(TEAM, 'token_revoked');
    expect(parking.waitFor('T0OTHER')).toBeNull();
    expect([...parked]).toEqual([TEAM]);
    parking.resume(TEAM);
    parking.resume(TEAM);
    expect(parking.waitFor(TEAM)).toBeNull();
    expect(parked.size).toBe(0);
    expect(logged).toEqual([
      expect.stringContaining('rejects the token'),
      expect.stringContaining('accepts the token'),
    ]);
    // After that it begins anew.
    expect(parking.park(TEAM, 'token_revoked').waitMs).toBe(1000);
  });
});

describe('a channel in which Slack gives no clear answer', () => {
  it('waits longer each time, up to half a minute, and from the start again after a success', () => {
    const setbacks = createSetbacks(1000);
    for (const longestMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const waitMs = setbacks.add('lane:a');
      expect(waitMs).toBeGreaterThanOrEqual(longestMs / 2);
      expect(waitMs).toBeLessThanOrEqual(longestMs);
    }
    expect(setbacks.add('lane:b')).toBeLessThanOrEqual(1000);
    setbacks.clear('lane:a');
    expect(setbacks.add('lane:a')).toBeLessThanOrEqual(1000);
  });
});
