/** What the store gives back when its values are those of another version of the bot, on every queue. */
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { earlierAnswers } from '../../../src/jobs/answer/earlier-answers.ts';
import { readRecord } from '../../../src/jobs/answer/record.ts';
import { openOutbox } from '../../../src/jobs/deliver/outbox.ts';
import { deliver, isAnswered, readWanted } from '../../../src/jobs/deliver/wanted.ts';
import { startDeliveryWorker } from '../../../src/jobs/deliver/worker.ts';
import { digestOfChannel, digestsOf, saveDigest } from '../../../src/jobs/digest/schedules.ts';
import { mutesOf } from '../../../src/jobs/mute/mutes.ts';
import type { Chat, PostOutcome, Store } from '../../../src/jobs/ports.ts';
import { cell, cellList, readListed, textCell, textList } from '../../../src/jobs/queue/store-cell.ts';
import { watchesOf } from '../../../src/jobs/watch/watch.ts';
import { until } from '../../adapters/queue/until.ts';
import { answerOf, placeIn } from '../answer/question-set.ts';
import { ALL_PUBLIC } from '../public-channels.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const logged: { part?: string; msg: string }[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });

const MINUTE_MS = 60_000;
const schema = z.object({ name: z.string(), count: z.number() });
type Item = z.infer<typeof schema>;
const ITEM = cell<string, Item>({ schema, key: (id) => `item:${id}`, ttlMs: MINUTE_MS });
const ITEMS = cellList<string, Item>({ schema, key: (id) => `items:${id}`, ttlMs: MINUTE_MS, most: 3 });
const OWNER = textCell<string>({ key: (id) => `owner:${id}`, ttlMs: MINUTE_MS });
const NAMES = textList<string>({ key: (id) => `names:${id}`, ttlMs: MINUTE_MS });
const one = { name: 'one', count: 1 };
const two = { name: 'two', count: 2 };
/** Of an older shape, of a newer one, cut off, and not JSON at all. */
const UNREADABLE = ['{"name":"one"}', '{"name":"one","count":"1"}', '{"name":"o', '', 'null', '[]'];
const PLACE = { teamId: 'T0KTRDR', channel: 'C0OPS' };

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('a typed value in the store ($kind)', ({ open }) => {
  let queue: TestQueue;
  let store: Store;
  beforeAll(async () => {
    queue = await open(log);
    store = queue.backend.front.store;
  });
  beforeEach(() => {
    logged.length = 0;
  });
  afterAll(() => queue.remove());

  const reported = () => logged.map(({ part }) => part);

  it('comes back as it was written, until it is deleted', async () => {
    expect(await ITEM.get(store, 'a')).toBeNull();
    await ITEM.set(store, 'a', one);
    expect(await ITEM.get(store, 'a')).toEqual(one);
    expect(await ITEM.has(store, 'a')).toBe(true);
    await ITEM.delete(store, 'a');
    expect(await ITEM.has(store, 'a')).toBe(false);
  });

  it('is set once by whoever comes first', async () => {
    expect(await ITEM.setIfAbsent(store, 'once', one)).toBe(true);
    expect(await ITEM.setIfAbsent(store, 'once', two)).toBe(false);
    expect(await ITEM.getOrSet(store, 'once', two)).toEqual(one);
    expect(await OWNER.getOrSet(store, 'a', 'U0ANNA')).toBe('U0ANNA');
    expect(await OWNER.getOrSet(store, 'a', 'U0BEN')).toBe('U0ANNA');
    // As text, for the versions that read it without a cell.
    expect(await store.get('owner:a')).toBe('U0ANNA');
  });

  it.each(UNREADABLE)('that reads %j counts as absent and stays', async (text) => {
    await store.set('item:old', text, MINUTE_MS);
    expect(await ITEM.get(store, 'old')).toBeNull();
    expect(await ITEM.has(store, 'old')).toBe(true);
    expect(await ITEM.getOrSet(store, 'old', two)).toEqual(two);
    expect(await store.get('item:old')).toBe(text);
    await ITEM.set(store, 'old', two);
    expect(await ITEM.get(store, 'old')).toEqual(two);
  });

  it('that cannot be read is logged once for its part of the store, without its value', async () => {
    const other = cell<string, Item>({ schema, key: (id) => `secretive:${id}` });
    for (const id of ['a', 'b', 'c']) {
      await store.set(`secretive:${id}`, 'a-private-word', MINUTE_MS);
      await other.get(store, id);
    }
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ part: 'secretive', msg: 'ignored a stored value that this version cannot read' });
    expect(JSON.stringify(logged)).not.toContain('a-private-word');
  });

  it('is left out of a list when it cannot be read, and the others stay in order', async () => {
    await ITEMS.append(store, 'a', one);
    await store.append('items:a', '{broken', MINUTE_MS);
    await ITEMS.append(store, 'a', two);
    expect(await ITEMS.values(store, 'a')).toEqual([one, two]);
    await ITEMS.moveToEnd(store, 'a', one);
    expect(await ITEMS.values(store, 'a')).toEqual([two, one]);
    expect(reported()).toEqual(['items']);
    // Another version may have written the same value in another order.
    await store.append('items:a', '{"count":3,"name":"three","more":true}', MINUTE_MS);
    const last = (await ITEMS.entries(store, 'a')).at(-1);
    expect(last?.value).toEqual({ name: 'three', count: 3 });
    await last?.remove();
    expect(await ITEMS.values(store, 'a')).toEqual([two, one]);
    await ITEMS.remove(store, 'a', two);
    expect(await ITEMS.values(store, 'a')).toEqual([one]);
  });

  it('that is listed leaves the list when it is gone, not when another version wrote it', async () => {
    await ITEM.set(store, 'x', one);
    await store.set('item:y', '{"newer":true}', MINUTE_MS);
    for (const id of ['x', 'y', 'gone']) await NAMES.append(store, 'a', id);
    expect(await readListed(store, ITEM, { ids: NAMES, of: 'a', idOf: (id) => id })).toEqual([one]);
    expect(await NAMES.values(store, 'a')).toEqual(['x', 'y']);
  });

  it.each(['{broken', '{"of":"another version"}'])('of any kind that reads %j stops nothing', async (text) => {
    const { teamId } = PLACE;
    const plan = { cron: '0 9 * * *', tz: 'UTC', sinceMs: 3_600_000, type: null };
    await saveDigest(store, { ...PLACE, userId: 'U0ANNA' }, plan);
    for (const key of ['digest:T0KTRDR-C0OPS', 'record:answer-1', 'outbox:request-1', 'watch:T0KTRDR-1', 'silence:1']) {
      await store.set(key, text, MINUTE_MS);
    }
    await store.append('watches:T0KTRDR-U0ANNA', 'T0KTRDR-1', MINUTE_MS);
    await store.append('silences:T0KTRDR', 'silence:1', MINUTE_MS);
    await store.append('memory:T0KTRDR-failures', text, MINUTE_MS);
    expect(await digestOfChannel(store, PLACE)).toBeNull();
    expect(await digestsOf(store, teamId)).toEqual([]);
    const tools = { store, workspace: { ...ALL_PUBLIC, permalink: async () => null } };
    const reader = { kind: 'everybody', teamId, channel: PLACE.channel } as const;
    expect(await readRecord(tools, 'answer-1', reader)).toBeNull();
    expect(await watchesOf(store, teamId, 'U0ANNA')).toEqual([]);
    expect(await mutesOf(store, teamId)).toEqual([]);
    expect(await earlierAnswers(tools, { list: { kind: 'failures' }, reader, nowMs: Date.now() })).toEqual([]);
    const job = { requestId: 'request-1', place: placeIn('C0OPS') };
    expect(await openOutbox(store, job)).toMatchObject({ way: 'channel', slots: {} });
  });

  it('of an answer that cannot be read leaves the delivery what was said before, and fails nothing', async () => {
    const { front } = queue.backend;
    const job = { requestId: 'request-2', place: placeIn('C0OPS') };
    await deliver(front, job, 'phase', answerOf('Reading traces.'));
    await store.set('wanted-answer:request-2', '{"summary":{"text":7}}', MINUTE_MS);
    await store.set('outbox:request-2', '{"way":"by pigeon"}', MINUTE_MS);
    expect(await readWanted(store, job.requestId)).toMatchObject({ stage: 'phase' });
    expect(await isAnswered(store, 'request-2')).toBe(false);

    const posted: string[] = [];
    async function post(_: unknown, { text }: { readonly text: string }): Promise<PostOutcome> {
      posted.push(text);
      return { kind: 'sent', channel: 'C0OPS', ts: '1700000000.000001' };
    }
    const direct: Chat['direct'] = (_person, message) => post(null, message);
    const chat: Chat = {
      post,
      update: post,
      respond: post,
      direct,
      findPosted: async () => ({ kind: 'found' as const, posts: [] }),
    };
    const worker = startDeliveryWorker({ backend: queue.backend, chat, log });
    await until('it is posted', () => posted.length > 0);
    await worker.close();
    expect(posted).toEqual(['Reading traces.']);
    expect(logged.map(({ msg }) => msg)).not.toContain('job will be tried again');
  });
});
