/** What people get who ask about an operation again, by a real queue, delivery and local Slack. */
import type { Message } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSlackWorkspace } from '../../../src/adapters/slack/workspace.ts';
import type { Symptoms } from '../../../src/diagnosis/case.ts';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { apologyTo, lookingAgain, replyTo } from '../../../src/jobs/answer/asked-again.ts';
import { startDiagnosisWorker } from '../../../src/jobs/answer/diagnosis-worker.ts';
import { findShown } from '../../../src/jobs/answer/last-answers.ts';
import { followAnswer } from '../../../src/jobs/answer/living-answer.ts';
import { updateAnswer } from '../../../src/jobs/answer/personal-answer.ts';
import { backgroundJobSchema, type FollowJob } from '../../../src/jobs/background/background-jobs.ts';
import { readWanted } from '../../../src/jobs/deliver/wanted.ts';
import { BACKGROUND_JOBS } from '../../../src/jobs/queue/queues.ts';
import type { RunningWorker } from '../../../src/jobs/queue/run-worker.ts';
import type { DiagnoseRequest, Place } from '../../../src/jobs/requests.ts';
import { call } from '../../local-slack/web-api.ts';
import { type Bench, setUpBench } from '../deliver/bench.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { answerOf, diagnosisSaying, messages, OPERATION, placeIn, questionsOn, requestFor } from './question-set.ts';

const log = pino({ level: 'silent' });
const PUBLIC = 'C0OPS';
const PRIVATE = 'G0TRADE';

const FAILED: Diagnosis = { ...diagnosisSaying('It failed for lack of data.'), status: 'failed' };
const RESUMED: Diagnosis = { ...FAILED, headline: 'It was resumed.', status: 'resuming', verdict: 'running' };
const AWAY: Diagnosis = {
  ...FAILED,
  headline: 'Jaeger didn’t respond.',
  verdict: 'unavailable',
  status: 'unknown',
  sources: [{ name: 'jaeger', state: 'unavailable', detail: 'refused', tookMs: 1 }],
};
const ENDED: Diagnosis = { ...FAILED, headline: 'It ended after all.', status: 'completed' };

function running(progressPercent: number): Diagnosis {
  const operation = { ...FAILED.operation, progressPercent };
  return { ...FAILED, headline: `It runs, at ${progressPercent}.`, verdict: 'running', status: 'running', operation };
}

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('asked again ($kind)', ({ kind, open }) => {
  let queue: TestQueue;
  let bench: Bench;
  let worker: RunningWorker | null = null;
  /** What a diagnosis finds now; an error is a bug. */
  let found: Diagnosis | Error = FAILED;
  /** A diagnosis takes as long as this. */
  let gate: Promise<unknown> = Promise.resolve();
  let count = 0;

  beforeAll(async () => {
    queue = await open(log);
  });
  beforeEach(async () => {
    bench = await setUpBench(queue, log);
    bench.work();
    found = FAILED;
    gate = Promise.resolve();
    start();
  });
  afterEach(async () => {
    expect(bench.slack.warnings()).toEqual([]);
    await worker?.close();
    await bench.clear();
  });
  afterAll(() => queue.remove());

  function tools() {
    const { back: client } = queue.backend;
    const { slack, chat } = bench;
    const workspace = createSlackWorkspace({ tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl });
    const clock = () => micros(Date.now() * 1000);
    return { client, store: client.store, chat, workspace, clock, grafanaUrl: null, redact: [], version: '0.1.0' };
  }

  function start(): void {
    const shared = tools();
    worker = startDiagnosisWorker({
      backend: queue.backend,
      async diagnose() {
        await gate;
        if (found instanceof Error) throw found;
        return found;
      },
      format: ({ headline }) => answerOf(headline, 'Root cause: unknown.', 'Fix: none.'),
      personal: (answer, diagnosis, request, isPointed) =>
        replyTo(answer, diagnosis, request, { ...shared, isPointed }),
      again: {
        looking: (request) => lookingAgain(request, shared),
        apology: (request, apology) => apologyTo(request, apology, shared),
      },
      messages,
      concurrency: 2,
      log,
    });
  }

  async function responseUrl(userId: string, channel: string): Promise<string> {
    const sent = await bench.slack.as(userId).command('/ktrdr', 'diagnose', { channel });
    return sent.responseUrl ?? '';
  }

  async function ask(userId: string, where: Partial<Place>, more: Partial<DiagnoseRequest> = {}): Promise<void> {
    count += 1;
    const place = placeIn(where.channel ?? PUBLIC, { userId, ...where });
    await questionsOn(queue.backend.back).diagnose(requestFor(`T0KTRDR-again-${count}`, { place, ...more }));
    await settled();
  }

  async function command(userId: string, channel = PUBLIC, symptom: Symptoms | null = null): Promise<void> {
    await ask(userId, { channel, responseUrl: await responseUrl(userId, channel) }, { symptom });
  }

  async function checkAgain(userId: string, { channel, ts, threadTs }: Message): Promise<void> {
    const url = await responseUrl(userId, channel);
    await ask(userId, { channel, threadTs, messageTs: ts, responseUrl: url }, { isRepeat: true });
  }

  async function settled(): Promise<void> {
    const { back } = queue.backend;
    const isIdle = async () => {
      const counts = await Promise.all(
        ['questions', 'deliveries'].map((name) =>
          back.queue(name).getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized'),
        ),
      );
      return counts.every((jobs) => jobs === 0);
    };
    do await expect.poll(isIdle, { timeout: 30_000 }).toBe(true);
    while (!(await isIdle()));
  }

  const posts = (channel = PUBLIC) =>
    bench.slack.messages(channel).filter(({ botId, ephemeralFor }) => botId !== null && ephemeralFor === null);
  const roots = (channel = PUBLIC) => posts(channel).filter(({ threadTs }) => threadTs === null);
  const told = (userId: string, channel = PUBLIC) =>
    bench.slack
      .messages(channel)
      .filter(({ ephemeralFor }) => ephemeralFor === userId)
      .map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`);
  const linkTo = ({ channel, ts }: Message) => `/archives/${channel}/p${ts.replace('.', '')}`;
  const first = (channel = PUBLIC) => roots(channel)[0] as Message;

  it.each([PUBLIC, PRIVATE])(
    'an ended operation is not explained twice in %s: a link says that nothing has changed',
    async (channel) => {
      await command('U0ANNA', channel);
      const before = posts(channel);
      await command('U0ANNA', channel);
      const [note = ''] = told('U0ANNA', channel);
      expect(note).toMatch(/^No change since <!date\^\d+/);
      expect(note).toContain(linkTo(first(channel)));
      expect(note).toContain('It failed for lack of data.');
      expect(posts(channel)).toEqual(before);
    },
  );

  it('another channel gets an answer of its own, and no link into the first', async () => {
    await command('U0ANNA', PRIVATE);
    await command('U0BEN', PUBLIC);
    expect(roots(PUBLIC)).toHaveLength(1);
    expect(JSON.stringify(bench.slack.messages(PUBLIC))).not.toContain(PRIVATE);
  });

  it('another workspace is never pointed to a channel of this one', async () => {
    await command('U0ANNA');
    const asked = requestFor('T0OTHER-1', { place: placeIn(PUBLIC, { teamId: 'T0OTHER', userId: 'U0OLGA' }) });
    expect(await findShown(asked, OPERATION, tools())).toBeNull();
    expect(
      await findShown({ ...asked, place: placeIn(PUBLIC, { userId: 'U0BEN' }) }, OPERATION, tools()),
    ).not.toBeNull();
  });

  it('“Check again” edits nothing when nothing has changed, and says so to the one who clicked', async () => {
    await command('U0ANNA');
    await checkAgain('U0BEN', first());
    expect(told('U0BEN')).toEqual([expect.stringMatching(/^No change since <!date/)]);
    expect(first().edits).toEqual([]);
    expect(told('U0ANNA')).toEqual([]);
  });

  it('“Check again” edits the message when something has changed, and says what', async () => {
    await command('U0ANNA');
    const thread = posts().length;
    found = RESUMED;
    await checkAgain('U0BEN', first());
    expect(told('U0BEN')).toEqual([expect.stringMatching(/^Changed since <!date[^>]*>: status: failed → resuming\./)]);
    expect(first().text).toContain('It was resumed.');
    expect(posts()).toHaveLength(thread);
    // The next one is compared with what the message shows now.
    await checkAgain('U0BEN', first());
    expect(told('U0BEN')[1]).toMatch(/^No change since/);
  });

  it('“Check again” still knows what the message shows after a claim has changed it', async () => {
    await command('U0ANNA');
    const shown = await findShown(requestFor('T0KTRDR-x', { place: placeIn(PUBLIC) }), OPERATION, tools());
    if (shown === null) throw new Error('Nothing is shown.');
    const { answerId, record, place } = shown;
    await updateAnswer(tools(), 'a click', { answerId, place }, { ...record, answer: answerOf('It is claimed.') });
    await settled();
    const edits = first().edits.length;
    await checkAgain('U0BEN', first());
    expect(told('U0BEN')).toEqual([expect.stringMatching(/^No change since/)]);
    expect(first().edits).toHaveLength(edits);
  });

  it('a message that was deleted, with a thread or without, is not pointed to: there is a new answer', async () => {
    for (const withThread of [true, false]) {
      await command('U0ANNA');
      const old = roots().at(-1) as Message;
      if (!withThread)
        for (const { ts, threadTs } of posts())
          if (threadTs === old.ts) await call(bench.slack, 'chat.delete', { channel: PUBLIC, ts });
      expect((await call(bench.slack, 'chat.delete', { channel: PUBLIC, ts: old.ts })).error).toBe('');
      await command('U0BEN');
      expect(told('U0BEN')).toEqual([]);
      expect(roots().at(-1)?.text).toContain('It failed');
      expect(roots().at(-1)?.ts).not.toBe(old.ts);
    }
  });

  it('another symptom of an ended operation is answered', async () => {
    await command('U0ANNA');
    await command('U0BEN', PUBLIC, 'slow');
    await command('U0BEN', PUBLIC, ['slow', 'stuck']);
    expect(roots()).toHaveLength(3);
    expect(told('U0BEN')).toEqual([]);
    await command('U0ANNA', PUBLIC, ['slow', 'stuck']);
    expect(told('U0ANNA')).toEqual([expect.stringContaining('No change since')]);
  });

  it('a mention is answered by a short reply in its thread, and a direct message by a short one', async () => {
    await command('U0ANNA');
    const said = bench.slack.as('U0BEN').say(PUBLIC, `${OPERATION}?`);
    await ask('U0BEN', { threadTs: said.ts });
    const replies = posts().filter(({ threadTs }) => threadTs === said.ts);
    expect(replies.map(({ text }) => text)).toEqual([expect.stringMatching(/^No change since/)]);

    const channel = bench.slack.as('U0BEN').dm().id;
    await ask('U0BEN', { channel });
    await ask('U0BEN', { channel });
    expect(roots(channel).map(({ text }) => text)).toEqual([
      expect.stringContaining('It failed'),
      expect.stringMatching(/^No change since/),
    ]);
  });

  it('a running operation has one message, which later askers refresh and are pointed to', async () => {
    found = running(45);
    await command('U0ANNA');
    found = running(52);
    await command('U0BEN');
    await command('U0ANNA', PUBLIC, 'stuck');
    expect(roots()).toHaveLength(1);
    expect(first().text).toContain('It runs, at 52.');
    expect(told('U0BEN')).toEqual([expect.stringMatching(/^Changed since <!date[^>]*>: progress: 45% → 52%\./)]);
    expect(told('U0ANNA')).toEqual([expect.stringMatching(/^No change since/)]);
    for (const note of [...told('U0BEN'), ...told('U0ANNA')]) expect(note).toContain(linkTo(first()));
  });

  it('several who ask at the same moment later are all pointed to it', async () => {
    found = running(45);
    await command('U0ANNA');
    found = running(52);
    let finish = (): void => undefined;
    gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const asking = Promise.all(['U0BEN', 'U0ANNA'].map((userId) => command(userId)));
    await bench.slack.waitForMessage(({ text }) => text.startsWith('Checking again'));
    finish();
    await asking;
    expect(roots()).toHaveLength(1);
    for (const userId of ['U0BEN', 'U0ANNA']) expect(told(userId).at(-1)).toMatch(/^Changed since.*45% → 52%/);
    expect(first().text).toContain('It runs, at 52.');
  });

  it('below a list there is an answer of its own', async () => {
    await command('U0ANNA');
    const list = bench.slack.as('U0BEN').say(PUBLIC, 'A list.');
    await ask('U0BEN', { threadTs: list.ts, responseUrl: await responseUrl('U0BEN', PUBLIC) }, { isBelow: true });
    expect(posts().filter(({ threadTs }) => threadTs === list.ts)[0]?.text).toContain('It failed');
  });

  it('its message is followed once two people have asked, says how it ended, and is then left alone', async () => {
    found = running(45);
    await command('U0ANNA');
    await command('U0ANNA');
    expect(await following()).toEqual([]);
    await command('U0BEN');
    await command('U0BEN');
    const [job] = await following();
    expect(await following()).toHaveLength(1);
    // Another process goes on after a restart.
    await worker?.close();
    start();
    await follow(job as FollowJob);
    expect(first().edits).toEqual([]);
    expect(await following()).toHaveLength(2);
    found = ENDED;
    await follow({ ...(job as FollowJob), check: 1 });
    expect(first().text).toContain('It ended after all.');
    expect(await following()).toHaveLength(2);
    found = running(99);
    await follow({ ...(job as FollowJob), check: 2 });
    expect(first().text).toContain('It ended after all.');
    found = ENDED;
    await command('U0BEN');
    expect(told('U0BEN').at(-1)).toMatch(/^No change since/);
    expect(roots()).toHaveLength(1);
  });

  it('a message that was deleted is not followed any longer, and nobody sees another', async () => {
    found = running(45);
    await command('U0ANNA');
    await command('U0BEN');
    const [job] = await following();
    await call(bench.slack, 'chat.delete', { channel: PUBLIC, ts: first().ts });
    const before = posts().length;
    found = ENDED;
    await follow(job as FollowJob);
    expect(posts()).toHaveLength(before);
    expect(await following()).toHaveLength(1);
  });

  it('an answer stays as it is while Jaeger is away, or after a bug', async () => {
    await command('U0ANNA');
    found = AWAY;
    await command('U0BEN');
    await checkAgain('U0BEN', first());
    found = new Error('a bug');
    await checkAgain('U0BEN', first());
    expect(told('U0BEN')).toEqual([
      expect.stringMatching(
        /^Couldn’t check again: Jaeger unavailable\. Last diagnosis \(<!date.*It failed for lack of data/s,
      ),
      expect.stringMatching(/^Couldn’t check again/),
      expect.stringContaining('Could not answer'),
    ]);
    expect(first().edits).toEqual([]);
    expect(roots()).toHaveLength(1);
  });

  it('a second look that takes long says so to the one who waits, and leaves the message alone', async () => {
    await command('U0ANNA');
    let finish = (): void => undefined;
    gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const asking = checkAgain('U0BEN', first());
    await bench.slack.waitForMessage(
      ({ ephemeralFor, text }) => ephemeralFor === 'U0BEN' && text.startsWith('Checking again'),
    );
    expect(first().edits).toEqual([]);
    finish();
    await asking;
    expect(told('U0BEN').map((text) => text.slice(0, 14))).toEqual(['Checking again', 'No change sinc']);
    expect(first().edits).toEqual([]);
  });

  it('asked while the answer waits for its turn in the channel, it is one message all the same', async () => {
    found = running(45);
    bench.slack.fault('chat.postMessage', { kind: 'rate-limited', retryAfterS: 2 }, { times: 1 });
    await Promise.all(
      ['U0ANNA', 'U0BEN'].map(async (userId, i) => {
        const url = await responseUrl(userId, PUBLIC);
        const place = placeIn(PUBLIC, { userId, responseUrl: url });
        const request = requestFor(`T0KTRDR-turn-${kind}-${i}`, { place });
        if (i === 1) await expect.poll(() => readWanted(tools().store, `T0KTRDR-turn-${kind}-0`)).not.toBeNull();
        await questionsOn(queue.backend.back).diagnose(request);
      }),
    );
    await settled();
    expect(roots()).toHaveLength(1);
    expect(told('U0BEN')).toEqual([
      expect.stringMatching(/^<@U0ANNA> made the same request here <!date.*The diagnosis will be in that message/),
    ]);
  });

  async function following(): Promise<readonly FollowJob[]> {
    const jobs = await queue.backend.back.queue(BACKGROUND_JOBS).getJobs(['delayed', 'waiting']);
    return jobs
      .map(({ data }) => backgroundJobSchema.parse(data))
      .filter((job) => job.kind === 'follow')
      .toSorted((a, b) => a.check - b.check);
  }

  async function follow(job: FollowJob): Promise<void> {
    const answer = async () => {
      if (found instanceof Error) throw found;
      return { diagnosis: found, answer: answerOf(found.headline, 'Root cause: unknown.', 'Fix: none.') };
    };
    await followAnswer(job, { ...tools(), answer }, AbortSignal.timeout(60_000));
    await settled();
  }
});
