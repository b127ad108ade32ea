/** The Home tab: one thing to do, what runs, what its reader asked, and where digests go. */
import type { KnownBlock } from '@slack/types';
import { typeLabel } from '../../diagnosis/words.ts';
import { percent } from '../../language/numbers.ts';
import { type AlertsDescription, whatText } from '../alert/subscriptions.ts';
import { actionsBlocks, blocksOf, contextBlock, headerBlock, lineBlock, mrkdwnElement } from '../blocks/blocks.ts';
import { button, withConfirmation } from '../blocks/build-message.ts';
import { cut, shortLine } from '../blocks/mrkdwn.ts';
import {
  channel,
  code,
  dotted,
  type InlineText,
  inline,
  link,
  listBlock,
  person,
  sentences,
  strong,
  time,
} from '../blocks/text-block.ts';
import { hostsOf } from '../links.ts';
import type { Message } from '../message.ts';
import { type DigestSchedule, scheduleText } from './digest-schedule.ts';
import type { GivenAnswer } from './earlier-answers.ts';
import { formatHelp } from './help.ts';
import { MAX_MUTES, type MuteDescription, moreOf, muteBlock } from './mute.ts';
import { marketOf } from './search-results.ts';
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

/** An operation as the ktrdr API shows it. */
export interface RunningOperation {
  readonly operationId: string;
  readonly type: string | null;
  readonly symbol: string | null;
  readonly timeframe: string | null;
  /** 0–100. */
  readonly percent: number | null;
}

export interface Home {
  readonly recent: readonly GivenAnswer[];
  /** Null when the ktrdr API isn't configured or didn't answer. */
  readonly running: readonly RunningOperation[] | null;
  readonly watches: readonly { readonly watchId: string; readonly operationId: string }[];
  readonly digests: readonly HomeDigest[];
  readonly alerts: readonly HomeAlerts[];
  readonly mutes: readonly MuteDescription[];
  readonly health: HealthNow;
  /** ISO 8601: when the health was checked. */
  readonly checkedAt: string;
  readonly version: string;
}

const MOST_ROWS = 5;
const MOST_ASKED = 3;
/** Two blocks each, of the hundred that a view may have. */
const MOST_DIGESTS = 8;
const MOST_CHANNELS = 12;
const DIVIDER: KnownBlock = { type: 'divider' };

/** `reply` answers a click on the tab, and comes first. */
export function formatHome(home: Home, reply: Message | null = null): readonly KnownBlock[] {
  const { recent, running, watches, digests, alerts, mutes } = home;
  return [
    ...(reply === null ? [] : [...reply.blocks.filter(({ type }) => type !== 'actions'), DIVIDER]),
    headerBlock('Why did it fail? Paste an operation ID'),
    lineBlock(
      inline`Use ${code('/ktrdr diagnose op_…')} in a channel, or the button here. “last”, “my training is stuck”, and Jaeger links work too.`,
    ),
    ...actionsBlocks([
      { ...button('Diagnose', 'open_diagnose', 'home'), style: 'primary' },
      button('Failed in 24 h', 'home_failed', 'home'),
      button('All commands', 'home_help', 'home'),
    ]),
    DIVIDER,
    ...(running === null
      ? []
      : section('Running according to ktrdr', running.map(runningText), 'No running operations.')),
    ...watches.slice(0, MOST_ROWS).map(watchBlock),
    ...section(
      'Your recent diagnoses',
      recent.slice(0, MOST_ASKED).map(answerText),
      'No diagnoses yet.',
      hostsOf(recent),
    ),
    DIVIDER,
    ...digestSection(digests),
    lineBlock([strong('Alerts'), ...(alerts.length === 0 ? ['\nNo alerts in channels you can read.'] : [])]),
    ...alerts.slice(0, MOST_DIGESTS).map(alertsBlock),
    ...(mutes.length === 0 ? [] : [lineBlock([strong('Muted and snoozed')])]),
    ...mutes.slice(0, MAX_MUTES).map(muteBlock),
    ...moreOf(mutes),
    ...healthSection(home),
  ];
}

/** All commands, and what ktrdr-bot may do where: the reply to a click on the tab. */
export function formatHomeHelp({ allowedChannels, autoReplyChannels, hasGrafana }: HomeSettings): Message {
  const { text, blocks } = formatHelp();
  const settings: readonly InlineText[] = [
    allowedChannels === null
      ? ['Requests accepted in every channel']
      : ['Requests accepted in ', ...channels(allowedChannels), ', and in direct messages with their members'],
    autoReplyText(autoReplyChannels),
    ['Mute a channel or a thread for a while: ', code('/ktrdr mute')],
    [hasGrafana ? 'Diagnoses link to Jaeger and Grafana' : 'Diagnoses link to Jaeger'],
  ];
  return { text, blocks: [...blocks, ...blocksOf(listBlock('Set by your ktrdr-bot admin', settings), [])] };
}

function section(
  title: string,
  lines: readonly InlineText[],
  empty: string,
  hosts: readonly string[] = [],
): readonly KnownBlock[] {
  const text = lines.length === 0 ? [[empty]] : lines;
  return blocksOf({ kind: 'facts', lines: [[strong(title)], ...text] }, hosts);
}

/** `op_… · training EURUSD 1h · 4.6%`. */
function runningText(operation: RunningOperation): InlineText {
  const { operationId, type, percent: progress } = operation;
  return dotted([
    [code(cut(operationId, 120))],
    [`${typeLabel(type)} ${marketOf(operation)}`.trim()],
    progress === null ? [] : [percent(progress)],
  ]);
}

function answerText({ name, headline, at, url }: GivenAnswer): InlineText {
  const text = shortLine(headline, 150);
  const said: InlineText = url === null ? sentences(text) : [link(text, url)];
  return dotted([[time(at)], said, [code(cut(name, 80))]]);
}

function watchBlock({ watchId, operationId }: Home['watches'][number], i: number): KnownBlock {
  const stop = button('Stop watching', i === 0 ? 'stop_watch' : `stop_watch:${i}`, watchId);
  return lineBlock(['Watched: ', code(cut(operationId, 150))], stop);
}

function digestSection(digests: readonly HomeDigest[]): readonly KnownBlock[] {
  const none = digests.length === 0 ? ['\nNo digests in channels you can read.'] : [];
  return [
    lineBlock([strong('Digests of failures'), ...none], button('Set up', 'open_digest', 'new')),
    ...digests.slice(0, MOST_DIGESTS).flatMap(digestBlocks),
    ...moreDigests(digests.length - MOST_DIGESTS),
  ];
}

/** Action IDs must differ within a view. */
function digestBlocks(digest: HomeDigest, i: number): readonly KnownBlock[] {
  const { setBy } = digest;
  const origin = setBy === null ? 'your ktrdr-bot admin' : person(setBy);
  const line = lineBlock(inline`${channel(digest.channel)}: ${scheduleText(digest)} · set by ${origin}`);
  if (setBy === null) return [line];
  const end = withConfirmation(button('End', `end_digest:${i}`, digest.channel), {
    title: 'End this digest?',
    text: 'The channel will stop getting it. You can set it up again at any time.',
    confirm: 'End',
    deny: 'Keep',
  });
  return [line, ...actionsBlocks([button('Change', `open_digest:${i}`, digest.channel), end])];
}

/** One quiet line while all is well; a problem is said in full. */
function healthSection({ health, checkedAt, version }: Home): readonly KnownBlock[] {
  const { lead, hasProblems } = healthBlocks(health);
  const small = inline`${hasProblems ? 'Checked' : 'All systems responded'} ${time(checkedAt)} · ktrdr-bot ${version}`;
  return [...(hasProblems ? [lineBlock([strong('Problems'), '\n', lead])] : []), contextBlock(mrkdwnElement(small))];
}

function alertsBlock({ channel: id, types, setBy }: HomeAlerts, i: number): KnownBlock {
  const origin = setBy === null ? 'your ktrdr-bot admin' : person(setBy);
  const line = inline`${channel(id)} is notified when ${whatText(types)} · set by ${origin}`;
  return lineBlock(line, setBy === null ? null : button('Turn off', `end_alerts:${i}`, id));
}

function autoReplyText(ids: readonly string[]): InlineText {
  if (ids.includes('*')) return ['Auto-replies to pasted operation IDs in every channel with ktrdr-bot'];
  return ids.length === 0
    ? inline`No auto-replies to pasted operation IDs; ${code('AUTO_REPLY_CHANNELS')} enables them`
    : ['Auto-replies to pasted operation IDs in ', ...channels(ids)];
}

function channels(ids: readonly string[]): InlineText {
  const shown = ids.slice(0, MOST_CHANNELS).flatMap((id, i) => [i === 0 ? '' : ', ', channel(id)]);
  const left = ids.length - MOST_CHANNELS;
  return left > 0 ? [...shown, ` and ${left} more`] : shown;
}

function moreDigests(count: number): readonly KnownBlock[] {
  if (count <= 0) return [];
  const digests = count === 1 ? 'digest' : 'digests';
  return [
    lineBlock(
      inline`And ${String(count)} more ${digests}; to see one, use ${code('/ktrdr digest show')} in its channel.`,
    ),
  ];
}
