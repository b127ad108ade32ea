import {
  type FakeSlack,
  type RecordedJaeger,
  readRecordedTraces,
  startFakeSlack,
  startRecordedJaeger,
} from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createChat } from '../../../src/adapters/slack/chat.ts';
import { createSlackWorkspace } from '../../../src/adapters/slack/workspace.ts';
import { buildDiagnoser, buildSources, clockFrom } from '../../../src/app/sources.ts';
import { loadConfig } from '../../../src/config/environment.ts';
import { createAnswerActions } from '../../../src/jobs/answer/actions.ts';
import { textOfDetail } from '../../../src/jobs/answer/more-detail.ts';
import { saveRecord } from '../../../src/jobs/answer/record.ts';
import { startBackgroundWorker } from '../../../src/jobs/background/worker.ts';
import { createPacing } from '../../../src/jobs/deliver/pacing.ts';
import { startDeliveryWorker } from '../../../src/jobs/deliver/worker.ts';
import type { TraceSource } from '../../../src/jobs/ports.ts';
import { BACKGROUND_JOBS, DELIVERIES } from '../../../src/jobs/queue/queues.ts';
import type { RunningWorker } from '../../../src/jobs/queue/run-worker.ts';
import { until } from '../../adapters/queue/until.ts';
import { incidentNamed } from '../../support/incident-named.ts';
import { answerOf, placeIn } from '../answer/question-set.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const log = pino({ level: 'silent' });
const incident = incidentNamed('06a-backtest-no-data');

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('the stack trace of an answer, on $kind', ({ open }) => {
  let queue: TestQueue;
  let slack: FakeSlack;
  let jaeger: RecordedJaeger;
  let thread: string;
  /** Held back while it is set, so that a job is still running when the button is clicked again. */
  let gate: Promise<void> | null = null;
  let lookups = 0;
  const ends: RunningWorker[] = [];

  beforeAll(async () => {
    queue = await open(log);
    [slack, jaeger] = await Promise.all([
      startFakeSlack(),
      startRecordedJaeger({ version: '2.20', traces: await readRecordedTraces([incident.dir]) }),
    ]);
    const config = loadConfig({ JAEGER_URL: jaeger.url }, false);
    const clock = clockFrom(null);
    const { traces } = await buildSources(config, clock);
    const gated: Pick<TraceSource, 'getTrace'> = {
      async getTrace(traceId, signal) {
        lookups += 1;
        if (gate !== null) await gate;
        return traces.getTrace(traceId, signal);
      },
    };
    const diagnose = await buildDiagnoser(config);
    const subject = { kind: 'operation' as const, operationId: incident.operationId };
    const diagnosis = await diagnose(subject, null, AbortSignal.timeout(30_000));
    const access = { tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl };
    const workspace = createSlackWorkspace(access);
    const { backend } = queue;
    const installs = { workspacesOf: async (id: string) => [id], isInstalled: async () => false, keep: () => [] };
    for (const answerId of ['answer-1', 'answer-2'])
      await saveRecord(backend.front.store, answerId, {
        origin: placeIn('C0OPS'),
        answer: answerOf('It failed.'),
        diagnosis,
        symptom: null,
      });
    ends.push(
      startBackgroundWorker({
        backend,
        workspace,
        diagnose,
        textOfDetail: (wanted, signal) => textOfDetail(wanted, { traces: gated, redact: [] }, signal),
        follow: {
          store: backend.back.store,
          chat: createChat(access),
          workspace,
          clock,
          grafanaUrl: null,
          redact: [],
          version: '0.1.0',
          answer: () => Promise.reject(new Error('Nothing is followed here.')),
        },
        clock,
        redact: [],
        installs,
        actions: null,
        look: async () => undefined,
        log,
      }),
      startDeliveryWorker({
        backend,
        chat: createChat(access),
        log,
        pacing: createPacing({ intervalMs: 1, burst: 1000 }),
      }),
    );
    thread = slack.as('U0BEN').say('C0OPS', 'The answer.').ts;
  }, 120_000);
  afterEach(() => {
    gate = null;
    jaeger.setFault(null);
  });
  afterAll(async () => {
    await Promise.all(ends.map((worker) => worker.close()));
    await Promise.all([queue.remove(), slack.close(), jaeger.close()]);
  });

  function click(answerId: string) {
    const { front: client } = queue.backend;
    const workspace = createSlackWorkspace({ tokenFor: async () => slack.team.botToken, apiUrl: slack.apiUrl });
    const actions = createAnswerActions({ client, workspace, clock: clockFrom(null), grafanaUrl: null });
    return actions.detail('stack', answerId, placeIn('C0OPS', { threadTs: thread }));
  }

  function replies(words: string) {
    const own = slack.messages('C0OPS').filter(({ threadTs, botId }) => threadTs === thread && botId !== null);
    return own.filter(({ text, blocks }) => JSON.stringify([text, blocks]).includes(words));
  }

  function untilIdle() {
    return until('every job is done', async () => {
      const queues = [BACKGROUND_JOBS, DELIVERIES].map((name) => queue.backend.front.queue(name));
      const counts = await Promise.all(queues.map((each) => each.getJobCounts('waiting', 'active', 'delayed')));
      return counts.every((states) => Object.values(states).every((jobs) => jobs === 0));
    });
  }

  it('is delivered when it is requested again after Jaeger was unreachable', async () => {
    jaeger.setFault('login-page');
    await click('answer-1');
    await until('Jaeger is reported unreachable', () => replies('Jaeger isn’t responding').length === 1);
    await untilIdle();
    jaeger.setFault(null);
    await click('answer-1');
    await until('the stack trace is there', () => replies('Traceback').length === 1);
    await untilIdle();
    expect(replies('Jaeger isn’t responding')).toEqual([]);
  }, 60_000);

  it('is delivered once when it is requested twice while it is looked up', async () => {
    const before = replies('Traceback').length;
    let release = () => {};
    gate = new Promise((resolve) => {
      release = resolve;
    });
    lookups = 0;
    await click('answer-2');
    await until('it is being looked up', () => lookups === 1);
    await click('answer-2');
    release();
    await until('the stack trace is there', () => replies('Traceback').length > before);
    await untilIdle();
    expect(lookups).toBe(1);
    expect(replies('Traceback')).toHaveLength(before + 1);
  }, 60_000);
});
