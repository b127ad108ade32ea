import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FakeSlackOptions,
  isObject,
  type JsonObject,
  type Message,
  objectsOf,
  type RecordedAction,
  type ReplayedKtrdr,
  startReplayedKtrdr,
} from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../adapters/queue/until.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { objectsIn } from '../support/mrkdwn-linter.ts';
import type { BotProcess } from './bot-process.ts';
import { controlsOf, formOf, JAEGER, latest, lintedProblems, replyIn, toldTo } from './tools.ts';
import { answerTo, isWithoutRedis, markersIn, openWorld, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const [ANN, BEN, CLEO] = ['U0ANNA', 'U0BEN', 'U0CLEO'] as const;
const BOT = 'U0KTRDRBOT';
const SLACK: FakeSlackOptions = {
  users: [
    { id: ANN, name: 'anna' },
    { id: BEN, name: 'ben' },
    { id: CLEO, name: 'cleo' },
  ],
  channels: [{ id: CHANNEL, members: [ANN, BEN, CLEO, BOT] }],
};
const WORKERS = ['training-1', 'backtesting-1', 'backtesting-2'].map((name) => ({
  ...{ worker_id: name, worker_type: name.split('-')[0], status: 'available', current_operation_id: null },
  health_check_failures: 0,
}));
/** Every button, with an incident whose finding recommends it. */
const ENTRIES = [
  ['action_cancel', 'stuck-progress-stalled'],
  ['action_resume', '10d-'],
  ['action_load_data', '06a-'],
  ['action_start_again', '06a-'],
] as const;

describe.skipIf(isWithoutRedis())('an action', () => {
  let world: World;
  let bot: BotProcess;
  let ktrdr: ReplayedKtrdr;
  beforeAll(async () => {
    world = await openWorld(
      SLACK,
      ENTRIES.map(([, incident]) => incident),
    );
    ktrdr = await startReplayedKtrdr(recorded());
    bot = await startBot();
  });
  afterAll(async () => {
    await world.close();
    await ktrdr?.close();
  });
  afterEach(() => {
    const markers = markersIn(world.slack);
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect(world.slack.warnings()).toEqual([]);
    expect(lintedProblems(world.slack)).toEqual([]);
  });

  function startBot(): Promise<BotProcess> {
    return world.startBot('http', {
      ...{ KTRDR_API_URL: ktrdr.url, JAEGER_PUBLIC_URL: JAEGER },
      ...{ ACTIONS: 'cancel,resume,start-again,load-data', ACTION_USERS: `${ANN} ${BEN}` },
    });
  }

  it.each(ENTRIES)(
    '%s is shown to the people of ACTION_USERS, and neither seen nor forged by others',
    async (actionId, incident) => {
      const { slack } = world;
      const { operationId } = incidentNamed(incident);
      await slack.as(CLEO).command('/ktrdr', `diagnose ${operationId}`, { channel: CHANNEL });
      const answer = await answerTo(slack, operationId, CHANNEL);
      const [anns, bens] = await Promise.all([
        offerTo(ANN, actionId, operationId),
        offerTo(BEN, actionId, operationId),
      ]);
      await world.settled();
      for (const message of seenBy(CLEO))
        expect(controlsOf(message).filter((id) => id.startsWith('action_'))).toEqual([]);
      expect(anns.channel).toBe(CHANNEL);

      // Slack would carry any of these: a click of hers on their message, and on the answer, and with another name of the button.
      const before = { calls: ktrdr.calls.length, posts: everybodys() };
      const { payload } = await clickAs(CLEO, bens, actionId);
      await toldTo(slack, CLEO, 'ACTION_USERS');
      const [action] = objectsOf(payload['actions']);
      for (const [forged] of ENTRIES) {
        const changed = { ...payload, trigger_id: `forged.${forged}`, actions: [{ ...action, action_id: forged }] };
        expect((await slack.deliver({ kind: 'interaction', payload: changed })).outcome).toBe('acknowledged');
      }
      const onAnswer = {
        ...payload,
        trigger_id: 'forged.2',
        message: { ts: answer.ts },
        container: { type: 'message', channel_id: CHANNEL, message_ts: answer.ts },
      };
      await slack.deliver({ kind: 'interaction', payload: onAnswer });
      await world.settled();
      expect({ calls: ktrdr.calls.length, posts: everybodys() }).toEqual(before);
      const refused = bot.log.filter((line) => line.includes('"outcome":"refused"') && line.includes(CLEO));
      expect(refused.length).toBeGreaterThanOrEqual(ENTRIES.length + 2);
    },
  );

  it('names the exact call and what it can’t undo, is done once by the first of two people, and told in the thread', async () => {
    const { slack } = world;
    const { operationId } = incidentNamed('10d-');
    await slack.as(ANN).command('/ktrdr', `diagnose ${operationId} slow`, { channel: CHANNEL });
    // An earlier test has asked about it as well.
    const answer = await slack.waitForMessage(
      (message) => message.ephemeralFor === null && JSON.stringify(message.blocks).includes('\\"symptom\\":\\"slow\\"'),
    );
    const offer = await offerTo(ANN, 'action_resume', operationId, answer);
    const bens = await offerTo(BEN, 'action_resume', operationId, answer);
    const [button = {}] = objectsIn(offer.blocks).filter(({ action_id }) => action_id === 'action_resume');
    const confirm = JSON.stringify(button['confirm']);
    expect(confirm).toContain(`POST /api/v1/operations/${operationId}/resume once`);
    expect(confirm).toContain('ktrdr erases the operation’s error message');
    expect(confirm).toContain('"Not now"');

    const calls = ktrdr.calls.length;
    await Promise.all([
      slack.as(ANN).click(offer, 'action_resume'),
      slack.as(BEN).click(bens, 'action_resume'),
      slack.as(ANN).click(offer, 'action_resume'),
    ]);
    const result = await replyIn(slack, answer, 'Resumed');
    expect(wordsOf(latest(slack, result))).toMatch(/Resumed/);
    await until('the action was called', async () => ktrdr.calls.length > calls);
    await toldTo(slack, BEN, /result will be posted in the thread|Already confirmed by/);
    await world.settled();
    expect(ktrdr.calls.slice(calls)).toEqual([
      { method: 'POST', path: `/api/v1/operations/${operationId}/resume`, body: null },
    ]);
    expect(wordsOf(latest(slack, answer))).toMatch(/\*Resumed\* by <@U0(?:ANNA|BEN)>/);
    const audit = bot.log.filter((line) => line.includes('"kind":"action"'));
    expect(audit).toHaveLength(1);
    expect(audit[0]).toContain(operationId);
    expect(audit[0]).toMatch(new RegExp(`"userId":"(?:${ANN}|${BEN})"`));
  });

  it('that needs a model asks for it in a form, which nobody else can submit', async () => {
    const { slack } = world;
    const { operationId } = incidentNamed('06a-');
    const offer = await offerTo(ANN, 'action_start_again', operationId);
    await slack.as(ANN).click(offer, 'action_start_again');
    const form = formOf(slack, ANN);
    expect(JSON.stringify(form.definition)).toContain('POST /api/v1/backtests/start once');
    expect(JSON.stringify(form.definition)).toContain('"Not now"');
    const calls = ktrdr.calls.length;
    const wrong = await slack.as(ANN).submit(form, { model: '../../etc' });
    expect(Object.values(wrong.errors)).toEqual([expect.stringContaining('Enter the directory of a trained model')]);
    const { payload } = wrong;
    const cleos = { ...payload, trigger_id: 'forged.form', user: { id: CLEO, name: 'cleo', team_id: slack.team.id } };
    expect((await slack.deliver({ kind: 'interaction', payload: cleos })).outcome).toBe('acknowledged');
    await world.settled();
    expect(ktrdr.calls).toHaveLength(calls);

    const right = await slack.as(ANN).submit(form, { model: 'models/v3_minimal/1h_v1' });
    expect([right.error, right.errors]).toEqual([null, {}]);
    await until('the action was called', async () => ktrdr.calls.length > calls);
    // The same submission again, as a replay would bring it.
    await slack.deliver({ kind: 'interaction', payload: right.payload as JsonObject });
    await world.settled();
    expect(ktrdr.calls.slice(calls)).toEqual([
      {
        method: 'POST',
        path: '/api/v1/backtests/start',
        body: expect.objectContaining({ model_path: 'models/v3_minimal/1h_v1' }),
      },
    ]);
  });

  it('that a killed process had begun is looked up by the next one, and not sent again', async () => {
    const { slack } = world;
    const { operationId } = incidentNamed('stuck-progress-stalled');
    await slack.as(ANN).command('/ktrdr', `diagnose ${operationId} stuck`, { channel: CHANNEL });
    const offer = await offerTo(ANN, 'action_cancel', operationId);
    const calls = ktrdr.calls.length;
    ktrdr.hold(new Promise(() => undefined));
    await slack.as(ANN).click(offer, 'action_cancel');
    await until('the action was called', async () => ktrdr.calls.length > calls);
    bot.kill('SIGKILL');
    await bot.ended();
    bot = await startBot();
    const result = await slack.waitForMessage(
      (message) => message.channel === CHANNEL && message.text.startsWith('*Cancelled?*'),
    );
    expect(wordsOf(result)).toContain('Check the operation before you try again');
    await world.settled();
    expect(ktrdr.calls).toHaveLength(calls + 1);
  });

  it('of an answer in a direct message is offered there, and only to people of ACTION_USERS', async () => {
    const { slack } = world;
    const { operationId } = incidentNamed('06a-');
    for (const user of [ANN, CLEO])
      await slack.as(user).command('/ktrdr', `diagnose ${operationId} --private`, { channel: CHANNEL });
    const dm = slack.as(ANN).dm().id;
    const offer = await slack.waitForMessage(
      ({ channel, blocks }) => channel === dm && JSON.stringify(blocks).includes('action_load_data'),
    );
    expect(offer.ephemeralFor).toBeNull();
    await world.settled();
    for (const message of seenBy(CLEO)) expect(wordsOf(message)).not.toContain('action_load_data');
  });

  /** What a member of the channel reads: there, and in the conversation with the bot. */
  function seenBy(userId: string): readonly Message[] {
    const { slack } = world;
    return [...slack.messages(CHANNEL), ...slack.messages(slack.as(userId).dm().id)].filter(
      ({ ephemeralFor }) => ephemeralFor === null || ephemeralFor === userId,
    );
  }

  function everybodys(): number {
    return world.slack.messages(CHANNEL).filter(({ ephemeralFor }) => ephemeralFor === null).length;
  }

  /** The newest. */
  async function offerTo(
    userId: string,
    actionId: string,
    operationId: string,
    after: Message | null = null,
  ): Promise<Message> {
    const isIt = (message: Message) =>
      message.ephemeralFor === userId &&
      message.ts > (after?.ts ?? '') &&
      message.text.includes(operationId) &&
      controlsOf(message).includes(actionId);
    await world.slack.waitForMessage(isIt);
    const found = world.slack.messages(CHANNEL).findLast(isIt);
    if (found === undefined) throw new Error('The offer is gone.');
    return found;
  }

  /** As if Slack let her: the payload of somebody else's click in her name. */
  async function clickAs(
    userId: string,
    message: Message,
    actionId: string,
  ): Promise<{ readonly payload: JsonObject }> {
    const { slack } = world;
    const elements = objectsIn(message.blocks).filter(({ action_id }) => action_id === actionId);
    const shown = await slack.as(CLEO).click(await ownMessage(), 'open_jaeger');
    const [element = {}] = elements;
    const payload = {
      ...shown.payload,
      user: { id: userId, name: 'x', team_id: slack.team.id },
      trigger_id: `forged.${actionId}`,
      actions: [{ type: 'button', action_id: actionId, block_id: 'b', value: element['value'], action_ts: '1.1' }],
    };
    expect((await slack.deliver({ kind: 'interaction', payload })).outcome).toBe('acknowledged');
    return { payload };
  }

  /** An answer with a link. */
  async function ownMessage(): Promise<Message> {
    const found = world.slack
      .messages(CHANNEL)
      .find((message) => message.ephemeralFor === null && controlsOf(message).includes('open_jaeger'));
    if (found === undefined) throw new Error('There is no answer with a link.');
    return found;
  }
});

/** The incidents as they were recorded; a resume of 10d works. */
function recorded(): RecordedAction {
  const operations = Object.fromEntries(
    ENTRIES.map(([, name]) => {
      const { dir, operationId } = incidentNamed(name);
      const file = join(dir, 'operation.json');
      return [
        operationId,
        existsSync(file) ? dataIn(readFileSync(file, 'utf8')) : runningTraining(operationId),
      ] as const;
    }),
  );
  const { operationId } = incidentNamed('10d-');
  const was = operations[operationId] ?? {};
  const metadata = objectIn(was, 'metadata');
  const { strategy_name } = objectIn(metadata, 'parameters');
  const original_request = { ...metadata, strategy_name };
  const saved = { operation_id: operationId, created_at: '2026-11-23T07:28:00Z', state: { original_request } };
  const state = { checkpoints: { [operationId]: saved } };
  const busy = WORKERS.map((one) =>
    one.worker_id === 'backtesting-1' ? { ...one, current_operation_id: operationId, status: 'busy' } : one,
  );
  const resumed = { ...operations, [operationId]: { ...was, status: 'resuming' } };
  return {
    request: { method: 'POST', path: `/api/v1/operations/${operationId}/resume`, body: null },
    response: { status: 200, body: { success: true, data: { operation_id: operationId, status: 'resuming' } } },
    before: { operations, workers: WORKERS, ...state },
    after: [{ secondsAfter: 0, operations: resumed, workers: busy, ...state }],
  };
}

/** Of this one, only the traces were recorded. */
function runningTraining(operation_id: string): JsonObject {
  const parameters = { symbols: ['EURUSD'], timeframes: ['1h'], start_date: '2023-01-01', end_date: '2023-06-30' };
  const metadata = { symbol: 'EURUSD', timeframe: '1h', mode: 'training', parameters };
  return { operation_id, operation_type: 'training', status: 'running', error_message: null, metadata };
}

function dataIn(text: string): JsonObject {
  return objectIn(JSON.parse(text), 'data');
}

function objectIn(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  if (!isObject(found)) throw new Error(`There is no object ${key}.`);
  return found;
}
