import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../../src/jobs/deliver/wanted.ts';
import { until } from '../../adapters/queue/until.ts';
import { answerOf } from '../answer/question-set.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { type Bench, setUpBench } from './bench.ts';

describe.each(QUEUE_KINDS)('a request that the queue ($kind) loses while it is being answered', ({ open }) => {
  let queue: TestQueue;
  let bench: Bench;
  beforeAll(async () => {
    queue = await open(pino({ level: 'silent' }));
  });
  beforeEach(async () => {
    bench = await setUpBench(queue, pino({ level: 'silent' }));
  });
  afterEach(() => bench.clear());
  afterAll(() => queue.remove());

  it('is answered in the message that it has already, once nobody else can be posting', async () => {
    const { back } = queue.backend;
    const delivery = await bench.open();
    bench.work();
    await deliver(back, delivery, 'placeholder', answerOf('Queued.'));
    await until('the placeholder is posted', async () => bench.posted().length === 1);
    await bench.untilIdle();
    while (await back.store.deleteOwnedBy('T0KTRDR'));
    await bench.answer(delivery, 'It failed.');
    const edits = () => bench.slack.journal.filter(({ method }) => method === 'chat.update');
    await until('the answer is shown', async () => edits().length > 0, 60_000);
    expect(edits().map(({ args }) => args['text'])).toEqual(['It failed.']);
    expect(bench.posted()).toEqual(['Queued.']);
  }, 90_000);
});
