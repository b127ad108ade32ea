/** What the bot says about the digests of a channel. */
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { describeCron, spokenCron } from '../../language/schedules.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { cut } from '../blocks/mrkdwn.ts';
import { channel, code, dotted, type InlineText, time } from '../blocks/text-block.ts';
import { cleanText } from '../clean.ts';
import type { Message } from '../message.ts';

export interface ScheduleWords {
  readonly cron: string;
  readonly tz: string;
  readonly sinceMs: number;
  readonly type: string | null;
  /** ISO 8601; null when it never comes. */
  readonly next: string | null;
}

/** `elsewhere` is the channel's id where the message is read in another place. */
export function formatDigestSet(schedule: ScheduleWords, elsewhere: string | null = null): Message {
  const place = elsewhere === null ? 'this channel' : channel(elsewhere);
  return buildMessage(['From now on ', place, ' gets a digest of what failed: ', ...scheduleWords(schedule), '.'], {
    blocks: [
      {
        kind: 'note',
        words: [
          'Nothing is posted when nothing failed. ',
          code('/ktrdr digest off'),
          ' ends it, ',
          code('/ktrdr digest now'),
          ' shows one.',
        ],
      },
    ],
  });
}

export function formatSchedules(schedules: readonly (ScheduleWords & { readonly isConfigured: boolean })[]): Message {
  if (schedules.length === 0)
    return buildMessage([
      'This channel gets no digest. For example ',
      code('/ktrdr digest set weekdays at 9:00 Europe/Berlin'),
      '.',
    ]);
  return buildMessage(
    [schedules.length === 1 ? 'This channel gets a digest.' : `This channel gets ${schedules.length} digests.`],
    {
      blocks: [
        {
          kind: 'list',
          title: 'When',
          items: schedules.map((one) => [
            ...scheduleWords(one),
            one.isConfigured ? ' · set by whoever runs ktrdr-bot' : ' · set in this channel',
          ]),
        },
      ],
    },
  );
}

/** `hasConfigured`: the operator set another, which only the operator can end. */
export function formatDigestEnded(wasOn: boolean, hasConfigured: boolean, elsewhere: string | null = null): Message {
  const kept = hasConfigured
    ? ' There is another one in the configuration, which only whoever runs ktrdr-bot can end.'
    : '';
  if (elsewhere !== null)
    return buildMessage([
      channel(elsewhere),
      wasOn ? ' no longer gets the digest that was set in Slack.' : ' has no digest that was set in Slack.',
      kept,
    ]);
  return buildMessage([
    wasOn
      ? `This channel no longer gets the digest that was set here.${kept}`
      : `No digest was set in this channel.${kept}`,
  ]);
}

export function formatDigestUsage(problem: string): Message {
  return buildMessage([
    `${cut(cleanText(problem), 300)} For example `,
    code('/ktrdr digest now 24h'),
    ', ',
    code('/ktrdr digest set weekdays at 9:00 Europe/Berlin'),
    ', ',
    code('/ktrdr digest set 0 9 * * 1-5 UTC'),
    ', ',
    code('/ktrdr digest show'),
    ' or ',
    code('/ktrdr digest off'),
    '.',
  ]);
}

export function scheduleWords({ cron, tz, sinceMs, type, next }: ScheduleWords): InlineText {
  return dotted([
    [...spoken(cron), ', ', code(tz)],
    [`over the last ${formatDuration(sinceMs)}`],
    type === null ? [] : [`only ${operationNoun(type)}`],
    next === null ? [] : ['next ', time(next)],
  ]);
}

/** An unusual pattern is described, and shown as well. */
function spoken(cron: string): InlineText {
  const usual = spokenCron(cron);
  if (usual !== null) return [usual];
  const described = describeCron(cron);
  return described === null ? ['at ', code(cron)] : [`${described} (`, code(cron), ')'];
}
