import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AnswerList,
  type EarlierAnswer,
  earlierAnswers,
  recordAnswer,
} from '../../../src/jobs/answer/earlier-answers.ts';
import type { Store } from '../../../src/jobs/ports.ts';
import type { Reader } from '../../../src/jobs/readers.ts';
import { ALL_PUBLIC } from '../public-channels.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const TEAM = 'T0KTRDR';
const NOW = Date.parse('2026-05-12T12:00:00Z');
const WEEK_MS = 7 * 24 * 3_600_000;
const FAILURES: AnswerList = { kind: 'failures' };

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('the list of earlier answers ($kind)', ({ open }) => {
  let queue: TestQueue;
  let store: Store;
  beforeAll(async () => {
    queue = await open(pino({ level: 'silent' }));
    store = queue.backend.front.store;
  });
  beforeEach(() => store.deleteOwnedBy(TEAM));
  afterAll(() => queue.remove());

  async function record(requestId: string, changes: Partial<EarlierAnswer> = {}, list = FAILURES): Promise<void> {
    const answer = { name: requestId, headline: 'It failed.', at: NOW, requestId, channel: 'C0OPS', ...changes };
    await recordAnswer(store, TEAM, list, answer);
  }
  async function shownTo(userId: string | null, list = FAILURES, teamId = TEAM): Promise<readonly string[]> {
    const reader: Reader =
      userId === null
        ? { kind: 'everybody', teamId, channel: 'C0OPS' }
        : { kind: 'person', teamId, userId, channel: 'C0OPS' };
    const tools = { store, workspace: { ...ALL_PUBLIC, permalink: async () => null } };
    const answers = await earlierAnswers(tools, { list, reader, nowMs: NOW });
    return answers.map(({ requestId }) => requestId);
  }

  it('shows private answers only to their requester', async () => {
    await record('public');
    await record('private', { onlyFor: 'U0ANNA' });
    expect(await shownTo('U0ANNA')).toEqual(['public', 'private']);
    expect(await shownTo('U0BEN')).toEqual(['public']);
    expect(await shownTo(null)).toEqual(['public']);
  });

  it('shows the latest answer of each operation, none older than a week', async () => {
    await record('expired', { at: NOW - WEEK_MS - 1 });
    await record('first', { name: 'op_1', at: NOW - WEEK_MS });
    await record('second', { name: 'op_2' });
    await record('third', { name: 'op_1' });
    expect(await shownTo(null)).toEqual(['second', 'third']);
  });

  it('shows the latest public answer of an operation whose later answer is private', async () => {
    await record('public', { name: 'op_1' });
    await record('private', { name: 'op_1', onlyFor: 'U0ANNA' });
    expect(await shownTo(null)).toEqual(['public']);
  });

  it('is separate for each workspace, cause, and person', async () => {
    await record('cause', {}, { kind: 'cause', cause: 'data-missing' });
    await record('person', {}, { kind: 'person', userId: 'U0ANNA' });
    expect(await shownTo(null, { kind: 'cause', cause: 'data-missing' })).toEqual(['cause']);
    expect(await shownTo(null, { kind: 'cause', cause: 'slow' })).toEqual([]);
    expect(await shownTo(null, { kind: 'person', userId: 'U0ANNA' })).toEqual(['person']);
    expect(await shownTo(null, { kind: 'person', userId: 'U0BEN' })).toEqual([]);
    expect(await shownTo(null, { kind: 'cause', cause: 'data-missing' }, 'T0OTHER')).toEqual([]);
    expect(await shownTo(null)).toEqual([]);
  });
});
