/** What the Home tab shows to one person: their own things, and of channels only what they could read there. */

import type { Message } from '../../formatters/message.ts';
import { formatHome, type HomeDigest, type HomeSettings } from '../../formatters/reports/home.ts';
import { seenAnswers } from '../answer/memory.ts';
import { digestsOf, nextOf, type PlannedDigest } from '../digest/schedules.ts';
import { mutesOf, muteWordsOf } from '../mute/mutes.ts';
import type { Clock } from '../ports.ts';
import type { QueueBackend } from '../queue/queues.ts';
import { watchesOf } from '../watch/watch.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { type HealthSources, readHealth } from './health.ts';

export interface HomeOptions extends HealthSources {
  readonly backend: Pick<QueueBackend, 'front' | 'health' | 'kind'>;
  readonly workspace: SlackWorkspace;
  readonly clock: Clock;
  readonly settings: HomeSettings;
  readonly configured: readonly PlannedDigest[];
}

export interface Reader {
  readonly teamId: string;
  readonly userId: string;
  /** The direct conversation beside the tab. */
  readonly readIn: string;
}

const MOST_ANSWERS = 5;

export function createHome(options: HomeOptions) {
  const { workspace, configured, settings } = options;
  const { store } = options.backend.front;

  return {
    /** `said` is the answer to a click on the tab, and stands first. */
    async home(
      { teamId, userId, readIn }: Reader,
      commands: readonly string[],
      said: Message | null,
    ): Promise<Message['blocks']> {
      const nowMs = Math.round(options.clock() / 1000);
      const seen = (list: Parameters<typeof seenAnswers>[2]) =>
        seenAnswers({ store, workspace }, teamId, list, { channel: readIn, userId }, nowMs, MOST_ANSWERS);
      const [recent, failures, watches, set, mutes, health] = await Promise.all([
        seen({ kind: 'person', userId }),
        seen({ kind: 'failures' }),
        watchesOf(store, teamId, userId),
        digestsOf(store, teamId),
        mutesOf(store, teamId),
        readHealth(options),
      ]);
      const byOperator = configured.filter((one) => one.teamId === '' || one.teamId === teamId);
      const mayRead = await readableBy(userId, teamId, [...set, ...byOperator, ...mutes]);
      const digests: readonly HomeDigest[] = [...set, ...byOperator].map((one) => ({ ...one, next: nextOf(one) }));
      return formatHome(
        {
          recent,
          failures,
          watches,
          digests: digests.filter(mayRead),
          mutes: mutes.filter((one) => one.userId === userId || mayRead(one)).map(muteWordsOf),
          health,
          settings,
          commands,
        },
        said,
      );
    },
  };

  /** Each channel is asked for once. */
  async function readableBy(userId: string, teamId: string, all: readonly { readonly channel: string }[]) {
    const channels = [...new Set(all.map(({ channel }) => channel))];
    const answers = await Promise.all(
      channels.map(async (channel) => ((await workspace.mayRead(teamId, channel, userId)) ? [channel] : [])),
    );
    const readable = new Set(answers.flat());
    return ({ channel }: { readonly channel: string }) => readable.has(channel);
  }
}
