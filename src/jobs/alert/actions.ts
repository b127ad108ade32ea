/** The command `alerts`, and the button on the Home tab. The messages are for the person who used it. */
import {
  formatAlerts,
  formatAlertsOff,
  formatAlertsOn,
  formatAlertsUsage,
  WITHOUT_API,
} from '../../formatters/alert/subscriptions.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import type { Message } from '../../formatters/message.ts';
import { setForLater } from '../deliver/later-posts.ts';
import type { Clock } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { mayRead } from '../readers.ts';
import type { ChannelRef, Place } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { alertsOfChannel, dropAlerts, readAlertsWords, type Subscription, saveAlerts } from './subscriptions.ts';

interface AlertActionsOptions {
  readonly client: QueueClient;
  readonly workspace: Pick<SlackWorkspace, 'channel' | 'isMember'>;
  readonly alerts: readonly Subscription[];
  readonly clock: Clock;
  /** Whether the ktrdr API is configured. */
  readonly hasKtrdr: boolean;
}

const NOT_YOURS = buildMessage(['ktrdr-bot can’t see that channel, or you aren’t in it. Ask someone who is.']);

export function createAlertActions({ client, workspace, alerts, clock, hasKtrdr }: AlertActionsOptions) {
  const { store } = client;
  const cannotTell = hasKtrdr ? null : WITHOUT_API;
  const configuredIn = ({ teamId, channel }: ChannelRef) =>
    alerts.filter((one) => one.channel === channel && (one.teamId === '' || one.teamId === teamId));

  async function end(place: ChannelRef, elsewhere: string | null): Promise<Message> {
    return formatAlertsOff(await dropAlerts(store, place), configuredIn(place).length > 0, elsewhere);
  }

  return {
    async alerts(words: string, { teamId, channel, userId }: Place): Promise<Message> {
      const place = { teamId, channel };
      const command = readAlertsWords(words);
      switch (command.kind) {
        case 'on': {
          const since = Math.round(clock() / 1000);
          const set = await setForLater(workspace, place, async () => {
            await saveAlerts(store, { ...place, types: command.types, setBy: userId, since });
            return formatAlertsOn(command.types, cannotTell);
          });
          return set.message;
        }
        case 'off':
          return end(place, null);
        case 'show': {
          const own = await alertsOfChannel(store, place);
          return formatAlerts([...(own === null ? [] : [own]), ...configuredIn(place)], cannotTell);
        }
        case 'unclear':
          return formatAlertsUsage(command.problem);
      }
    },

    /** From another channel: `place` is the channel of the alerts, which the person must be able to read. */
    async endAlerts({ teamId, channel, userId }: Place): Promise<Message> {
      const reader = { kind: 'person', teamId, userId, channel: null } as const;
      return (await mayRead(workspace, reader, { teamId, channel })) ? end({ teamId, channel }, channel) : NOT_YOURS;
    },
  };
}
