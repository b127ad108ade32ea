import { type RecordedAction, startReplayedKtrdr } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKtrdrActions } from '../../../src/adapters/ktrdr/actions.ts';
import { performAction } from '../../../src/jobs/action/perform.ts';
import { ACTION, HELD, OFFER, SENT } from '../../../src/jobs/action/state.ts';
import type { WantedAction } from '../../../src/jobs/action/wanted.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { BUSY, CANCEL, checkpoint, ID, RESUME, state, training, worker } from './operation-states.ts';
import { ANN, BEN, openStage, PLACE, type Stage } from './stage.ts';

const cancel: WantedAction = { kind: 'cancel', operationId: ID };
const resume: WantedAction = { kind: 'resume', operationId: ID };

describe.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))('an action ($kind)', ({ open }) => {
  let queue: TestQueue;
  let stage: Stage;
  const store = () => queue.backend.back.store;
  beforeAll(async () => {
    queue = await open(pino({ level: 'silent' }));
  });
  afterEach(async () => {
    await stage.close();
    for (const wanted of [cancel, resume]) await HELD.delete(store(), wanted);
  });
  afterAll(() => queue.remove());

  async function set(recorded: RecordedAction): Promise<Stage> {
    stage = await openStage(queue.backend, recorded);
    return stage;
  }

  it('is called once by whoever clicks how often, in whichever process, and the second person is told', async () => {
    const { draw, press, perform, said, ktrdr } = await set(CANCEL);
    const offerId = await draw(cancel, { status: 'running' });
    const replies = await Promise.all([press(offerId, cancel), press(offerId, cancel), press(offerId, cancel, BEN)]);
    expect(replies.filter((text) => text.startsWith('The result will'))).toHaveLength(1);
    expect(replies.filter((text) => text.startsWith('Already confirmed by'))).toHaveLength(2);
    await Promise.all([perform(offerId), perform(offerId), perform(offerId)]);
    expect(ktrdr.calls).toHaveLength(1);
    expect(await said(offerId)).toMatch(/^\*Cancelled\b/);
    expect(await press(offerId, cancel, BEN)).toMatch(/^Already confirmed by/);
    await perform(offerId);
    expect(ktrdr.calls).toHaveLength(1);
  });

  it('whose process died between the mark and the call is looked up, and never sent', async () => {
    const { draw, press, perform, said, ktrdr } = await set(CANCEL);
    const offerId = await draw(cancel, { status: 'running' });
    await press(offerId, cancel);
    const before = { status: 'running', operationType: 'training', startedAt: null, errorMessage: null } as const;
    const call = { method: 'DELETE', path: `/api/v1/operations/${ID}`, body: { reason: 'mine' } } as const;
    await SENT.set(store(), offerId, { call, before: { ...before, childId: null, running: [], downloads: [] } });
    await perform(offerId);
    expect(ktrdr.calls).toEqual([]);
    expect(await said(offerId)).toMatch(
      /^\*Cancelled\?\* ktrdr still shows it as running\. Check the operation before you try again\./,
    );
  });

  it('whose process ends during the call is looked up by the next: its reason shows whose it was', async () => {
    const { draw, press, perform, said, ktrdr } = await set(CANCEL);
    const offerId = await draw(cancel, { status: 'running' });
    await press(offerId, cancel);
    ktrdr.hold(new Promise(() => undefined));
    const ending = new AbortController();
    const first = perform(offerId, ending.signal);
    await expect.poll(() => ktrdr.calls.length).toBe(1);
    ending.abort(new Error('the worker ends'));
    await expect(first).rejects.toThrow('the worker ends');
    await perform(offerId);
    expect(ktrdr.calls).toHaveLength(1);
    expect(await said(offerId)).toMatch(
      /^\*Cancelled, with a warning:\* The record says cancelled\. It’s unknown whether the worker was told to stop/,
    );
  });

  it.each([
    ['a cancel', cancel, CANCEL, 'running', /^\*Cancelled, with a warning:\*/],
    ['a resume', resume, RESUME, 'failed', /^\*Resumed\* by .* ktrdr now shows it as resuming\.$/],
  ] as const)('%s whose answer is lost is found by what ktrdr shows', async (_name, wanted, recorded, status, says) => {
    const { act, ktrdr } = await set({ ...recorded, response: { status: 0, body: null } });
    expect(await act(wanted, status)).toMatch(says);
    expect(ktrdr.calls).toHaveLength(1);
  });

  it('that another’s cancel came before is told with the other’s reason', async () => {
    const others = training({ status: 'cancelled', error_message: 'cleanup by cron' });
    const { act } = await set({ ...CANCEL, response: { status: 0, body: null }, after: [state(others, [worker()])] });
    expect(await act(cancel, 'running')).toContain('It’s already cancelled: “cleanup by cron”');
  });

  it('whose answer is lost, and of which nothing is to be seen, is unknown and not repeated', async () => {
    const { act, ktrdr } = await set({ ...RESUME, response: { status: 0, body: null }, after: [RESUME.before] });
    expect(await act(resume, 'failed')).toMatch(/^\*Resumed\?\* ktrdr shows it as failed\. Check the operation/);
    expect(ktrdr.calls).toHaveLength(1);
  });

  it('that can’t have reached ktrdr is free to be done again', async () => {
    const { draw, press, said, tools } = await set(CANCEL);
    const offerId = await draw(cancel, { status: 'running' });
    await press(offerId, cancel);
    const closed = await startReplayedKtrdr(CANCEL);
    await closed.close();
    const away = createKtrdrActions({ url: closed.url, headers: {}, caFile: null });
    const ktrdr = { ...tools.ktrdr, call: away.call };
    await performAction({ kind: 'action', offerId, place: PLACE }, { ...tools, ktrdr }, AbortSignal.timeout(60_000));
    expect(await said(offerId)).toMatch(/Not cancelled:.* Nothing changed\./);
    expect(await HELD.get(store(), cancel)).toBeNull();
  });

  it.each([
    ['waited too long', { now: () => Date.now() + 6 * 60_000 }, 'more than 5 minutes'],
    [
      'was pressed by somebody who was taken off the list',
      { rules: { kinds: ['cancel'], users: [BEN] } },
      'ACTION_USERS',
    ],
    ['is switched off since', { rules: { kinds: ['resume'], users: [ANN] } }, 'ACTIONS no longer allows this action'],
  ] as const)('that %s is not done', async (_name, changes, why) => {
    const { draw, press, said, tools, ktrdr } = await set(CANCEL);
    const offerId = await draw(cancel, { status: 'running' });
    await press(offerId, cancel);
    const changed = { ...tools, ...changes } as typeof tools;
    await performAction({ kind: 'action', offerId, place: PLACE }, changed, AbortSignal.timeout(60_000));
    expect(await said(offerId)).toContain(why);
    expect([ktrdr.calls, ktrdr.reads]).toEqual([[], []]);
  });

  it('that no longer fits what the button was made for is refused', async () => {
    const { act, ktrdr } = await set(CANCEL);
    expect(await act(cancel, 'pending')).toContain(
      'The operation was pending when the button was created, but is now running. Nothing changed.',
    );
    expect(ktrdr.calls).toEqual([]);
  });

  it('that was refused before the call can be confirmed again with the same button, once what it needs is there', async () => {
    const { draw, press, perform, said, ktrdr } = await set(RESUME);
    const offerId = await draw(resume, { status: 'failed' });
    ktrdr.setDatabaseAway(true);
    await press(offerId, resume);
    await perform(offerId);
    expect(await said(offerId)).toMatch(/Not resumed:.*ktrdr’s database isn’t responding/);
    ktrdr.setDatabaseAway(false);
    expect(await press(offerId, resume)).toContain('The result will be posted in the thread');
    await perform(offerId);
    expect(await said(offerId)).toMatch(/^\*Resumed\*/);
    expect(await press(offerId, resume)).toContain('Already confirmed by you');
    expect(ktrdr.calls).toHaveLength(1);
  });

  it('leaves one audit line with who did what to which operation, and how it ended', async () => {
    const { act, logged } = await set(CANCEL);
    await act(cancel, 'running', { userId: BEN });
    const lines = logged.flatMap(({ audit }) => (audit === undefined ? [] : [audit]));
    expect(lines).toEqual([
      {
        ...{ outcome: 'done', kind: 'action', entry: 'cancel', about: [ID], userId: BEN },
        ...{ teamId: PLACE.teamId, channel: PLACE.channel, requestIds: [expect.stringMatching(/^action-T0KTRDR-/)] },
      },
    ]);
  });

  it('keeps what the answer said before ktrdr erases it', async () => {
    const { act, draw } = await set(RESUME);
    expect(await act(resume, 'failed')).toContain('ktrdr erased the operation’s error message: “The worker died.”');
    const kept = await ACTION.get(store(), await draw(resume, { status: 'failed' }));
    expect(kept).toMatchObject({ headline: 'It failed.', userId: ANN, state: 'over' });
  });

  it('hides secrets in what ktrdr says', async () => {
    const secret = ['ghp', 'aB3dE7gH9k'.repeat(4).slice(4)].join('_');
    const failed = training({ status: 'failed', error_message: `push failed: token ${secret}` });
    const { act } = await set({ ...RESUME, before: state(failed, [worker()]) });
    const said = await act(resume, 'failed');
    expect(said).toContain('push failed');
    expect(said).not.toContain(secret);
  });

  describe('a value that nobody was given', () => {
    it.each([
      ['is none', () => 'x'],
      ['names no offer', () => `T0KTRDR-${'0'.repeat(24)}`],
      ['is a key of something else', () => 'T0KTRDR-../../owner'],
    ])('%s: does nothing', async (_name, makeValue) => {
      const { press, jobs } = await set(CANCEL);
      const before = await jobs('action');
      expect(await press(makeValue(), cancel)).toContain('expired or belongs to another diagnosis');
      expect(await jobs('action')).toEqual(before);
    });

    it('of another action, another workspace, or an offer that has expired does nothing', async () => {
      const { draw, press, ktrdr } = await set(CANCEL);
      const offerId = await draw(cancel, { status: 'running' });
      expect(await press(offerId, resume)).toContain('expired or belongs to another diagnosis');
      const offer = await OFFER.get(store(), offerId);
      if (offer === null) throw new Error('nothing was offered');
      await OFFER.set(store(), offerId, { ...offer, place: { ...PLACE, teamId: 'T0PARTNER' } });
      expect(await press(offerId, cancel)).toContain('expired or belongs to another diagnosis');
      await OFFER.delete(store(), offerId);
      expect(await press(offerId, cancel)).toContain('expired or belongs to another diagnosis');
      expect(await ACTION.get(store(), offerId)).toBeNull();
      expect(ktrdr.calls).toEqual([]);
    });

    it.each(['', '../../etc', '/etc/passwd', 'a b', 'x'.repeat(300)])('“%s” is no model', async (model) => {
      const { draw, press } = await set(CANCEL);
      const again: WantedAction = { kind: 'start-again', operationId: ID };
      const offerId = await draw(again, { status: 'failed', model: 'asked for' });
      expect(await press(offerId, again, ANN, model)).toContain('Enter the directory of a trained model');
    });
  });

  describe('followed after a resume', () => {
    it('is told with its worker and the epoch of its checkpoint, until it leaves the worker', async () => {
      const resumed = { status: 'resuming', started_at: '2026-01-09T07:00:00Z' };
      const grown = { ...checkpoint(), created_at: '2026-01-09T07:05:00Z', state: { epoch: 40 } };
      const after = [
        state(training(resumed), [BUSY], { secondsAfter: 0 }),
        state(training(resumed), [BUSY], { secondsAfter: 60, checkpoints: { [ID]: grown } }),
        state(training(resumed), [worker()], { secondsAfter: 120, checkpoints: { [ID]: grown } }),
      ];
      const { draw, press, perform, follow, ktrdr } = await set({ ...RESUME, after });
      const offerId = await draw(resume, { status: 'failed' });
      await press(offerId, resume);
      await perform(offerId);
      expect(await follow(offerId, 0)).toContain('training-worker-1 is running it; its checkpoint is from epoch 30');
      ktrdr.advance(70);
      expect(await follow(offerId, 1)).toContain('training-worker-1 is running it; its checkpoint is from epoch 40');
      ktrdr.advance(70);
      // Once is no proof: the registry lags.
      expect(await follow(offerId, 2)).toContain('no worker lists it');
      await follow(offerId, 3);
      expect(await follow(offerId, 4)).toContain(
        'is no longer running on any worker; its checkpoint is from epoch 40. ktrdr doesn’t say how it ended',
      );
    });

    it.each([
      ['running', ID],
      ['failed', undefined],
    ])('as %s, is left to what ktrdr says', async (status, watched) => {
      const after = [
        ...RESUME.after,
        state(training({ status, started_at: '2026-01-09T07:00:00Z' }), [BUSY], { secondsAfter: 60 }),
      ];
      const { draw, press, perform, follow, ktrdr, watched: watches } = await set({ ...RESUME, after });
      const offerId = await draw(resume, { status: 'failed' });
      await press(offerId, resume, BEN);
      await perform(offerId);
      ktrdr.advance(70);
      const said = await follow(offerId, 0);
      if (watched === undefined) expect(said).toContain('has ended: failed');
      else expect(await watches(BEN)).toContain(watched);
    });
  });
});
