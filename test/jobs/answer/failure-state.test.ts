import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claim, stateOf, takeOver, unclaim } from '../../../src/jobs/answer/failure-state.ts';
import type { Store } from '../../../src/jobs/ports.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { diagnosisSaying } from './question-set.ts';

const HERE = { teamId: 'T0KTRDR', channel: 'C0OPS' };
const FAILURE = diagnosisSaying('It failed.');

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('the claim of a failure ($kind)', ({ open }) => {
  let queue: TestQueue;
  let store: Store;
  beforeAll(async () => {
    queue = await open(pino({ level: 'silent' }));
    store = queue.backend.front.store;
  });
  beforeEach(() => store.deleteOwnedBy(HERE.teamId));
  afterAll(() => queue.remove());

  const owner = async (where = HERE) => (await stateOf(store, where, FAILURE)).claimedBy;

  it('belongs to the first person who claims it, in all channels of the workspace', async () => {
    expect(await owner()).toBeNull();
    expect(await claim(store, HERE, FAILURE, 'U0ANNA')).toBe('U0ANNA');
    expect(await claim(store, HERE, FAILURE, 'U0BEN')).toBe('U0ANNA');
    expect(await owner({ ...HERE, channel: 'C0OTHER' })).toBe('U0ANNA');
    expect(await owner({ ...HERE, teamId: 'T0OTHER' })).toBeNull();
  });

  it('is given up only by its owner', async () => {
    await claim(store, HERE, FAILURE, 'U0ANNA');
    expect(await unclaim(store, HERE, FAILURE, 'U0BEN')).toBe('U0ANNA');
    expect(await owner()).toBe('U0ANNA');
    expect(await unclaim(store, HERE, FAILURE, 'U0ANNA')).toBeNull();
    expect(await owner()).toBeNull();
    expect(await unclaim(store, HERE, FAILURE, 'U0BEN')).toBeNull();
  });

  it('can be taken over', async () => {
    await claim(store, HERE, FAILURE, 'U0ANNA');
    expect(await takeOver(store, HERE, FAILURE, 'U0BEN')).toBe('U0BEN');
    expect(await owner()).toBe('U0BEN');
  });
});
