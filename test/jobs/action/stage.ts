/** Everything that an action meets: the store and queue, ktrdr as it was recorded, and the people who press. */
import { type RecordedAction, type ReplayedKtrdr, startReplayedKtrdr } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { createKtrdrActions } from '../../../src/adapters/ktrdr/actions.ts';
import { cleanText } from '../../../src/diagnosis/clean.ts';
import { ACTIONS } from '../../../src/diagnosis/vocabulary/actions.ts';
import type { Message } from '../../../src/formatters/message.ts';
import { followResumed } from '../../../src/jobs/action/follow.ts';
import { type OfferTools, offerActions } from '../../../src/jobs/action/offers.ts';
import { performAction } from '../../../src/jobs/action/perform.ts';
import { createActionActions } from '../../../src/jobs/action/press.ts';
import { ACTION, OFFER, offerIdOf, requestIdOfAction } from '../../../src/jobs/action/state.ts';
import type { WantedAction } from '../../../src/jobs/action/wanted.ts';
import { readWanted } from '../../../src/jobs/deliver/wanted.ts';
import { BACKGROUND_JOBS, type QueueBackend } from '../../../src/jobs/queue/queues.ts';
import { watchesOf } from '../../../src/jobs/watch/watch.ts';
import { placeIn } from '../answer/question-set.ts';

export const PLACE = placeIn('C0OPS', { threadTs: '1795418950.000100' });
export const ANN = 'U0ANNA';
export const BEN = 'U0BEN';

export interface Stage {
  readonly ktrdr: ReplayedKtrdr;
  readonly tools: OfferTools;
  readonly logged: readonly Record<string, unknown>[];
  /** What Slack shows to one person only: by whom. */
  readonly shown: readonly { readonly userId: string; readonly message: Message }[];
  /** A button drawn when the operation was in this status, whether or not it would be offered now. */
  draw(
    wanted: WantedAction,
    drawn: { readonly status: string; readonly answerId?: string; readonly model?: string },
  ): Promise<string>;
  /** The reply to a press. */
  press(offerId: string, wanted: WantedAction, userId?: string, model?: string): Promise<string>;
  /** Runs the job once. */
  perform(offerId: string, signal?: AbortSignal): Promise<void>;
  /** Draws, presses, performs; what the thread says then. */
  act(
    wanted: WantedAction,
    status: string,
    more?: { readonly userId?: string; readonly model?: string; readonly answerId?: string },
  ): Promise<string>;
  offer(wanted: WantedAction, answerId?: string): Promise<void>;
  follow(offerId: string, check?: number): Promise<string>;
  said(offerId: string): Promise<string>;
  /** Operations that are watched in the thread. */
  watched(userId?: string): Promise<readonly string[]>;
  jobs(name: string): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

let opened = 0;

export async function openStage(backend: QueueBackend, recorded: RecordedAction): Promise<Stage> {
  opened += 1;
  const run = `run-${opened}`;
  const ktrdr = await startReplayedKtrdr(recorded);
  const { store } = backend.back;
  /** The latest request of each offer. */
  const requests = new Map<string, string>();
  const logged: Record<string, unknown>[] = [];
  const shown: { userId: string; message: Message }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const tools: OfferTools = {
    client: backend.back,
    ktrdr: createKtrdrActions({ url: ktrdr.url, headers: {}, caFile: null }),
    wait: async (ms) => ktrdr.advance(ms / 1000),
    now: Date.now,
    grafanaUrl: null,
    rules: { kinds: [...ACTIONS], users: [ANN, BEN] },
    clean: (text) => cleanText(text),
    log,
    async postEphemeral({ userId }, message) {
      shown.push({ userId, message });
      return { kind: 'sent', channel: 'C0OPS', ts: '' };
    },
  };
  const own = { take: (_: unknown, add: () => Promise<void>) => add(), countOf: () => 0, close: () => undefined };
  const buttons = createActionActions({ client: backend.back, own });

  const stage: Stage = {
    ktrdr,
    tools,
    logged,
    shown,
    async draw(wanted, { status, answerId = run, model }) {
      const offerId = offerIdOf(PLACE, answerId, wanted.kind, wanted.operationId);
      const needsModel = model === undefined ? null : { known: null };
      const about = { operationType: 'training', headline: 'It failed.', model: needsModel, answer: null };
      await OFFER.set(store, offerId, { offerId, wanted, place: PLACE, status: status as never, ...about });
      return offerId;
    },
    async press(offerId, { kind }, userId = ANN, model) {
      const already = (await ACTION.get(store, offerId))?.taskId;
      const done = await buttons.confirmAction({ teamId: PLACE.teamId, userId }, kind, offerId, model ?? null);
      const action = await ACTION.get(store, offerId);
      if (action !== null && action.taskId !== already) requests.set(offerId, requestIdOfAction(action));
      return done.message.text;
    },
    async perform(offerId, signal = AbortSignal.timeout(60_000)) {
      await performAction({ kind: 'action', offerId, place: PLACE }, tools, signal);
    },
    async act(wanted, status, { userId, model, answerId } = {}) {
      const drawn = { status, ...(model !== undefined && { model }), ...(answerId !== undefined && { answerId }) };
      const offerId = await stage.draw(wanted, drawn);
      await stage.press(offerId, wanted, userId, model);
      await stage.perform(offerId);
      return stage.said(offerId);
    },
    async offer(wanted, answerId = run) {
      // The answer is in the channel.
      const summary = { state: 'sent', content: '', ts: PLACE.threadTs };
      const outbox = { way: 'channel', channel: PLACE.channel, slots: { summary } };
      await store.set(`outbox:${answerId}`, JSON.stringify(outbox), 60_000);
      const job = { kind: 'offer-actions', answerId, place: PLACE, wanted: [wanted], attempt: 0 } as const;
      await offerActions(job, tools, AbortSignal.timeout(60_000));
    },
    async follow(offerId, check = 0) {
      await followResumed({ kind: 'follow-resumed', offerId, check }, tools, AbortSignal.timeout(60_000));
      return (await readWanted(store, `action-follow-${offerId}`))?.answer.summary.text ?? '';
    },
    said: async (offerId) => (await readWanted(store, requests.get(offerId) ?? ''))?.answer.summary.text ?? '',
    watched: async (userId = ANN) =>
      (await watchesOf(store, PLACE.teamId, userId)).map(({ operationId }) => operationId),
    async jobs(name) {
      const all = await backend.back.queue(BACKGROUND_JOBS).getJobs(['waiting', 'delayed', 'prioritized']);
      return all.filter((job) => job.name === name).map(({ data }) => data);
    },
    close: () => ktrdr.close(),
  };
  return stage;
}
