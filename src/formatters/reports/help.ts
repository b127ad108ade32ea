import type { KnownBlock } from '@slack/types';
import { plainTextElement } from '../blocks/blocks.ts';
import { code, literal } from '../blocks/mrkdwn.ts';
import type { Message } from '../message.ts';

export interface SubCommand {
  readonly name: string;
  readonly usage: string;
  /** One sentence. */
  readonly does: string;
  readonly examples: readonly [string, ...string[]];
  /** Other words that people type for it. */
  readonly synonyms: readonly string[];
  /** Whether it takes `--private`. */
  readonly canBePrivate?: boolean;
}

export const SUB_COMMANDS: readonly SubCommand[] = [
  {
    name: 'diagnose',
    usage: '<operation ID, trace ID, link, or last [training|backtest|download|agent]> [symptom] [--private]',
    does: 'Explains why an operation failed, is slow, or is stuck. Add one or two symptoms: stuck, slow, failed, no-workers, broken-trace. With --private, the result comes as a direct message (also for search and failed).',
    examples: ['diagnose last backtest'],
    synonyms: ['diagnosis', 'analyze', 'analyse', 'check', 'debug', 'inspect', 'why', 'trace'],
    canBePrivate: true,
  },
  {
    name: 'search',
    usage: '[type=… status=… symbol=… worker=… since=… …]',
    does: 'Lists matching operations, newest first, each with its likely cause.',
    examples: ['search type=training status=failed since=24h', 'search cause=data-missing since=7d'],
    synonyms: ['find', 'list', 'ls', 'operations', 'ops', 'query'],
    canBePrivate: true,
  },
  {
    name: 'failed',
    usage: '[since]',
    does: 'Lists recently failed operations.',
    examples: ['failed 24h', 'failed training since 7d'],
    synonyms: ['failures', 'errors', 'broken'],
    canBePrivate: true,
  },
  {
    name: 'digest',
    usage: '<now|show|set|off>',
    does: 'Reports failed operations grouped by cause, now or on a schedule.',
    examples: [
      'digest now 24h',
      'digest set weekdays at 9:00 Europe/Berlin',
      'digest set 0 9 * * 1-5 UTC since 24h training',
      'digest show',
      'digest off',
    ],
    synonyms: ['report', 'summary', 'schedule'],
  },
  {
    name: 'alerts',
    usage: '<on [training|backtest|download|agent]|off|show>',
    does: 'Notifies this channel when an operation fails, is rejected, or hangs: one message for each cause.',
    examples: ['alerts on', 'alerts on training backtest', 'alerts off'],
    synonyms: ['alert', 'alarm', 'alarms', 'notifications', 'subscribe'],
  },
  {
    name: 'watch',
    usage: '<operation ID>',
    does: 'Follows a running operation in one message and notifies you once when it ends.',
    examples: ['watch op_training_20260109_060025_4183136f'],
    synonyms: ['follow', 'track', 'notify'],
    canBePrivate: true,
  },
  {
    name: 'recent',
    usage: '[failures]',
    does: 'Lists your last 10 diagnoses, or the last 10 diagnosed failures of anyone, with links to their threads.',
    examples: ['recent', 'recent failures'],
    synonyms: ['history', 'latest', 'mine'],
    canBePrivate: true,
  },
  {
    name: 'explain',
    usage: '[cause, or part of its name]',
    does: 'Explains what a cause means and how it’s detected, or lists matching causes.',
    examples: ['explain workers-unavailable'],
    synonyms: ['cause', 'causes', 'meaning', 'rules'],
  },
  {
    name: 'mute',
    usage: '<channel|thread> [for 2h|off] | list',
    does: 'Mutes auto-replies to pasted IDs here for a while, for everyone. Commands and mentions still work.',
    examples: ['mute channel for 2h', 'mute off', 'mute list'],
    synonyms: ['silence', 'quiet', 'snooze', 'hush'],
  },
  {
    name: 'status',
    usage: '',
    does: 'Shows whether Jaeger, the ktrdr API, and the queue respond, and the feedback on diagnoses.',
    examples: ['status'],
    synonyms: ['health', 'version', 'workers', 'ping', 'info', 'about'],
  },
  {
    name: 'help',
    usage: '',
    does: 'Shows this list.',
    examples: ['help'],
    synonyms: ['commands', 'usage', 'man', 'docs'],
  },
];

/** Every sub-command with an example. */
export function formatHelp(): Message {
  const names = literal(SUB_COMMANDS.map((command) => command.name).join(', '), 600);
  const example = code(`/ktrdr ${SUB_COMMANDS[0]?.examples[0] ?? ''}`);
  return {
    text: `/ktrdr commands: ${names}. For example: ${example}.`,
    blocks: [
      { type: 'header', text: plainTextElement('/ktrdr commands') },
      ...SUB_COMMANDS.map((command) => section(usageOf(command))),
    ],
  };
}

/** One sub-command; null when there is none of this name. */
export function formatUsage(name: string): Message | null {
  const command = SUB_COMMANDS.find((known) => known.name === name);
  return command === undefined ? null : { text: usageOf(command), blocks: [section(usageOf(command))] };
}

function usageOf({ name, usage, does, examples }: SubCommand): string {
  const typed = code(`/ktrdr ${name}${usage === '' ? '' : ` ${usage}`}`);
  const samples = examples.filter((example) => example !== name || usage !== '');
  const shown = samples.map((example) => code(`/ktrdr ${example}`)).join(', ');
  return `${typed}\n${literal(does)}${shown === '' ? '' : ` For example: ${shown}`}`;
}

function section(text: string): KnownBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}
