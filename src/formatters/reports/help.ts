import type { KnownBlock } from '@slack/types';
import { plainTextElement } from '../blocks/blocks.ts';
import { code, literal, oneLine } from '../blocks/mrkdwn.ts';
import type { Message } from '../message.ts';

export interface SubCommand {
  readonly name: string;
  readonly usage: string;
  /** One sentence. */
  readonly does: string;
  readonly examples: readonly [string, ...string[]];
}

export const SUB_COMMANDS: readonly SubCommand[] = [
  {
    name: 'diagnose',
    usage: '<operation id, trace id, link, or last [training|backtest|download|agent]> [symptom] [--private]',
    does: 'Says why an operation failed, is slow or hangs. Symptoms: stuck, slow, failed, no-workers, broken-trace. With --private the answer comes as a direct message; search and failed take it too.',
    examples: ['diagnose last backtest'],
  },
  {
    name: 'search',
    usage: '[type=… status=… symbol=… worker=… since=… …]',
    does: 'Lists matching operations, newest first, each with its likely cause.',
    examples: ['search type=training status=failed since=24h', 'search cause=data-missing since=7d'],
  },
  {
    name: 'failed',
    usage: '[since]',
    does: 'Lists the operations that failed lately.',
    examples: ['failed 24h', 'failed training since 7d'],
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
  },
  {
    name: 'alerts',
    usage: '<on [training|backtest|download|agent]|off|show>',
    does: 'Tells this channel when an operation fails, is refused, or hangs: one message for each cause.',
    examples: ['alerts on', 'alerts on training backtest', 'alerts off'],
  },
  {
    name: 'watch',
    usage: '<operation id>',
    does: 'Follows a running operation in one message and tells you once when it ends.',
    examples: ['watch op_training_20260109_060025_4183136f'],
  },
  {
    name: 'recent',
    usage: '[failures]',
    does: 'Lists your last ten diagnoses, or the last ten failures of anybody, with links to their threads.',
    examples: ['recent', 'recent failures'],
  },
  {
    name: 'explain',
    usage: '[cause]',
    does: 'Tells what a cause means, what proves it and what mends it.',
    examples: ['explain workers-unavailable'],
  },
  {
    name: 'mute',
    usage: '[channel|thread] [for 2h|off|list]',
    does: 'Stops the answers to pasted ids here for a while. Questions are still answered.',
    examples: ['mute channel for 2h', 'mute off', 'mute list'],
  },
  {
    name: 'status',
    usage: '',
    does: 'Tells whether Jaeger, the ktrdr API and the queue answer, and how answers were judged.',
    examples: ['status'],
  },
  { name: 'help', usage: '', does: 'Shows this.', examples: ['help'] },
];

/** Every sub-command with an example; `problem` is a sentence on what could not be understood, or null. */
export function formatHelp(problem: string | null = null): Message {
  const lead = problem === null ? null : literal(oneLine(problem), 600);
  const lines = SUB_COMMANDS.map(({ name, usage, does, examples }) => {
    const typed = code(`/ktrdr ${name}${usage === '' ? '' : ` ${usage}`}`);
    const samples = examples.filter((example) => example !== name || usage !== '');
    const shown = samples.map((example) => code(`/ktrdr ${example}`)).join(', ');
    return `${typed}\n${literal(does)}${shown === '' ? '' : ` For example ${shown}`}`;
  });
  const names = literal(SUB_COMMANDS.map((command) => command.name).join(', '), 600);
  const example = code(`/ktrdr ${SUB_COMMANDS[0]?.examples[0] ?? ''}`);
  return {
    text: `${lead === null ? '' : `${lead} `}/ktrdr understands: ${names}. For example ${example}.`,
    blocks: [
      ...(lead === null ? [] : [section(lead)]),
      { type: 'header', text: plainTextElement('What /ktrdr can do') },
      ...lines.map(section),
    ],
  };
}

function section(text: string): KnownBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}
