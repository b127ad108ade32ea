import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedAction } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ACTIONS } from '../../../src/diagnosis/vocabulary/actions.ts';
import { HELD } from '../../../src/jobs/action/state.ts';
import type { WantedAction } from '../../../src/jobs/action/wanted.ts';
import { describeWithShared } from '../../support/shared.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { type Json, list, object, type Recording, readRecording } from './recorded-action.ts';
import { ANN, BEN, openStage, type Stage } from './stage.ts';

describeWithShared('each recorded call of ktrdr', 'traces/ktrdr-actions', (folder) => {
  let queue: TestQueue;
  let stage: Stage | null = null;
  /** Names of recordings that a test has read. */
  const used = new Set<string>();
  beforeAll(async () => {
    const kind = QUEUE_KINDS.find((one) => one.kind === 'postgres');
    queue = (await kind?.open(pino({ level: 'silent' }))) as TestQueue;
  });
  afterEach(async () => {
    await stage?.close();
    stage = null;
  });
  afterAll(() => queue.remove());

  function read(name: string): Recording {
    used.add(name);
    return readRecording(folder, name);
  }

  async function open({ recorded, operationId }: Recording, changes: Partial<RecordedAction> = {}): Promise<Stage> {
    for (const kind of ACTIONS) await HELD.delete(queue.backend.back.store, { kind, operationId });
    stage = await openStage(queue.backend, { ...recorded, ...changes });
    return stage;
  }

  /** The same recording with other fields of the operation before the call. */
  function having({ recorded, operationId, operation }: Recording, changes: Json): RecordedAction['before'] {
    return { ...recorded.before, operations: { [operationId]: { ...operation, ...changes } } };
  }

  function withModel(body: unknown): Json {
    return { ...object(body), model_path: 'models/v3_minimal/1h_v1' };
  }

  /** A last look, which the recording ended before: the registry lags by up to ten seconds. */
  function withIdleWorker({ recorded }: Recording): Partial<RecordedAction> {
    const [last] = recorded.after.slice(-1);
    if (last === undefined) throw new Error('nothing was recorded after the call');
    const workers = last.workers.map((one) => ({ ...one, status: 'available', current_operation_id: null }));
    return { after: [...recorded.after, { ...last, secondsAfter: 10, workers }] };
  }

  const cancel = ({ operationId }: Recording): WantedAction => ({ kind: 'cancel', operationId });
  const resume = ({ operationId }: Recording): WantedAction => ({ kind: 'resume', operationId });
  const again = ({ operationId }: Recording): WantedAction => ({ kind: 'start-again', operationId });

  // --- cancel ---

  it.each([
    ['cancel/training-running-reason', /Its worker is free\. The operation left a checkpoint from epoch 8\./, false],
    ['cancel/training-running-no-body', /Its worker is free\. The operation left a checkpoint from epoch \d+\./, false],
    ['cancel/training-running-force', /Its worker is free\./, true],
    ['cancel/backtest-running', /Its worker is free\. The operation left a checkpoint\./, true],
    ['cancel/training-just-started-before-first-epoch', /no checkpoint, so there is nothing to resume/, false],
    ['cancel/agent-child-after-parent', /Its worker is free\./, false],
  ])('%s: is cancelled, and its worker is seen to be free', async (name, says, isCut) => {
    const recording = read(name);
    const { act, ktrdr, watched } = await open(recording, isCut ? withIdleWorker(recording) : {});
    expect(await act(cancel(recording), 'running')).toMatch(says);
    const [call, ...others] = ktrdr.calls;
    expect(others).toEqual([]);
    expect(call).toMatchObject({ method: 'DELETE', path: recording.recorded.request.path });
    // ktrdr keeps no actor: who did it is in the reason, and nothing else is sent.
    expect(call?.body).toEqual({ reason: expect.stringMatching(/^Cancelled by Slack user U0ANNA \(T0KTRDR\)/) });
    expect(await watched()).toEqual([]);
  });

  it.each(['cancel/download-running', 'cancel/pending'])(
    '%s: is cancelled in the backend, without a worker',
    async (name) => {
      const recording = read(name);
      const { act, ktrdr } = await open(recording);
      const said = await act(cancel(recording), String(recording.operation?.['status']));
      expect(said).toMatch(/^\*Cancelled\* by <@U0ANNA>/);
      expect(said).not.toMatch(/but|worker/);
      expect(ktrdr.calls).toHaveLength(1);
    },
  );

  it.each([
    ['cancel/completed', 'completed'],
    ['cancel/failed', 'failed'],
    ['cancel/cancelled', 'cancelled'],
    ['cancel/bad-body', 'failed'],
  ])('%s: is refused before, and understood when it ended between the look and the call', async (name, status) => {
    const recording = read(name);
    const early = await open(recording);
    expect(await early.act(cancel(recording), status)).toMatch(
      new RegExp(`Not cancelled:\\* The .* has ended \\(${status}\\)\\. Nothing changed\\.`),
    );
    expect(early.ktrdr.calls).toEqual([]);
    await early.close();
    if (name === 'cancel/bad-body') return;
    const late = await open(recording, { before: having(recording, { status: 'running' }) });
    const winner =
      status === 'cancelled' ? /It’s already cancelled: “clicker 0”/ : new RegExp(`had already ended \\(${status}\\)`);
    expect(await late.act(cancel(recording), 'running')).toMatch(winner);
    expect(late.ktrdr.calls).toHaveLength(1);
  });

  it.each(['cancel/unknown', 'resume/unknown'])('%s: is refused before', async (name) => {
    const recording = read(name);
    const { act, ktrdr } = await open(recording);
    const wanted = name.startsWith('cancel') ? cancel(recording) : resume(recording);
    expect(await act(wanted, 'failed')).toContain('ktrdr has no record of this operation. Nothing changed.');
    expect(ktrdr.calls).toEqual([]);
  });

  it('cancel/twice-at-once: two people with two answers make one call, and the second is told whose it was', async () => {
    const recording = read('cancel/twice-at-once');
    const workers = [{ worker_id: 'training-worker-867b44a3', worker_type: 'training', status: 'available' }];
    const after = recording.recorded.after.map((state) => ({ ...state, workers }));
    const { draw, press, perform, said, ktrdr } = await open(recording, { after });
    const wanted = cancel(recording);
    const [anns, bens] = [
      await draw(wanted, { status: 'running' }),
      await draw(wanted, { status: 'running', answerId: 'b' }),
    ];
    let go = () => {};
    ktrdr.hold(new Promise((resolve) => (go = resolve)));
    await press(anns, wanted, ANN);
    await press(bens, wanted, BEN);
    const first = perform(anns);
    await expect.poll(() => ktrdr.calls.length).toBe(1);
    const second = perform(bens);
    await new Promise((resolve) => setTimeout(resolve, 50));
    go();
    await Promise.all([first, second]);
    expect(ktrdr.calls).toHaveLength(1);
    expect(await said(anns)).toMatch(/^\*Cancelled\* by <@U0ANNA>/);
    expect(await said(bens)).toMatch(
      /Not cancelled:.*(?:That one was confirmed by <@U0ANNA>|is cancelled now|has ended \(cancelled\))/,
    );
  });

  it('cancel/training-worker-killed: the record is cancelled, and that the worker was gone is a warning', async () => {
    const recording = read('cancel/training-worker-killed');
    const restarted = object(recording.raw['after_worker_restart_6s']);
    const [last] = recording.recorded.after.slice(-1);
    const later = {
      ...last,
      secondsAfter: 12,
      workers: list(restarted['workers']).map(object),
      operations: { [recording.operationId]: object(restarted['operation']) },
    };
    const { act, ktrdr } = await open(recording, { after: [...recording.recorded.after, later] });
    expect(await act(cancel(recording), 'running')).toMatch(
      /^\*Cancelled, with a warning:\* The record says cancelled, but ktrdr didn’t reach the worker/,
    );
    expect(ktrdr.calls).toHaveLength(1);
  });

  it('cancel/training-worker-frozen: is a warning, and whoever confirms is warned before when the registry knows', async () => {
    const recording = read('cancel/training-worker-frozen');
    const { act } = await open(recording);
    expect(await act(cancel(recording), 'running')).toMatch(
      /^\*Cancelled, with a warning:\* The record says cancelled, but training-worker-867b44a3 isn’t responding/,
    );
    const [silent] = recording.recorded.after;
    const { offer, shown } = await open(recording, {
      before: { ...recording.recorded.before, workers: silent?.workers ?? [] },
    });
    await offer(cancel(recording));
    expect(JSON.stringify(shown[0]?.message.blocks)).toContain(
      'training-worker-867b44a3 isn’t responding, so this can take a minute',
    );
  });

  it.each([
    ['cancel/training-running-after-backend-restart', 'running', 'training-worker-112f0533'],
    ['cancel/training-resumed-worker-goes-on', 'resuming', 'training-worker-bbc299b8'],
  ])('%s: is never a success, because the worker goes on', async (name, status, worker) => {
    const recording = read(name);
    const { act, ktrdr } = await open(recording);
    const said = await act(cancel(recording), status);
    expect(said).toContain(
      `*Cancelled, with a warning:* Not stopped: ${worker} is still running it. Only a restart of its container will stop it.`,
    );
    expect(ktrdr.calls).toHaveLength(1);
  });

  it('idempotency/cancel-after-duplicate-task_id: remote_cancelled is no proof', async () => {
    const recording = read('idempotency/cancel-after-duplicate-task_id');
    const [first] = recording.recorded.after;
    const operation = { ...first?.operations['bot-two-1'], status: 'running', error_message: null };
    const before = { operations: { 'bot-two-1': operation }, workers: first?.workers ?? [] };
    const { act } = await open({ ...recording, operationId: 'bot-two-1' }, { before });
    expect(await act({ kind: 'cancel', operationId: 'bot-two-1' }, 'running')).toContain(
      'Not stopped: training-worker-f1dac208 is still running it',
    );
  });

  it('cancel/agent-research-with-training-child: its training is offered as a second cancel', async () => {
    const recording = read('cancel/agent-research-with-training-child');
    const child = object(object(recording.raw['extra'])['child_before']);
    const childId = String(child['operation_id']);
    const before = {
      ...recording.recorded.before,
      operations: { [recording.operationId]: recording.operation, [childId]: child },
    };
    const { act, jobs, ktrdr } = await open(recording, { before });
    const said = await act(cancel(recording), 'running');
    expect(said).toContain(
      `*Cancelled, with a warning:* Only the research run was cancelled. Its training run ${childId} is still running and can be cancelled too.`,
    );
    expect(ktrdr.calls).toHaveLength(1);
    expect(await jobs('offer-actions')).toContainEqual(
      expect.objectContaining({ wanted: [{ kind: 'cancel', operationId: childId }] }),
    );
  });

  // --- resume ---

  it.each([
    ['resume/training-cancelled-own-checkpoint', 'cancelled'],
    ['resume/training-cancelled-followed-to-the-end', 'cancelled'],
    ['resume/training-own-checkpoint-after-503', 'cancelled'],
  ])('%s: goes on, and is followed by worker and checkpoint', async (name, status) => {
    const recording = read(name);
    const { act, ktrdr, jobs } = await open(recording);
    const before = (await jobs('follow-resumed')).length;
    expect(await act(resume(recording), status)).toMatch(
      /^\*Resumed\* by <@U0ANNA> <!date.*ktrdr may keep showing “resuming, 0%”/,
    );
    expect(ktrdr.calls).toEqual([{ method: 'POST', path: recording.recorded.request.path, body: null }]);
    expect(await jobs('follow-resumed')).toHaveLength(before + 1);
    // Whether the database answers was asked first.
    expect(ktrdr.reads[0]).toBe(`/api/v1/checkpoints/${recording.operationId}`);
  });

  it('resume/training-cancelled-followed-to-the-end: has finished when its checkpoint is gone and no worker runs it', async () => {
    const recording = read('resume/training-cancelled-followed-to-the-end');
    const { draw, press, perform, follow, ktrdr } = await open(recording);
    const wanted = resume(recording);
    const offerId = await draw(wanted, { status: 'cancelled' });
    await press(offerId, wanted);
    await perform(offerId);
    ktrdr.advance(20);
    await follow(offerId, 0);
    await follow(offerId, 1);
    expect(await follow(offerId, 2)).toContain('has finished: no worker is running it, and its checkpoint is gone');
  });

  it('resume/backtest-cancelled-followed-to-the-end: what ktrdr doesn’t say is not made up', async () => {
    const recording = read('resume/backtest-cancelled-followed-to-the-end');
    const { operationId, recorded } = recording;
    // The recording shortens what the checkpoint was made from; its keys are those of the request that started it.
    const request = { ...BACKTEST_REQUEST, start_date: '2019-07-01', end_date: '2024-06-30' };
    const whole = (state: RecordedAction['before']) => {
      const checkpoint = object(state.checkpoints?.[operationId]);
      const kept = { ...checkpoint, state: { ...object(checkpoint['state']), original_request: request } };
      return { ...state, checkpoints: { [operationId]: kept } };
    };
    const changed = { before: whole(recorded.before), after: recorded.after.map(whole) };
    const { draw, press, perform, said, follow, ktrdr } = await open(recording, changed);
    const wanted = resume(recording);
    const offerId = await draw(wanted, { status: 'cancelled' });
    await press(offerId, wanted);
    await perform(offerId);
    expect(await said(offerId)).toMatch(/^\*Resumed\* by/);
    ktrdr.advance(30);
    for (const check of [0, 1]) await follow(offerId, check);
    expect(await follow(offerId, 2)).toMatch(/is no longer running on any worker|was never seen on a worker/);
  });

  it.each([
    ['resume/training-failed-own-checkpoint-no-worker', 'failed', 'No training worker is free'],
    ['resume/training-worker-busy', 'cancelled', 'No training worker is free'],
    ['resume/training-cancelled-no-checkpoint', 'cancelled', 'It has no checkpoint'],
    ['resume/training-again-after-404', 'failed', 'It has no checkpoint'],
    [
      'resume/training-stopped-before-first-epoch-foreign-checkpoint',
      'cancelled',
      'The checkpoint may belong to another run: its start date is 2023-01-01, but this operation’s is 2019-06-01',
    ],
    ['resume/training-resuming', 'resuming', 'ktrdr shows it as resuming'],
    ['resume/training-running-worker-gone', 'running', 'ktrdr shows it as running'],
    ['resume/completed', 'completed', 'It has completed'],
  ])('%s: is refused before, because ktrdr would damage the record', async (name, status, why) => {
    const recording = read(name);
    const { before } = recording.recorded;
    // Of this one only was recorded that it has its checkpoint; it is the same training as this.
    const [same] = Object.values(readRecording(folder, OWN_CHECKPOINT).recorded.before.checkpoints ?? {});
    const checkpoints = name.endsWith('worker-busy') ? { [recording.operationId]: same ?? null } : before.checkpoints;
    const { act, ktrdr } = await open(recording, { before: { ...before, checkpoints: checkpoints ?? {} } });
    const said = await act(resume(recording), status);
    expect(said).toMatch(new RegExp(`^\\*Not resumed:\\* ${why}`, 'i'));
    expect(said).toContain('Nothing changed.');
    expect(ktrdr.calls).toEqual([]);
  });

  it.each(['resume/training-cancelled-no-checkpoint', 'resume/training-stopped-before-first-epoch-foreign-checkpoint'])(
    '%s: starting again is offered instead',
    async (name) => {
      const recording = read(name);
      const { act, jobs, offer, shown } = await open(recording);
      await offer(resume(recording));
      const [offered] = shown;
      expect(offered?.message.text).toContain('Available actions for');
      expect(JSON.stringify(offered?.message.blocks)).toMatch(/Resume isn’t available: .*action_start_again/);
      expect(JSON.stringify(offered?.message.blocks)).not.toContain('action_resume');
      await act(resume(recording), 'cancelled');
      expect(await jobs('offer-actions')).toContainEqual(
        expect.objectContaining({ wanted: [{ kind: 'start-again', operationId: recording.operationId }] }),
      );
    },
  );

  it.each([
    ['resume/training-failed-own-checkpoint-no-worker', 503, 'from failed to cancelled'],
    ['resume/training-cancelled-no-checkpoint', 404, 'from cancelled to failed'],
  ])('%s: a refusal that changed the record is told with what it erased', async (name, httpStatus, change) => {
    const recording = read(name);
    // Between the look and the call, a checkpoint or a worker was lost.
    const own = readRecording(folder, 'resume/training-cancelled-own-checkpoint');
    const { parameters } = object(object(own.operation)['metadata']);
    const metadata = { ...object(recording.operation?.['metadata']), parameters };
    const free = own.recorded.before.workers;
    const [checkpoint] = Object.values(own.recorded.before.checkpoints ?? {});
    const before = {
      ...having(recording, { metadata }),
      workers: free,
      checkpoints: { [recording.operationId]: checkpoint ?? null },
    };
    const { act, ktrdr } = await open(recording, { before });
    const said = await act(resume(recording), String(recording.operation?.['status']));
    expect(said).toContain(`ktrdr returned HTTP ${httpStatus}`);
    expect(said).toContain(`It also changed the record ${change}. ktrdr erased the operation’s error message: “`);
    expect(ktrdr.calls).toHaveLength(1);
  });

  // --- start again ---

  it('start-again/training-name-from-yaml: the same training, with an id that was chosen before and is followed', async () => {
    const recording = read('start-again/training-name-from-yaml');
    const { act, ktrdr, watched } = await open(recording);
    const said = await act(again(recording), 'completed');
    const [call, ...others] = ktrdr.calls;
    expect(others).toEqual([]);
    const taskId = String(object(call?.body)['task_id']);
    expect(taskId).toMatch(/^op_training_\d{8}_\d{6}_[0-9a-f]{8}$/);
    expect(call).toEqual({
      method: 'POST',
      path: '/api/v1/trainings/start',
      body: { ...recording.recorded.request.body, task_id: taskId },
    });
    expect(said).toContain(`The new operation is ${taskId}`);
    expect(await watched()).toContain(taskId);
  });

  it('start-again/training-from-record-only: what the record lacks is found elsewhere, or nothing is sent', async () => {
    const recording = read('start-again/training-from-record-only');
    const metadata = object(recording.operation?.['metadata']);
    const hidden = {
      ...metadata,
      parameters: { ...object(metadata['parameters']), strategy_yaml: `${'# comment '.repeat(10)}` },
    };
    const { act, ktrdr } = await open(recording, { before: having(recording, { metadata: hidden }) });
    expect(await act(again(recording), 'completed')).toContain('Its record has no strategy name. Nothing changed.');
    expect(ktrdr.calls).toEqual([]);
    const session = object(object(object(recording.raw['extra'])['original'])['session_info']);
    const named = await open(recording, {
      before: having(recording, { metadata: hidden, result_summary: { session_info: session } }),
    });
    await named.act(again(recording), 'completed');
    expect(named.ktrdr.calls[0]?.body).toMatchObject({ strategy_name: 'lab_short' });
  });

  it('start-again/training-no-worker: is refused before, and understood as an answer', async () => {
    const recording = { ...read('start-again/training-name-from-yaml'), response: null };
    const refusal = read('start-again/training-no-worker').recorded.response;
    const busy = recording.recorded.before.workers.map((one) => ({ ...one, status: 'busy' }));
    const early = await open(recording, { before: { ...recording.recorded.before, workers: busy } });
    expect(await early.act(again(recording), 'completed')).toContain('No training worker is free');
    expect(early.ktrdr.calls).toEqual([]);
    await early.close();
    const late = await open(recording, { response: refusal });
    expect(await late.act(again(recording), 'completed')).toContain(
      'ktrdr returned HTTP 503: “No training workers available”. Nothing changed.',
    );
  });

  it.each(['start-again/training-unknown-strategy', 'start-again/training-unknown-strategy-no-symbols'])(
    '%s: no path of a server is told',
    async (name) => {
      const refusal = read(name).recorded.response;
      const recording = read('start-again/training-name-from-yaml');
      const { act } = await open(recording, { response: refusal });
      const said = await act(again(recording), 'completed');
      expect(said).toContain('ktrdr returned HTTP 400: “Strategy file not found: no_such.yaml”');
      expect(said).not.toContain('/app');
    },
  );

  it('start-again/training-empty-symbols: is refused before', async () => {
    read('start-again/training-empty-symbols');
    const recording = read('start-again/training-name-from-yaml');
    const metadata = object(recording.operation?.['metadata']);
    const none = { ...metadata, parameters: { ...object(metadata['parameters']), symbols: [] } };
    const { act, ktrdr } = await open(recording, { before: having(recording, { metadata: none }) });
    expect(await act(again(recording), 'completed')).toContain('is missing its symbols or timeframes');
    expect(ktrdr.calls).toEqual([]);
  });

  it.each([
    'start-again/backtest-from-record-only',
    'start-again/backtest-no-such-model',
    'start-again/backtest-with-dates-of-result',
  ])('%s: with the model that was asked for; a start that fails at once is none', async (name) => {
    const original = read('start-again/backtest-from-record-only');
    const { recorded } = read(name);
    const workers =
      recorded.after[0]?.workers.map((one) => ({ ...one, status: 'available', current_operation_id: null })) ?? [];
    const isWithout = name.endsWith('dates-of-result');
    const metadata = {
      ...object(original.operation?.['metadata']),
      ...(isWithout && { start_date: null, end_date: null }),
    };
    const config = object(object(object(original.raw['extra'])['original'])['config']);
    const before = { ...having(original, { metadata, result_summary: { config } }), workers };
    const { act, ktrdr } = await open(original, { ...recorded, before });
    const said = await act(again(original), 'completed', { model: 'models/v3_minimal/1h_v1' });
    expect(ktrdr.calls).toEqual([
      {
        method: 'POST',
        path: '/api/v1/backtests/start',
        body: withModel(readRecording(folder, 'start-again/backtest-from-record-only').recorded.request.body),
      },
    ]);
    expect(said).toMatch(/Not started again:\* op_backtesting_\w+ failed immediately: “/);
  });

  it('start-again/backtest-null-dates: nothing is sent without dates', async () => {
    read('start-again/backtest-null-dates');
    const recording = read('start-again/backtest-from-record-only');
    const metadata = { ...object(recording.operation?.['metadata']), start_date: null, end_date: null };
    const workers = [{ worker_id: 'w', worker_type: 'backtesting', status: 'available' }];
    const { act, ktrdr } = await open(recording, {
      before: { ...having(recording, { metadata, result_summary: null }), workers },
    });
    expect(await act(again(recording), 'completed', { model: 'models/v3_minimal/1h_v1' })).toContain(
      'is missing its strategy, symbol, timeframe, or dates',
    );
    expect(ktrdr.calls).toEqual([]);
  });

  it('start-again/backtest-bad-date: the field that ktrdr refuses is named', async () => {
    const refusal = read('start-again/backtest-bad-date').recorded.response;
    const recording = read('start-again/backtest-from-record-only');
    const workers = [{ worker_id: 'w', worker_type: 'backtesting', status: 'available' }];
    const { act } = await open(recording, { response: refusal, before: { ...recording.recorded.before, workers } });
    const said = await act(again(recording), 'completed', { model: 'models/v3_minimal/1h_v1' });
    expect(said).toContain('ktrdr returned HTTP 422: “start_date: Value error, Invalid date format');
  });

  it('start-again/retry-endpoint-failed-download: is downloaded again, and never sent to /retry', async () => {
    const recording = read('start-again/retry-endpoint-failed-download');
    const works = readRecording(folder, 'load-data/stub-works').recorded;
    const { act, ktrdr, watched } = await open(recording, {
      request: works.request,
      response: works.response,
      after: works.after,
    });
    const said = await act(again(recording), 'failed');
    expect(ktrdr.calls).toEqual([
      {
        method: 'POST',
        path: '/api/v1/data/acquire/download',
        body: { symbol: 'EURUSD', timeframe: '1h', mode: 'tail' },
      },
    ]);
    expect(said).toContain('The new operation is op_data_load_20261129_190431_32bc53e7');
    expect(await watched()).toContain('op_data_load_20261129_190431_32bc53e7');
  });

  // --- load data ---

  /** The failed training that needs the data; the download is what was recorded. */
  function needing(name: string, mode = 'full'): { recording: Recording; wanted: WantedAction } {
    const download = read(name);
    const training = readRecording(folder, 'start-again/training-name-from-yaml');
    const { recorded, operationId, operation } = training;
    const before = { ...recorded.before, operations: { [operationId]: { ...operation, status: 'failed' } } };
    const recording = { ...training, recorded: { ...download.recorded, before } };
    return { recording, wanted: { kind: 'load-data', operationId, data: { symbol: 'USDCHF', timeframe: '1h', mode } } };
  }

  it('load-data/stub-works: with its mode and the dates of the operation, followed to its end', async () => {
    const { recording, wanted } = needing('load-data/stub-works');
    const { act, ktrdr, watched } = await open(recording);
    const said = await act(wanted, 'failed');
    const dates = { start_date: '2023-01-01', end_date: '2023-03-31' };
    expect(ktrdr.calls).toEqual([
      {
        method: 'POST',
        path: '/api/v1/data/acquire/download',
        body: { symbol: 'USDCHF', timeframe: '1h', mode: 'full', ...dates },
      },
    ]);
    expect(said).toContain('The new operation is op_data_load_');
    expect(await watched()).toContain('op_data_load_20261129_190431_32bc53e7');
  });

  it.each([
    ['load-data/ib-absent', 'All connection attempts failed'],
    ['load-data/symbol-unknown-at-ib', 'Symbol validation failed for NOSUCH'],
  ])('%s: HTTP 200 is not taken for a start', async (name, why) => {
    const { recording, wanted } = needing(name);
    const { act, watched } = await open(recording);
    const said = await act(wanted, 'failed');
    expect(said).toMatch(/No data loaded:\* op_data_load_\w+ failed immediately/);
    expect(said).toContain(why);
    expect(await watched()).not.toContain(/op_data_load_\w+/.exec(said)?.[0]);
  });

  it.each([
    ['load-data/mode-local', 'local'],
    ['load-data/mode-omitted', ''],
    ['load-data/bad-mode', 'gapfill'],
  ])('%s: nothing is sent without a mode that ktrdr knows', async (name, mode) => {
    const { recording, wanted } = needing(name, mode);
    const { act, ktrdr } = await open(recording);
    expect(await act(wanted, 'failed')).toContain(
      'No data loaded:* Its record is missing the symbol, the timeframe, or the mode',
    );
    expect(ktrdr.calls).toEqual([]);
  });

  it.each([
    ['load-data/bad-timeframe', 'timeframe: Value error, Timeframe must be one of'],
    ['load-data/bad-date', 'body: Value error, Invalid date format'],
  ])('%s: the field that ktrdr refuses is named', async (name, field) => {
    const { recording, wanted } = needing(name);
    const { act } = await open(recording);
    expect(await act(wanted, 'failed')).toContain(`ktrdr returned HTTP 422: “${field}`);
  });

  it('load-data/same-download-twice-at-once: ktrdr would make two, so the second isn’t sent', async () => {
    const { recording, wanted } = needing('load-data/same-download-twice-at-once');
    const { act, ktrdr } = await open(recording);
    expect(await act(wanted, 'failed', { userId: ANN, answerId: 'first' })).toMatch(
      /^\*Loading data\* by <@U0ANNA>.*has already completed/,
    );
    const second = await act(wanted, 'failed', { userId: BEN, answerId: 'second' });
    expect(second).toMatch(
      /^\*No data loaded:\* The same action was confirmed on another diagnosis .*That one was confirmed by <@U0ANNA>/,
    );
    expect(ktrdr.calls).toHaveLength(1);
  });

  // --- lost answers ---

  it.each(['idempotency/answer-lost-with-task_id', 'idempotency/training-task_id-first'])(
    '%s: a training whose answer was lost is found by its id',
    async (name) => {
      const recording = read('start-again/training-name-from-yaml');
      const lost = read(name);
      const record = object(
        list(lost.raw['get_by_task_id'])[1] ??
          object(list(object(list(lost.raw['after'])[0])['operations'])[0])['body'],
      );
      const id = String(record['operation_id']);
      const request = { ...lost.recorded.request, body: { task_id: id } };
      const after = [{ secondsAfter: 0, operations: { [id]: record }, workers: [] }];
      const { act, ktrdr, watched } = await open(recording, { request, response: { status: 0, body: null }, after });
      const said = await act(again(recording), 'completed');
      const taskId = String(object(ktrdr.calls[0]?.body)['task_id']);
      expect(said).toContain(`The new operation is ${taskId}`);
      expect(await watched()).toContain(taskId);
      expect(ktrdr.calls).toHaveLength(1);
    },
  );

  it('idempotency/answer-lost-without-task_id: a backtest whose answer was lost is found at its worker', async () => {
    const lost = read('idempotency/answer-lost-without-task_id');
    const recording = read('start-again/backtest-from-record-only');
    const workers = [{ worker_id: 'w', worker_type: 'backtesting', status: 'available' }];
    const running = { ...recording.operation, operation_id: 'op_backtesting_new', status: 'running' };
    // Seen at the worker first, as it was for the training; the worker that was busy before is none.
    const busy = list(lost.raw['workers']).map(object);
    const after = [
      { secondsAfter: 0, operations: {}, workers: busy },
      {
        secondsAfter: 6,
        operations: { op_backtesting_new: running },
        workers: [
          ...busy,
          { ...workers[0], worker_id: 'w', status: 'busy', current_operation_id: 'op_backtesting_new' },
        ],
      },
    ];
    const { act, ktrdr, watched } = await open(recording, {
      response: { status: 0, body: null },
      before: { ...recording.recorded.before, workers: [...workers, ...busy.slice(0, 2)] },
      after,
    });
    expect(await act(again(recording), 'completed', { model: 'models/v3_minimal/1h_v1' })).toContain(
      'The new operation is op_backtesting_new',
    );
    expect(await watched()).toContain('op_backtesting_new');
    expect(ktrdr.calls).toHaveLength(1);
  });

  it.each([
    'idempotency/training-task_id-same-again-while-running',
    'idempotency/training-task_id-same-after-end',
    'idempotency/training-task_id-same-again-other-worker-idle',
  ])('%s: cannot happen, because one id is sent once, however often the job runs', async (name) => {
    read(name);
    const recording = read('start-again/training-name-from-yaml');
    const { draw, press, perform, ktrdr } = await open(recording);
    const wanted = again(recording);
    const offerId = await draw(wanted, { status: 'completed' });
    await Promise.all([press(offerId, wanted), press(offerId, wanted), press(offerId, wanted, BEN)]);
    await Promise.all([perform(offerId), perform(offerId)]);
    await perform(offerId);
    await press(offerId, wanted, BEN);
    await perform(offerId);
    expect(ktrdr.calls).toHaveLength(1);
  });

  // --- the database ---

  it('database-down/all: nothing is done while the database is away', async () => {
    used.add('database-down/all');
    for (const [name, kind, status] of [
      ['cancel/training-running-reason', 'cancel', 'running'],
      ['resume/training-cancelled-own-checkpoint', 'resume', 'cancelled'],
      ['start-again/training-name-from-yaml', 'start-again', 'completed'],
    ] as const) {
      const recording = read(name);
      const { act, ktrdr, close } = await open(recording);
      ktrdr.setDatabaseAway(true);
      expect(await act({ kind, operationId: recording.operationId }, status)).toContain(
        'ktrdr’s database isn’t responding. Nothing changed.',
      );
      expect(ktrdr.calls).toEqual([]);
      await close();
    }
  });

  it('database-down/all: a cancel during which it went away is unclear, as both recorded answers say', async () => {
    const all = object(
      JSON.parse(
        await import('node:fs').then(({ readFileSync }) =>
          readFileSync(join(folder, 'database-down/all.json'), 'utf8'),
        ),
      ),
    );
    const answerTo = (name: string) => {
      const { status, body } = object(object(all[name])['response']);
      return { status: Number(status), body };
    };
    const running = read('cancel/training-running-reason');
    const cancelling = await open(running, { response: answerTo('cancel-running') });
    expect(await cancelling.act(cancel(running), 'running')).toMatch(
      /^\*Cancelled\?\* ktrdr can’t reach its database\. It may have told the worker to stop/,
    );
    await cancelling.close();
    const cancelled = read('resume/training-cancelled-own-checkpoint');
    const resuming = await open(cancelled, {
      response: answerTo('resume-cancelled'),
      after: [{ ...cancelled.recorded.before, secondsAfter: 0 }],
    });
    expect(await resuming.act(resume(cancelled), 'cancelled')).toContain(
      'ktrdr returned HTTP 400: “Failed to resume operation bot-two-1',
    );
  });

  it('every recording is in one of these', () => {
    const all = readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return existsSync(join(path, '.')) && !name.includes('.')
        ? readdirSync(path).map((file) => `${name}/${file.replace('.json', '')}`)
        : [];
    });
    expect(all.filter((name) => !used.has(name))).toEqual([]);
    expect(all.length).toBeGreaterThan(50);
  });
});

const OWN_CHECKPOINT = 'resume/training-cancelled-own-checkpoint';
const BACKTEST_REQUEST = {
  ...{ strategy_name: 'v3_minimal', symbol: 'EURUSD', timeframe: '1h', model_path: 'models/v3_minimal/1h_v1' },
  ...{ initial_capital: 100_000, commission: 0.001, slippage: 0.0005 },
};
