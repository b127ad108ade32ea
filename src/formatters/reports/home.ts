/** The Home tab: what the bot does, what concerns the user who opened it, and what the bot may do where. */
import type { KnownBlock } from '@slack/types';
import { type AlertsDescription, whatText } from '../alert/subscriptions.ts';
import { actionsBlocks, blocksOf, headerBlock, lineBlock } from '../blocks/blocks.ts';
import { button, withConfirmation } from '../blocks/build-message.ts';
import { cut, oneLine } from '../blocks/mrkdwn.ts';
import { channel, code, type InlineText, inline, listBlock, person, prose } from '../blocks/text-block.ts';
import { hostsOf } from '../links.ts';
import type { Message } from '../message.ts';
import { type DigestSchedule, scheduleText } from './digest-schedule.ts';
import { type GivenAnswer, givenAnswers } from './earlier-answers.ts';
import { SUB_COMMANDS, type SubCommand } from './help.ts';
import { MAX_MUTES, type MuteDescription, moreOf, muteBlock } from './mute.ts';
import { type HealthNow, healthBlocks } from './status.ts';

interface HomeDigest extends DigestSchedule {
  readonly channel: string;
  /** User ID of the person who set it in Slack; null for one of the configuration, which can't be changed here. */
  readonly setBy: string | null;
}

interface HomeAlerts extends AlertsDescription {
  readonly channel: string;
}

export interface HomeSettings {
  readonly allowedChannels: readonly string[] | null;
  /** `['*']`: all. */
  readonly autoReplyChannels: readonly string[];
  readonly hasGrafana: boolean;
}

export interface Home {
  readonly recent: readonly GivenAnswer[];
  readonly failures: readonly GivenAnswer[];
  readonly watches: readonly { readonly watchId: string; readonly operationId: string }[];
  readonly digests: readonly HomeDigest[];
  readonly alerts: readonly HomeAlerts[];
  readonly mutes: readonly MuteDescription[];
  readonly health: HealthNow;
  readonly settings: HomeSettings;
  readonly commands: readonly string[];
}

const MOST_ROWS = 5;
/** Two blocks each, of the hundred that a view may have. */
const MOST_DIGESTS = 8;
const MOST_CHANNELS = 12;
const INTRODUCTION =
  'I say why a ktrdr operation failed, hangs or is slow, from its traces and from what the ktrdr API knows. Name an operation, or say what you see: “my training is stuck”. I never run a command myself.';

/** `reply` answers a click on the tab, and comes first. */
export function formatHome(home: Home, reply: Message | null = null): readonly KnownBlock[] {
  const { recent, failures, watches, digests, alerts, mutes, health, settings, commands } = home;
  const known = SUB_COMMANDS.filter(({ name }) => commands.includes(name));
  const { lead, items } = healthBlocks(health);
  return [
    ...(reply === null ? [] : [...reply.blocks.filter(({ type }) => type !== 'actions'), { type: 'divider' } as const]),
    ...paragraph(INTRODUCTION),
    ...actionsBlocks([button('Diagnose an operation', 'open_diagnose', 'home')]),
    ...section('My recent diagnoses', answerBlocks(recent), 'You have not asked anything yet.'),
    ...section('Recent failures', answerBlocks(failures), 'No failure was diagnosed lately.'),
    ...section(
      'My watches',
      watches.slice(0, MOST_ROWS).map(watchBlock),
      'You watch nothing. A running operation has a button for it.',
    ),
    ...section(
      'Digests',
      digests.slice(0, MOST_DIGESTS).flatMap(digestBlocks),
      'No channel that you can read gets a digest of what failed.',
    ),
    ...moreDigests(digests.length - MOST_DIGESTS),
    ...actionsBlocks([button('Set up a digest', 'open_digest', 'new')]),
    ...section(
      'Alerts',
      alerts.slice(0, MOST_DIGESTS).map(alertsBlock),
      'No channel that you can read is told of failures as they happen.',
    ),
    ...section(
      'Muted and snoozed',
      mutes.slice(0, MAX_MUTES).map(muteBlock),
      'Nothing is kept quiet in the channels that you can read.',
    ),
    ...moreOf(mutes),
    headerBlock('Health'),
    ...blocksOf(listBlock(lead, items), []),
    headerBlock('What I may do where'),
    ...blocksOf(listBlock('Set by whoever runs ktrdr-bot', settingTexts(settings)), []),
    headerBlock('Help'),
    ...blocksOf(listBlock('Commands', known.map(commandText)), []),
  ];
}

function section(title: string, blocks: readonly KnownBlock[], empty: string): readonly KnownBlock[] {
  return [headerBlock(title), ...(blocks.length === 0 ? paragraph(empty) : blocks)];
}

function answerBlocks(answers: readonly GivenAnswer[]): readonly KnownBlock[] {
  const shown = answers.slice(0, MOST_ROWS);
  return shown.length === 0 ? [] : blocksOf(givenAnswers(shown), hostsOf(shown));
}

function watchBlock({ watchId, operationId }: Home['watches'][number], i: number): KnownBlock {
  const stop = button('Stop watching', i === 0 ? 'stop_watch' : `stop_watch:${i}`, watchId);
  return lineBlock([code(cut(operationId, 150))], stop);
}

/** Action ids must differ within a view. */
function digestBlocks(digest: HomeDigest, i: number): readonly KnownBlock[] {
  const { setBy } = digest;
  const origin = setBy === null ? 'whoever runs ktrdr-bot' : person(setBy);
  const line = lineBlock(inline`${channel(digest.channel)}: ${scheduleText(digest)} · set by ${origin}`);
  if (setBy === null) return [line];
  const end = withConfirmation(button('End', `end_digest:${i}`, digest.channel), {
    title: 'End this digest?',
    text: 'The channel no longer gets it. It can be set again at any time.',
    confirm: 'End it',
    deny: 'Keep it',
  });
  return [line, ...actionsBlocks([button('Change', `open_digest:${i}`, digest.channel), end])];
}

function alertsBlock({ channel: id, types, setBy }: HomeAlerts, i: number): KnownBlock {
  const origin = setBy === null ? 'whoever runs ktrdr-bot' : person(setBy);
  const line = inline`${channel(id)} is told when ${whatText(types)} · set by ${origin}`;
  return lineBlock(line, setBy === null ? null : button('Switch off', `end_alerts:${i}`, id));
}

function settingTexts({ allowedChannels, autoReplyChannels, hasGrafana }: HomeSettings): readonly InlineText[] {
  return [
    allowedChannels === null
      ? ['Questions are answered in every channel']
      : ['Questions are answered in ', ...channels(allowedChannels), ', and in direct messages with their members'],
    autoReplyText(autoReplyChannels),
    ['A channel or a thread can be muted for a while: ', code('/ktrdr mute')],
    [hasGrafana ? 'Answers link to Jaeger and Grafana' : 'Answers link to Jaeger'],
  ];
}

function autoReplyText(ids: readonly string[]): InlineText {
  if (ids.includes('*')) return ['Pasted operation ids are answered in every channel that I am in'];
  return ids.length === 0
    ? inline`Pasted operation ids are not answered by themselves; ${code('AUTO_REPLY_CHANNELS')} switches that on`
    : ['Pasted operation ids are answered in ', ...channels(ids)];
}

function channels(ids: readonly string[]): InlineText {
  const shown = ids.slice(0, MOST_CHANNELS).flatMap((id, i) => [i === 0 ? '' : ', ', channel(id)]);
  const left = ids.length - MOST_CHANNELS;
  return left > 0 ? [...shown, ` and ${left} more`] : shown;
}

function commandText({ name, usage, does }: SubCommand): InlineText {
  return [code(`/ktrdr ${name}${usage === '' ? '' : ` ${usage}`}`), ` ${oneLine(does)}`];
}

function moreDigests(count: number): readonly KnownBlock[] {
  if (count <= 0) return [];
  const digests = count === 1 ? 'digest' : 'digests';
  return [
    lineBlock(inline`And ${String(count)} more ${digests}; in its channel ${code('/ktrdr digest show')} shows it.`),
  ];
}

function paragraph(text: string): readonly KnownBlock[] {
  return blocksOf(prose([text]), []);
}
