/** Messages about the channels that are alerted to failures. */
import { operationNoun } from '../../diagnosis/words.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { shortLine } from '../blocks/mrkdwn.ts';
import { channel, code, type InlineText, inline, listBlock, note } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

export interface AlertsDescription {
  /** Empty: all. */
  readonly types: readonly string[];
  /** User ID; null for a subscription from the configuration. */
  readonly setBy: string | null;
}

const ON = code('/ktrdr alerts on');
const OFF = code('/ktrdr alerts off');

/** A sentence on what can't be noticed; null if everything can. */
export type CannotTell = string | null;

export const WITHOUT_API =
  'Without the ktrdr API (KTRDR_API_URL), a lost or hung worker isn’t noticed until ktrdr marks its operation as failed.';

export function formatAlertsOn(types: readonly string[], cannotTell: CannotTell): Message {
  return buildMessage(inline`Alerts enabled: this channel is notified when ${whatText(types)}.`, {
    blocks: [
      note(inline`One message for each cause, with a count of repeated failures. To turn alerts off, use ${OFF}.`),
      ...(cannotTell === null ? [] : [note([cannotTell])]),
    ],
  });
}

export function formatAlerts(here: readonly AlertsDescription[], cannotTell: CannotTell): Message {
  if (here.length === 0) return buildMessage(inline`Alerts are off in this channel. To turn them on, use ${ON}.`);
  const items = here.map(({ types, setBy }) => [
    ...whatText(types),
    setBy === null ? ' · set by your ktrdr-bot admin' : ' · set in this channel',
  ]);
  return buildMessage(['Alerts are on in this channel.'], {
    blocks: [listBlock('This channel is notified when', items), ...(cannotTell === null ? [] : [note([cannotTell])])],
  });
}

/** `otherChannel` is the channel's ID where the message is read in another one. */
export function formatAlertsOff(wasOn: boolean, isConfigured: boolean, otherChannel: string | null): Message {
  const where: InlineText = otherChannel === null ? ['this channel'] : [channel(otherChannel)];
  const lead: InlineText = wasOn ? ['Alerts are now off in ', ...where, '.'] : ['Alerts weren’t on in ', ...where, '.'];
  const kept = isConfigured
    ? ' Other alerts are set in the configuration. Only your ktrdr-bot admin can turn them off.'
    : '';
  return buildMessage([...lead, kept]);
}

export function formatAlertsUsage(problem: string): Message {
  const example = code('/ktrdr alerts on training backtest');
  return buildMessage([shortLine(problem, 300)], {
    blocks: [note(inline`For example: ${ON}, ${example}, ${code('/ktrdr alerts show')}, or ${OFF}.`)],
  });
}

/** Continues “told when”. */
export function whatText(types: readonly string[]): InlineText {
  if (types.length === 0) return ['anything fails, is rejected, or hangs'];
  const nouns = types.map((type) => operationNoun(type));
  const last = nouns.at(-1) ?? '';
  const named = nouns.length === 1 ? last : `${nouns.slice(0, -1).join(', ')} or ${last}`;
  return [`a ${named} fails, is rejected, or hangs`];
}
