import type { KnownBlock } from '@slack/types';
import type { Message } from './message.ts';
import * as mrkdwn from './mrkdwn.ts';

/** One sub-command of `/ktrdr`, as people type it. */
export interface SubCommand {
  readonly name: string;
  /** What follows the name; empty when nothing does. */
  readonly usage: string;
  /** One sentence. */
  readonly does: string;
  readonly example: string;
}

export const SUB_COMMANDS: readonly SubCommand[] = [
  {
    name: 'diagnose',
    usage: '<operation id, trace id, link, or last [training|backtest|download|agent]> [symptom]',
    does: 'Says why an operation failed, is slow or hangs. Symptoms: stuck, slow, failed, no-workers, broken-trace.',
    example: 'diagnose last backtest',
  },
  {
    name: 'search',
    usage: '[type=… status=… symbol=… worker=… since=… …]',
    does: 'Lists matching operations, newest first, each with its likely cause.',
    example: 'search type=training status=failed since=24h',
  },
  { name: 'failed', usage: '[since]', does: 'Lists the operations that failed lately.', example: 'failed 24h' },
  {
    name: 'digest',
    usage: '<now|show|set|off>',
    does: 'Reports failed operations grouped by cause, now or on a schedule.',
    example: 'digest now',
  },
  {
    name: 'watch',
    usage: '<operation id>',
    does: 'Follows a running operation in one message and tells you once when it ends.',
    example: 'watch op_training_20260109_060025_4183136f',
  },
  {
    name: 'explain',
    usage: '[cause]',
    does: 'Tells what a cause means, what proves it and what mends it.',
    example: 'explain workers-unavailable',
  },
  {
    name: 'mute',
    usage: '[channel|thread] [for 2h|off]',
    does: 'Stops the answers to pasted ids here for a while. Questions are still answered.',
    example: 'mute channel for 2h',
  },
  {
    name: 'status',
    usage: '',
    does: 'Tells whether Jaeger, the ktrdr API and the queue answer, and how answers were judged.',
    example: 'status',
  },
  { name: 'help', usage: '', does: 'Shows this.', example: 'help' },
];

/** Every sub-command with an example; `problem` is a sentence on what could not be understood, or null. */
export function formatHelp(problem: string | null = null, commands = SUB_COMMANDS, slash = '/ktrdr'): Message {
  const first = problem === null ? [] : [section(mrkdwn.literal(mrkdwn.oneLine(problem), 600))];
  const lines = commands.map(({ name, usage, does, example }) => {
    const typed = mrkdwn.code(`${slash} ${name}${usage === '' ? '' : ` ${usage}`}`);
    const sample = example === name ? '' : ` For example ${mrkdwn.code(`${slash} ${example}`)}`;
    return `${typed}\n${mrkdwn.literal(does)}${sample}`;
  });
  const names = commands.map((command) => command.name).join(', ');
  const told = problem === null ? '' : `${mrkdwn.literal(mrkdwn.oneLine(problem), 600)} `;
  return {
    text: `${told}${slash} understands: ${mrkdwn.literal(names, 600)}. For example ${mrkdwn.code(`${slash} ${commands[0]?.example ?? ''}`)}.`,
    blocks: [
      ...first,
      { type: 'header', text: { type: 'plain_text', text: `What ${slash} can do`, emoji: false } },
      ...lines.map(section),
    ],
  };
}

function section(text: string): KnownBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}
