import { afterEach, describe, expect, it } from 'vitest';
import { BOARD } from '../../../src/jobs/alert/board.ts';
import type { LookMemory, LookTools } from '../../../src/jobs/alert/run-look.ts';
import { STATE } from '../../../src/jobs/alert/state.ts';
import { dropAlerts } from '../../../src/jobs/alert/subscriptions.ts';
import { createAnswerActions } from '../../../src/jobs/answer/actions.ts';
import { aboutOfDiagnosed, recordCompleted } from '../../../src/jobs/answer/afterwards.ts';
import { recordAnswer } from '../../../src/jobs/answer/earlier-answers.ts';
import { say } from '../../../src/jobs/deliver/wanted.ts';
import { endMute, type Mute, mute } from '../../../src/jobs/mute/mutes.ts';
import { markersIn } from '../../end-to-end/world.ts';
import { answerOf, placeIn } from '../answer/question-set.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { DAY_BEGINS_MS, MINUTE_MS, type Played, recordedDay, startDayKtrdr } from './day.ts';
import { CHANNEL, openWatchtower, SILENT, type Watchtower } from './watchtower.ts';

const LOOK_MS = 30_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Three with one cause, and one that completes. */
const STRATEGIES = /^(?:t02|t03|t07|16a-training-healthy-1)/;
/** As many causes. */
const SEVEN = /^(?:04-|05a|06a|06c|20a|b09|b14)/;

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('alerts ($kind)', ({ open }) => {
  let queue: TestQueue;
  let tower: Watchtower;
  let day: readonly Played[];
  let memory: LookMemory;
  afterEach(async () => {
    const markers = markersIn(tower.slack);
    expect(new Set(markers).size, 'posted twice').toBe(markers.length);
    expect(tower.slack.warnings()).toEqual([]);
    await tower.close();
    await queue.remove();
  });

  async function begin(
    names: RegExp,
    options: Partial<Parameters<typeof openWatchtower>[1]> & { readonly everyMs?: number } = {},
  ) {
    queue = await open(SILENT);
    memory = { state: null };
    day = recordedDay(options.everyMs ?? 10 * MINUTE_MS, (name) => names.test(name));
    tower = await openWatchtower(queue, {
      documents: day.flatMap(({ documents }) => documents),
      startMs: DAY_BEGINS_MS,
      ktrdr: (nowMs) => startDayKtrdr(day, nowMs),
      ...options,
    });
    await tower.alertsOn();
    await tower.look({}, memory);
  }

  async function lookUntil(untilMs: number, changes: Partial<LookTools> = {}): Promise<void> {
    for (let at = tower.nowMs + LOOK_MS; at <= untilMs; at += LOOK_MS) {
      tower.nowMs = at;
      await tower.look(changes, memory);
    }
  }

  const soonAfter = (one: Played | undefined) => (one?.failedAt ?? 0) + 2 * LOOK_MS;
  const words = () => JSON.stringify(tower.slack.messages(CHANNEL).map(({ text, blocks }) => [text, blocks]));
  const failed = () => day.filter(({ isQuiet }) => !isQuiet);
  const causeHere = (cause: string): Mute => ({
    teamId: tower.slack.team.id,
    channel: CHANNEL,
    kind: 'cause',
    of: cause,
  });

  it('counts what fails again in one message, which is over when an operation has completed', async () => {
    await begin(STRATEGIES);
    const healthy = day.find(({ isQuiet }) => isQuiet);
    await lookUntil(soonAfter(day.at(-1)));
    const [root, second] = tower.posts();
    expect(second).toBeUndefined();
    const before = failed().filter(({ failedAt }) => failedAt < (healthy?.failedAt ?? 0)).length;
    expect(before).toBeLessThan(3);
    expect(root?.text).toContain('3 operations failed with this cause');
    const list = JSON.stringify(tower.replies(root as never));
    for (const { id } of failed()) expect(list).toContain(id);
    expect(list).toContain('Root cause');
    if (before > 0) expect(root?.edits.map(({ text }) => text).join()).toContain('Over');
  });

  it('says in the message when it is over, and after a quiet day', async () => {
    await begin(/^t02/);
    await lookUntil(soonAfter(day[0]));
    expect(tower.posts()[0]?.text).not.toContain('Over');
    tower.nowMs += 25 * HOUR_MS;
    await tower.look({}, memory);
    expect(tower.posts().map(({ text }) => text)).toEqual([expect.stringContaining('it hasn’t happened for a day')]);
  });

  it('puts more than five causes at once into one message', async () => {
    await begin(SEVEN, { everyMs: 1000 });
    await lookUntil(soonAfter(day.at(-1)));
    expect(new Set(day.map(({ causes }) => causes[0])).size).toBeGreaterThan(5);
    const [root, ...others] = tower.posts();
    expect(others).toEqual([]);
    expect(root?.text).toContain('different causes');
    for (const { id } of day) expect(words()).toContain(id);
  });

  it('tells late what failed while nobody looked', async () => {
    await begin(SEVEN, { everyMs: 45 * MINUTE_MS });
    tower.nowMs = soonAfter(day.at(-1));
    await tower.look();
    for (const { id } of day) await expect.poll(words, { timeout: 30_000 }).toContain(id);
  });

  it('says once that Jaeger is away and once that it is back, and then what failed meanwhile', async () => {
    await begin(/^06a/);
    tower.jaeger.setFault('unauthorised');
    await lookUntil(soonAfter(day[0]) + 10 * MINUTE_MS);
    expect(tower.posts().map(({ text }) => text)).toEqual([expect.stringContaining('No alerts for now')]);
    tower.jaeger.setFault(null);
    await lookUntil(tower.nowMs + 2 * LOOK_MS);
    const [away, alert, ...others] = tower.posts();
    expect(away?.text).toContain('Jaeger is responding again');
    expect(alert?.text).toContain(day[0]?.id);
    expect(others).toEqual([]);
  });

  it.each([
    ['1.76', false],
    ['2.20', true],
    ['main', false],
  ] as const)('finds the same on Jaeger %s (needs a service: %s), with few requests', async (version, needsService) => {
    await begin(/^(?:01-|06a|09-|14a|11b)/, { version, needsService });
    await lookUntil(soonAfter(day.at(-1)));
    for (const { id } of day) expect(words()).toContain(id);
    // Long after: whatever was under way is forgotten.
    tower.nowMs += 20 * HOUR_MS;
    await tower.look({}, memory);
    const before = tower.jaeger.requests.length;
    await lookUntil(tower.nowMs + 10 * LOOK_MS);
    const made = tower.jaeger.requests.slice(before);
    expect(made.length).toBeGreaterThan(0);
    expect(made.length).toBeLessThanOrEqual(3 * 10);
    expect(made.filter((path) => /\/traces\/[0-9a-f]/.test(path))).toEqual([]);
  });

  it('links to the answer that somebody got before', async () => {
    await begin(/^06a/);
    const { back } = queue.backend;
    const [{ id, failedAt } = { id: '', failedAt: 0 }] = day;
    await say(back, { requestId: 'asked', place: placeIn(CHANNEL) }, answerOf('The answer.'));
    await tower.look({}, memory);
    const given = { name: id, headline: 'No data.', at: failedAt, requestId: 'asked', channel: CHANNEL };
    await recordAnswer(back.store, tower.slack.team.id, { kind: 'failures' }, given);
    await lookUntil(soonAfter(day[0]));
    const [answer, alert] = tower.posts();
    expect(JSON.stringify(alert?.blocks)).toContain(`/archives/${CHANNEL}/p${answer?.ts.replace('.', '')}`);
    expect(tower.replies(alert as never)).toEqual([]);
  });

  it('says what came after the last one', async () => {
    await begin(/^t0[23]/, { everyMs: 30 * HOUR_MS });
    await lookUntil(soonAfter(day[0]));
    const { store } = queue.backend.back;
    const [{ id, failedAt } = { id: '', failedAt: 0 }] = day;
    const { diagnosis } = await tower.tools.diagnose(
      { kind: 'operation', operationId: id },
      new AbortController().signal,
    );
    const ended = {
      about: aboutOfDiagnosed(diagnosis),
      operationId: 'op_training_well',
      at: failedAt + 12 * MINUTE_MS,
    };
    await recordCompleted(store, tower.slack.team.id, ended);
    tower.nowMs += 25 * HOUR_MS;
    await tower.look({}, memory);
    tower.nowMs = soonAfter(day[1]);
    await tower.look({}, memory);
    expect(tower.posts()).toHaveLength(2);
    const text = `Last time, the next training run completed 12 min after \`${id}\` failed: \`op_training_well\``;
    expect(JSON.stringify(tower.posts()[1]?.blocks)).toContain(text);
  });

  it('keeps quiet about a snoozed cause, and tells it afterwards', async () => {
    await begin(/^t0[237]/);
    const { store } = queue.backend.back;
    const cause = causeHere(day[0]?.causes[0] ?? '');
    await mute(store, cause, { userId: 'U0BEN', nowMs: tower.nowMs, forMs: HOUR_MS });
    await lookUntil(soonAfter(day[1]));
    expect(tower.posts()).toEqual([]);
    await endMute(store, cause);
    await lookUntil(tower.nowMs + LOOK_MS);
    expect(tower.posts().map(({ text }) => text)).toEqual([expect.stringContaining('2 operations failed')]);
  });

  it('goes on showing who has claimed it', async () => {
    await begin(/^t0[237]/);
    await lookUntil(soonAfter(day[0]));
    const [root] = tower.posts();
    const board = await BOARD.get(queue.backend.back.store, { teamId: tower.slack.team.id, channel: CHANNEL });
    const { workspace } = tower.tools;
    const actions = createAnswerActions({
      client: queue.backend.front,
      workspace: workspace as never,
      clock: () => 0 as never,
      grafanaUrl: null,
    });
    const place = placeIn(CHANNEL, { teamId: tower.slack.team.id, userId: 'U0BEN', messageTs: root?.ts ?? null });
    await actions.claim('click', board?.alerts[0]?.alertId ?? '', place, 'claim');
    await lookUntil(soonAfter(day[1]));
    const [claimed, ...others] = tower.posts();
    expect(others).toEqual([]);
    expect(JSON.stringify(claimed?.blocks)).toMatch(/<@U0BEN>.*take_over/);
    expect(claimed?.text).toContain('2 operations failed');
  });

  it('tells nothing more when alerts are switched off in the middle of a burst', async () => {
    await begin(SEVEN, { everyMs: 1000 });
    const { store } = queue.backend.back;
    const { diagnose } = tower.tools;
    await lookUntil(soonAfter(day.at(-1)), {
      async diagnose(...question) {
        await dropAlerts(store, { teamId: tower.slack.team.id, channel: CHANNEL });
        return diagnose(...question);
      },
    });
    expect(tower.posts()).toEqual([]);
  });

  it('tells only the types of operations that the channel wants', async () => {
    await begin(/^(?:06a|t02|09-)/);
    await tower.alertsOn({ types: ['backtesting'] });
    await lookUntil(soonAfter(day.at(-1)));
    const told = day.filter(({ id }) => words().includes(id)).map(({ name }) => name.slice(0, 3));
    expect(told).toEqual(['06a']);
  });

  it('posts nothing twice when the queue has lost its data', async () => {
    await begin(/^t0[237]/);
    const configured = [{ teamId: tower.slack.team.id, channel: CHANNEL, types: [], setBy: null, since: null }];
    await lookUntil(soonAfter(day[0]), { configured });
    const { store } = queue.backend.back;
    await STATE.delete(store, 'all');
    await store.deleteOwnedBy(tower.slack.team.id);
    await lookUntil(tower.nowMs + 4 * LOOK_MS, { configured });
    expect(tower.posts()).toHaveLength(1);
    await lookUntil(soonAfter(day[1]), { configured });
    expect(words()).toContain(day[1]?.id);
  });

  it('leaves a deleted message alone until the cause comes again', async () => {
    await begin(/^t0[23]/, { everyMs: 30 * HOUR_MS });
    await lookUntil(soonAfter(day[0]));
    const [root] = tower.posts();
    if (root === undefined) throw new Error('There is no alert.');
    tower.slack.as('U0ANNA').delete(root);
    tower.nowMs += 25 * HOUR_MS;
    await tower.look({}, memory);
    expect(tower.posts()).toEqual([]);
    tower.nowMs = soonAfter(day[1]);
    await tower.look({}, memory);
    expect(tower.posts()).toHaveLength(1);
  });

  it('tells whoever switched alerts on when the channel is archived', async () => {
    await begin(/^06a/);
    Object.assign(tower.slack.channel(CHANNEL), { archived: true });
    await lookUntil(soonAfter(day[0]));
    const direct = [...tower.slack.store.channels.keys()].filter((id) => id.startsWith('D'));
    expect(JSON.stringify(direct.map((id) => tower.slack.messages(id)))).toContain(day[0]?.id);
  });

  it('loses nothing when the clock is set forth and back', async () => {
    await begin(/^06a/);
    const [{ failedAt } = { failedAt: 0 }] = day;
    const rightMs = failedAt + HOUR_MS;
    await lookUntil(failedAt - 2 * MINUTE_MS);
    // The spans of that hour come while the clock is three hours ahead.
    tower.nowMs = rightMs + 3 * HOUR_MS;
    const jaegerAt = tower.nowMs;
    await tower.look(
      {
        look: async (input) => ({
          kind: 'looked',
          sightings: [],
          backends: input.backends ?? [],
          workers: null,
          progress: {},
          isCut: false,
        }),
      },
      memory,
    );
    expect(tower.nowMs).toBe(jaegerAt);
    tower.nowMs = rightMs;
    await tower.look({}, memory);
    expect(words()).toContain(day[0]?.id);
  });

  it('is looked for by one process at a time', async () => {
    await begin(/^06a/);
    tower.nowMs = soonAfter(day[0]);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { look } = tower.tools;
    const slow = tower.look({ look: async (...input) => held.then(() => look(...input)) }, memory);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await tower.look()).toBe(false);
    release();
    expect(await slow).toBe(true);
    expect(tower.posts()).toHaveLength(1);
  });
});
