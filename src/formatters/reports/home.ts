/** The Home tab: what the bot does, what concerns the one who opened it, and what it may do where. */
import type { Button, KnownBlock } from '@slack/types';
import { blocksOf, headerBlock, mrkdwnOf } from '../blocks/blocks.ts';
import { button } from '../blocks/build-message.ts';
import { cut, oneLine } from '../blocks/mrkdwn.ts';
import { channel, code, type Inline, type InlineText, person, type TextBlock } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';
import { type ScheduleWords, scheduleWords } from './digest-schedule.ts';
import { SUB_COMMANDS, type SubCommand } from './help.ts';
import { hostsOf, type SeenAnswer, seenList } from './memory.ts';
import { MAX_MUTES, type MuteWords, moreOf, muteBlock } from './mute.ts';
import { type BotStatus, healthBlocks } from './status.ts';

export interface HomeDigest extends ScheduleWords {
  readonly channel: string;
  /** Who set it in Slack; null for one of the configuration, which nobody can change here. */
  readonly setBy: string | null;
}

/** What the operator switched on. */
export interface HomeSettings {
  /** Null: all. */
  readonly allowedChannels: readonly string[] | null;
  /** `['*']`: all. */
  readonly autoReplyChannels: readonly string[];
  readonly hasGrafana: boolean;
}

export interface Home {
  readonly recent: readonly SeenAnswer[];
  readonly failures: readonly SeenAnswer[];
  readonly watches: readonly { readonly watchId: string; readonly operationId: string }[];
  readonly digests: readonly HomeDigest[];
  readonly mutes: readonly MuteWords[];
  readonly health: Pick<BotStatus, 'queue' | 'sources'>;
  readonly settings: HomeSettings;
  /** Names of the sub-commands that this version has. */
  readonly commands: readonly string[];
}

const MOST_ROWS = 5;
/** Two blocks each, of the hundred that a view may have. */
const MOST_DIGESTS = 8;
const MOST_CHANNELS = 12;
const INTRODUCTION =
  'I say why a ktrdr operation failed, hangs or is slow, from its traces and from what the ktrdr API knows. Name an operation, or say what you see: “my training is stuck”. I never run a command myself.';

/** `said` answers a click on the tab, and stands first. */
export function formatHome(home: Home, said: Message | null = null): readonly KnownBlock[] {
  const { recent, failures, watches, digests, mutes, health, settings, commands } = home;
  const known = SUB_COMMANDS.filter(({ name }) => commands.includes(name));
  const { lead, items } = healthBlocks(health);
  return [
    ...(said === null ? [] : [...said.blocks.filter(({ type }) => type !== 'actions'), { type: 'divider' } as const]),
    ...told(INTRODUCTION),
    { type: 'actions', elements: [button('Diagnose an operation', 'open_diagnose', 'home')] },
    ...answerSection('My recent diagnoses', recent, 'You have not asked anything yet.'),
    ...answerSection('Recent failures', failures, 'No failure was diagnosed lately.'),
    headerBlock('My watches'),
    ...(watches.length === 0 ? told('You watch nothing. A running operation has a button for it.') : []),
    ...watches
      .slice(0, MOST_ROWS)
      .map(({ watchId, operationId }, i) =>
        row(
          [code(cut(operationId, 150))],
          button('Stop watching', i === 0 ? 'stop_watch' : `stop_watch:${i}`, watchId),
        ),
      ),
    headerBlock('Digests'),
    ...(digests.length === 0 ? told('No channel that you can read gets a digest of what failed.') : []),
    ...digests.slice(0, MOST_DIGESTS).flatMap(digestBlocks),
    ...more(digests.length - MOST_DIGESTS, 'digest', 'digests', '/ktrdr digest show'),
    { type: 'actions', elements: [button('Set up a digest', 'open_digest', 'new')] },
    headerBlock('Muted and snoozed'),
    ...(mutes.length === 0 ? told('Nothing is kept quiet in the channels that you can read.') : []),
    ...mutes.slice(0, MAX_MUTES).map(muteBlock),
    ...moreOf(mutes),
    headerBlock('Health'),
    ...blocksOf({ kind: 'list', title: lead, items }, []),
    headerBlock('What I may do where'),
    ...blocksOf({ kind: 'list', title: 'Set by whoever runs ktrdr-bot', items: settingWords(settings) }, []),
    headerBlock('Help'),
    ...blocksOf({ kind: 'list', title: 'Commands', items: known.map(commandWords) }, []),
  ];
}

function answerSection(title: string, answers: readonly SeenAnswer[], empty: string): readonly KnownBlock[] {
  const shown = answers.slice(0, MOST_ROWS);
  return [
    headerBlock(title),
    ...(shown.length === 0 ? told(empty) : blocksOf(seenList('Newest first', shown), hostsOf(shown))),
  ];
}

/** Action ids must differ within a view. */
function digestBlocks(digest: HomeDigest, i: number): readonly KnownBlock[] {
  const { setBy } = digest;
  const origin: InlineText = setBy === null ? [' · set by whoever runs ktrdr-bot'] : [' · set by ', person(setBy)];
  const words = row([channel(digest.channel), ': ', ...scheduleWords(digest), ...origin], null);
  if (setBy === null) return [words];
  const end: Button = {
    ...button('End', `end_digest:${i}`, digest.channel),
    confirm: {
      title: { type: 'plain_text', text: 'End this digest?', emoji: false },
      text: {
        type: 'plain_text',
        text: 'The channel no longer gets it. It can be set again at any time.',
        emoji: false,
      },
      confirm: { type: 'plain_text', text: 'End it', emoji: false },
      deny: { type: 'plain_text', text: 'Keep it', emoji: false },
    },
  };
  return [words, { type: 'actions', elements: [button('Change', `open_digest:${i}`, digest.channel), end] }];
}

function settingWords({ allowedChannels, autoReplyChannels, hasGrafana }: HomeSettings): readonly InlineText[] {
  const pasted: InlineText = autoReplyChannels.includes('*')
    ? ['Pasted operation ids are answered in every channel that I am in']
    : autoReplyChannels.length === 0
      ? ['Pasted operation ids are not answered by themselves; ', code('AUTO_REPLY_CHANNELS'), ' switches that on']
      : ['Pasted operation ids are answered in ', ...channels(autoReplyChannels)];
  const asked: InlineText =
    allowedChannels === null
      ? ['Questions are answered in every channel']
      : ['Questions are answered in direct messages and in ', ...channels(allowedChannels)];
  return [
    asked,
    pasted,
    ['A channel or a thread can be muted for a while: ', code('/ktrdr mute')],
    [hasGrafana ? 'Answers link to Jaeger and Grafana' : 'Answers link to Jaeger'],
  ];
}

function channels(ids: readonly string[]): InlineText {
  const shown = ids
    .slice(0, MOST_CHANNELS)
    .flatMap((id, i): Inline[] => (i === 0 ? [channel(id)] : [', ', channel(id)]));
  const left = ids.length - MOST_CHANNELS;
  return left > 0 ? [...shown, ` and ${left} more`] : shown;
}

function commandWords({ name, usage, does }: SubCommand): InlineText {
  return [code(`/ktrdr ${name}${usage === '' ? '' : ` ${usage}`}`), ` ${oneLine(does)}`];
}

function more(count: number, one: string, many: string, command: string): readonly KnownBlock[] {
  if (count <= 0) return [];
  return [row([`And ${count} more ${count === 1 ? one : many}; in its channel `, code(command), ' shows it.'], null)];
}

function told(text: string): readonly KnownBlock[] {
  const block: TextBlock = { kind: 'prose', words: [text] };
  return blocksOf(block, []);
}

function row(words: InlineText, accessory: Button | null): KnownBlock {
  const text = { type: 'mrkdwn', text: mrkdwnOf(words, [], 900), verbatim: true } as const;
  return accessory === null ? { type: 'section', text } : { type: 'section', text, accessory };
}
