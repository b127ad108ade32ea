/** Messages on the digests that a channel gets. */
import { cleanText } from '../../diagnosis/clean.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { describeCron, spokenCron } from '../../language/schedules.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { cut } from '../blocks/mrkdwn.ts';
import { channel, code, dotted, type InlineText, inline, listBlock, note, time } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

export interface DigestSchedule {
  readonly cron: string;
  readonly tz: string;
  readonly sinceMs: number;
  readonly type: string | null;
  /** ISO 8601; null when it never comes. */
  readonly next: string | null;
}

const SCHEDULE = 'weekdays at 9:00 Europe/Berlin';
const CRON = '0 9 * * 1-5 UTC';
const EXAMPLE = code(`/ktrdr digest set ${SCHEDULE}`);

/** `otherChannel` is the channel's ID where the message is read in another one. */
export function formatDigestSet(schedule: DigestSchedule, otherChannel: string | null = null): Message {
  const where = otherChannel === null ? 'this channel' : channel(otherChannel);
  const off = code('/ktrdr digest off');
  const now = code('/ktrdr digest now');
  return buildMessage(inline`Digest of failures enabled in ${where}: ${scheduleText(schedule)}.`, {
    blocks: [
      note(
        inline`Nothing is posted if no operation failed. To turn the digest off, use ${off}. To see one now, use ${now}.`,
      ),
    ],
  });
}

export function formatSchedules(schedules: readonly (DigestSchedule & { readonly isConfigured: boolean })[]): Message {
  if (schedules.length === 0)
    return buildMessage(inline`No digest in this channel. To set one, use for example ${EXAMPLE}.`);
  const lead = schedules.length === 1 ? 'a digest' : `${schedules.length} digests`;
  const items = schedules.map((one) => [
    ...scheduleText(one),
    one.isConfigured ? ' · set by your ktrdr-bot admin' : ' · set in this channel',
  ]);
  return buildMessage([`This channel gets ${lead}.`], { blocks: [listBlock('When', items)] });
}

/** `hasConfigured`: the operator set another, which only the operator can end. */
export function formatDigestEnded(wasOn: boolean, hasConfigured: boolean, otherChannel: string | null = null): Message {
  const kept = hasConfigured
    ? ' Another digest is set in the configuration. Only your ktrdr-bot admin can turn it off.'
    : '';
  if (otherChannel !== null) {
    const ended = wasOn ? 'no longer gets the digest' : 'has no digest';
    return buildMessage(inline`${channel(otherChannel)} ${ended} that was set in Slack.${kept}`);
  }
  const ended = wasOn
    ? 'This channel no longer gets the digest that was set here.'
    : 'No digest was set in this channel.';
  return buildMessage([ended + kept]);
}

export function formatDigestUsage(problem: string): Message {
  const [now, cron, show, off] = [
    code('/ktrdr digest now 24h'),
    code(`/ktrdr digest set ${CRON}`),
    code('/ktrdr digest show'),
    code('/ktrdr digest off'),
  ] as const;
  return buildMessage(inline`${leadOf(problem)} For example: ${now}, ${EXAMPLE}, ${cron}, ${show}, or ${off}.`);
}

/** For the form's field, which takes only what follows `digest set`. */
export function formatDigestFieldUsage(problem: string): Message {
  return buildMessage(inline`${leadOf(problem)} For example: ${code(SCHEDULE)} or ${code(CRON)}.`);
}

function leadOf(problem: string): string {
  return cut(cleanText(problem), 300);
}

export function scheduleText({ cron, tz, sinceMs, type, next }: DigestSchedule): InlineText {
  return dotted([
    [...cronText(cron), ', ', code(tz)],
    [`over the last ${formatDuration(sinceMs)}`],
    type === null ? [] : [`only ${operationNoun(type)}s`],
    next === null ? [] : ['next ', time(next)],
  ]);
}

/** An unusual pattern is described and also shown. */
function cronText(cron: string): InlineText {
  const usual = spokenCron(cron);
  if (usual !== null) return [usual];
  const described = describeCron(cron);
  return described === null ? ['at ', code(cron)] : inline`${described} (${code(cron)})`;
}
