import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countFeedback, judge } from '../../../src/jobs/answer/feedback.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('judgements ($kind)', ({ open }) => {
  let queue: TestQueue;
  beforeAll(async () => {
    queue = await open(pino({ level: 'silent' }));
  });
  afterAll(() => queue.remove());

  it('are counted per workspace and over all, a second thought once, and go with their workspace', async () => {
    const { store } = queue.backend.front;
    const one = { teamId: 'T0ONE', answerId: 'T0ONE-1', userId: 'U0ANNA', cause: 'data-missing' };
    await judge(store, { ...one, verdict: 'right' });
    await judge(store, { ...one, verdict: 'wrong' });
    await judge(store, { ...one, teamId: 'T0TWO', answerId: 'T0TWO-1', verdict: 'wrong' });
    expect(await countFeedback(store, 'T0ONE')).toEqual([{ cause: 'data-missing', verdict: 'wrong', count: 1 }]);
    expect(await countFeedback(store, null)).toEqual([{ cause: 'data-missing', verdict: 'wrong', count: 2 }]);
    await store.deleteOwnedBy('T0ONE');
    expect(await countFeedback(store, null)).toEqual([{ cause: 'data-missing', verdict: 'wrong', count: 1 }]);
    expect(await store.list('feedback-teams:all')).toEqual(['T0TWO']);
  });
});
