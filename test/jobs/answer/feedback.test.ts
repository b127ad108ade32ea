import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countFeedback, countFeedbackFor, judge, oftenWrong, summaryOf } from '../../../src/jobs/answer/feedback.ts';
import { ALL_PUBLIC } from '../public-channels.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('judgements ($kind)', ({ open }) => {
  let queue: TestQueue;
  beforeAll(async () => {
    queue = await open(pino({ level: 'silent' }));
  });
  afterAll(() => queue.remove());

  it('are counted per workspace and over all, a second thought once, and go with their workspace', async () => {
    const { store } = queue.backend.front;
    const one = { teamId: 'T0ONE', answerId: 'T0ONE-1', userId: 'U0ANNA', channel: 'C0OPS', cause: 'data-missing' };
    await judge(store, { ...one, verdict: 'right' });
    await judge(store, { ...one, verdict: 'wrong' });
    await judge(store, { ...one, teamId: 'T0TWO', answerId: 'T0TWO-1', verdict: 'wrong' });
    const reader = { kind: 'person', teamId: 'T0ONE', userId: 'U0BEN', channel: null } as const;
    expect(await countFeedbackFor({ store, workspace: ALL_PUBLIC }, reader)).toEqual([
      { cause: 'data-missing', verdict: 'wrong', count: 1 },
    ]);
    expect(await countFeedback(store)).toEqual([{ cause: 'data-missing', verdict: 'wrong', count: 2 }]);
    await store.deleteOwnedBy('T0ONE');
    expect(await countFeedback(store)).toEqual([{ cause: 'data-missing', verdict: 'wrong', count: 1 }]);
    expect(await store.list('feedback-teams:all')).toEqual(['T0TWO']);
  });

  it('name the causes of a workspace that are often wrong, once enough people have said so', async () => {
    const { store } = queue.backend.front;
    const said = async (teamId: string, cause: string, right: number, wrong: number) => {
      for (let i = 0; i < right + wrong; i += 1) {
        const one = { teamId, answerId: `${teamId}-${cause}-${i}`, userId: 'U0ANNA', channel: 'C0OPS', cause };
        await judge(store, { ...one, verdict: i < right ? 'right' : 'wrong' });
      }
    };
    await said('T0ALL', 'mostly-wrong', 1, 4);
    await said('T0ALL', 'half', 3, 3);
    await said('T0ALL', 'mostly-right', 5, 1);
    await said('T0ALL', 'rare', 0, 4);
    await said('T0SOME', 'elsewhere', 0, 9);
    expect((await oftenWrong(store, 'T0ALL')).map(({ cause }) => cause)).toEqual(['mostly-wrong', 'half']);
    const reader = { kind: 'person', teamId: 'T0ALL', userId: 'U0BEN', channel: null } as const;
    const { right, wrong, causes } = summaryOf(await countFeedbackFor({ store, workspace: ALL_PUBLIC }, reader));
    expect([right, wrong, causes.map(({ cause }) => cause)]).toEqual([9, 12, ['mostly-wrong', 'half', 'mostly-right']]);
    await store.deleteOwnedBy('T0ALL');
    await store.deleteOwnedBy('T0SOME');
  });
});
