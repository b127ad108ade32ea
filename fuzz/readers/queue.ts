import { setTimeout as sleep } from 'node:timers/promises';
import { startFakeSlack } from '@ktrdr-bot/local-slack';
import fc from 'fast-check';
import { createChat } from '../../src/adapters/slack/chat.ts';
import { createLog } from '../../src/app/log.ts';
import { formatAnswer } from '../../src/formatters/answer/answer.ts';
import { cleanDiagnosis } from '../../src/formatters/clean.ts';
import { formatText } from '../../src/formatters/terminal/text.ts';
import { startDiagnosisWorker } from '../../src/jobs/answer/diagnosis-worker.ts';
import { earlierAnswers, recordAnswer } from '../../src/jobs/answer/earlier-answers.ts';
import { readRecord, saveRecord } from '../../src/jobs/answer/record.ts';
import { deliver, readWanted } from '../../src/jobs/deliver/wanted.ts';
import { startDeliveryWorker } from '../../src/jobs/deliver/worker.ts';
import { digestsOf, nextOf, saveDigest } from '../../src/jobs/digest/schedules.ts';
import { mute, mutesOf } from '../../src/jobs/mute/mutes.ts';
import type { Store } from '../../src/jobs/ports.ts';
import { DELIVERIES, DIAGNOSES, QUESTIONS, type QueueClient } from '../../src/jobs/queue/queues.ts';
import { personAt, readerAt } from '../../src/jobs/readers.ts';
import { openRequest, openSince } from '../../src/jobs/register/open-requests.ts';
import { startWatch, watchesOf } from '../../src/jobs/watch/watch.ts';
import { parseJson } from '../../src/language/json.ts';
import { EXAMPLES, NOW } from '../../test/formatters/diagnoses.ts';
import { answerOf, messages, placeIn, requestFor } from '../../test/jobs/answer/question-set.ts';
import { ALL_PUBLIC } from '../../test/jobs/public-channels.ts';
import { type RecordingStore, recording } from '../../test/jobs/queue/recording-store.ts';
import { QUEUE_KINDS, type TestQueue } from '../../test/jobs/queue-kinds.ts';
import { nothingFound } from '../../test/support/nothing-found.ts';
import { mutatedTexts } from '../mutate.ts';
import type { Reader } from '../reader.ts';

/** A real queue, and what is logged by whoever works on it. */
async function openQueue(): Promise<{
  readonly queue: TestQueue;
  readonly lines: string[];
  readonly log: ReturnType<typeof createLog>;
}> {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const [kind] = QUEUE_KINDS.filter(({ skipped }) => !skipped);
  if (kind === undefined) throw new Error('There is no queue to fuzz with.');
  return { queue: await kind.open(log), lines, log };
}

const TEAM = 'T0KTRDR';
const WAITING = ['waiting', 'active', 'prioritized', 'waiting-children'];

/** Jobs of this version, of others and of nobody, as the workers of the bot take them. */
export const JOBS: Reader = {
  name: 'jobs',
  about: 'the payloads of jobs, through the workers of a real queue',
  async open() {
    const { queue, lines, log } = await openQueue();
    const { backend } = queue;
    const slack = await startFakeSlack();
    const chat = createChat({ tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl });
    const workers = [
      startDiagnosisWorker({
        backend,
        diagnose: async () => nothingFound,
        format: () => answerOf('An answer.'),
        messages,
        concurrency: 4,
        log,
      }),
      startDeliveryWorker({ backend, chat, log }),
    ];
    const request = requestFor('request-1');
    const documents = [
      [QUESTIONS, request],
      [QUESTIONS, { ...request, isQuiet: true, subject: { kind: 'last', type: 'training', percent: 45 } }],
      [DIAGNOSES, { subject: request.subject, symptom: null }],
      [DELIVERIES, { requestId: 'request-1', place: placeIn('C0OPS'), placeholder: null }],
    ] as const;
    const cases = fc.nat(documents.length - 1).chain((index) =>
      fc.record({
        name: fc.constant(documents[index]?.[0] ?? QUESTIONS),
        text: mutatedTexts([documents[index]?.[1]]),
      }),
    );
    return {
      cases,
      async run(input) {
        const { name, text } = input as { name: string; text: string };
        const data = parseJson(text);
        if (data === undefined || isDeep(data)) return [];
        const before = lines.length;
        const job = await backend.back
          .queue(name)
          .add('fuzz', data, { attempts: 1, removeOnComplete: true, removeOnFail: true });
        while (WAITING.includes(await job.getState())) await sleep(2);
        const bugs = lines.slice(before).filter((line) => /TypeError|RangeError|ReferenceError/.test(line));
        if (bugs.length > 0) throw new Error(bugs.join(''));
        return lines.slice(before);
      },
      async close() {
        await Promise.all(workers.map((worker) => worker.close(500)));
        await queue.remove();
        await slack.close();
      },
    };
  },
};

/** A queue keeps JSON, and refuses what cannot be written as such. */
function isDeep(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return false;
  } catch {
    return true;
  }
}

/** What the bot keeps, as another version or a broken disk may leave it. */
export const STORED: Reader = {
  name: 'stored',
  about: 'values of the store, as another version may have written them',
  async open() {
    const { queue, lines } = await openQueue();
    const { front } = queue.backend;
    const store = recording(front.store);
    const keys = await fill({ ...front, store });
    const cases = fc
      .constantFrom(...keys)
      .chain(({ key, isList, value }) =>
        fc.record({ key: fc.constant(key), isList: fc.constant(isList), text: mutatedTexts([value]) }),
      );
    return {
      cases,
      async run(input) {
        const { key, isList, text } = input as { key: string; isList: boolean; text: string };
        const before = lines.length;
        const kept = text.replaceAll('\0', '');
        if (isList) await store.append(key, kept, 60_000, 20);
        else await store.set(key, kept, 60_000);
        return [...(await readAll(store)), ...lines.slice(before)];
      },
      close: () => queue.remove(),
    };
  },
};

interface Kept {
  readonly key: string;
  readonly isList: boolean;
  readonly value: unknown;
}

/** One value of each kind, written by the bot's own functions. */
async function fill(client: QueueClient & { readonly store: RecordingStore }): Promise<readonly Kept[]> {
  const { store } = client;
  const place = placeIn('C0OPS');
  const nowMs = Date.now();
  const answer = answerOf('An answer.', 'trace-summary of it');
  const earlier = { name: 'op', headline: 'It failed.', at: nowMs, requestId: 'request-1', channel: 'C0OPS' };
  await saveRecord(store, 'answer-1', { origin: place, answer, diagnosis: EXAMPLES.lostWorker, symptom: null });
  await openRequest(client, { requestId: 'request-1', place, askedAtMs: nowMs, job: null });
  await deliver(client, { requestId: 'request-1', place }, 'answer', answer);
  await startWatch(client, 'click-1', { operationId: 'op', place, nowMs });
  await mute(
    store,
    { teamId: TEAM, channel: 'C0OPS', kind: 'channel', of: '' },
    { userId: 'U0ANNA', nowMs, forMs: 1e8 },
  );
  await saveDigest(
    store,
    { teamId: TEAM, channel: 'C0OPS', userId: 'U0ANNA' },
    { cron: '0 9 * * *', tz: 'UTC', sinceMs: 1e7, type: null },
  );
  await recordAnswer(store, TEAM, { kind: 'failures' }, earlier);
  const keys = [...store.written.keys()];
  return Promise.all(
    keys.map(async (key) => {
      const [whole, list] = await Promise.all([store.get(key).catch(() => null), store.list(key).catch(() => [])]);
      const text = whole ?? list[0] ?? '';
      return { key, isList: whole === null, value: parseJson(text) ?? text };
    }),
  );
}

async function readAll(store: Store): Promise<readonly string[]> {
  const tools = { store, workspace: { ...ALL_PUBLIC, permalink: async () => null } };
  const reader = personAt(placeIn('C0OPS'));
  const [record, wanted] = await Promise.all([
    readRecord(tools, 'answer-1', readerAt(placeIn('C0OPS'))),
    readWanted(store, 'request-1'),
  ]);
  const plans = await digestsOf(store, TEAM);
  plans.map(nextOf);
  await Promise.all([
    openSince(store, Date.now(), 10),
    watchesOf(store, TEAM, 'U0ANNA'),
    mutesOf(store, TEAM),
    earlierAnswers(tools, { list: { kind: 'failures' }, reader, nowMs: Date.now() }),
  ]);
  if (record === null || wanted === null) return [];
  const { diagnosis } = record;
  const links = { jaegerUrl: 'http://localhost:16686', grafanaUrl: null };
  const subject = { kind: 'last', type: null } as const;
  return [
    JSON.stringify(cleanDiagnosis(diagnosis)),
    formatText(diagnosis, { ...links, width: 100, colour: false, redact: [], now: NOW }),
    JSON.stringify(
      formatAnswer(diagnosis, {
        ...links,
        jaegerPublicUrl: links.jaegerUrl,
        redact: [],
        subject,
        symptom: null,
        now: NOW,
      }),
    ),
  ];
}
