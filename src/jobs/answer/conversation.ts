/** What people ask for beside a diagnosis, done on the handlers' own connection: quick, and an error when the queue is away. */
import type { Subject } from '../../diagnosis/case.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import { code } from '../../formatters/blocks/text-block.ts';
import type { Message } from '../../formatters/message.ts';
import { causeNames, formatCatalogue, formatCause } from '../../formatters/reports/explain.ts';
import { formatRecent } from '../../formatters/reports/memory.ts';
import { formatMuted, formatMuteEnded, formatMutes } from '../../formatters/reports/mute.ts';
import { formatStatus } from '../../formatters/reports/status.ts';
import { addBackgroundJob } from '../background/worker.ts';
import { deliver } from '../deliver/wanted.ts';
import { type HealthSources, readHealth } from '../home/health.ts';
import { endMute, isMuted, type Mute, mute, mutesOf, muteWordsOf, undoOf } from '../mute/mutes.ts';
import type { Clock } from '../ports.ts';
import type { QueueBackend } from '../queue/queues.ts';
import { isDirect, type Place, requestIdOf } from '../requests.ts';
import { startWatch, stopWatch } from '../watch/watch.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { createAnswerActions } from './actions.ts';
import { countFeedback } from './feedback.ts';
import { seenAnswers } from './memory.ts';

export interface SlackActionsOptions extends HealthSources {
  readonly backend: Pick<QueueBackend, 'front' | 'health' | 'kind'>;
  readonly workspace: SlackWorkspace;
  readonly clock: Clock;
  readonly grafanaUrl: string | null;
  readonly version: string;
  readonly node: string;
}

/** A channel, or one thread in it. */
interface Target {
  readonly teamId: string;
  readonly channel: string;
  readonly threadTs: string | null;
}

const MOST_RECENT = 10;

export function createSlackActions(options: SlackActionsOptions) {
  const { backend, workspace, clock } = options;
  const client = backend.front;
  const { store } = client;
  const nowMs = () => Math.round(clock() / 1000);

  return {
    ...createAnswerActions({ ...options, client }),

    /** Posted once per gesture. */
    async say(id: string, place: Place, message: Message): Promise<void> {
      await deliver(client, { requestId: requestIdOf(id, place), place }, 'answer', { summary: message, thread: [] });
    },

    /** Null for an unknown cause; without one, all causes. */
    explain: (cause: string): Message | null => (cause === '' ? formatCatalogue() : formatCause(cause)),
    causeNames,

    async status(teamId: string): Promise<Message> {
      const [health, feedback] = await Promise.all([readHealth(options), countFeedback(store, teamId)]);
      const { version, node } = options;
      return formatStatus({ version, node, ...health, feedback });
    },

    async recent(whose: 'mine' | 'failures', place: Place): Promise<Message> {
      const { teamId, userId, channel } = place;
      // What is asked by mention in a channel is answered there for everybody.
      const isHeard = place.responseUrl === null && !isDirect(place);
      const reader = { channel, userId: isHeard ? null : userId };
      const list = whose === 'mine' ? ({ kind: 'person', userId } as const) : ({ kind: 'failures' } as const);
      return formatRecent(whose, await seenAnswers({ store, workspace }, teamId, list, reader, nowMs(), MOST_RECENT));
    },

    async mute(target: Target, forMs: number, userId: string): Promise<Message> {
      const what = silenceOf(target);
      const until = await mute(store, what, { userId, nowMs: nowMs(), forMs });
      return formatMuted({ ...what, until: new Date(until).toISOString(), undo: undoOf(what) });
    },

    async unmute(target: Target): Promise<Message> {
      const what = silenceOf(target);
      return formatMuteEnded(what, (await endMute(store, what)) !== null);
    },

    /** What is kept quiet in this channel. */
    async mutes({ teamId, channel }: Place): Promise<Message> {
      const here = (await mutesOf(store, teamId)).filter((one) => one.channel === channel);
      return formatMutes(here.map(muteWordsOf));
    },

    /** Null when the watch's own message says enough. */
    async watch(id: string, operationId: string, place: Place): Promise<Message | null> {
      const begun = await startWatch(client, id, operationId, place, nowMs());
      return begun === null ? buildMessage(['You already watch ', code(operationId), ' here.']) : null;
    },

    async stopWatching(watchId: string, person: { teamId: string; userId: string }): Promise<Message | null> {
      const stopped = await stopWatch(client, watchId, person);
      if (stopped === 'stopped') return null;
      return stopped === 'over'
        ? buildMessage(['That watch is over already.'])
        : buildMessage(['Only the one who began this watch can stop it.']);
    },

    async preview(
      where: Target & { readonly ts: string },
      links: readonly { readonly url: string; readonly subject: Subject }[],
    ): Promise<void> {
      if (await isMuted(store, where)) return;
      const { teamId, channel, ts } = where;
      await addBackgroundJob(
        client,
        { kind: 'preview', teamId, channel, ts, links: [...links] },
        `preview-${channel}-${ts}`,
      );
    },
  };
}

function silenceOf({ teamId, channel, threadTs }: Target): Mute {
  return threadTs === null
    ? { teamId, channel, kind: 'channel', of: '' }
    : { teamId, channel, kind: 'thread', of: threadTs };
}
