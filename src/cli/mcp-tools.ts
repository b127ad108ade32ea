/** The tools that a coding agent gets: each is a command that only reads, its fields are that command's words and options. */
import { z } from 'zod';
import { diagnosisSchema } from '../jobs/answer/diagnosis-schema.ts';
import type { QueryCommand } from './command.ts';
import { DIAGNOSE } from './diagnose.ts';
import { DIGEST } from './digest.ts';
import { EXPLAIN } from './explain.ts';
import { SEARCH } from './search.ts';

export interface Tool {
  readonly command: QueryCommand;
  readonly title: string;
  readonly description: string;
  /** Values are judged by the command, so that they get its sentences. */
  readonly input: z.ZodObject;
  /** JSON Schema of the structured answer, where one is published. */
  readonly output: Readonly<Record<string, unknown>> | null;
  readonly asksServers: boolean;
  /** What an agent always gets. */
  readonly always?: readonly string[];
}

const TYPE = text('training, backtest, download, agent, agent_design, agent_assessment, or dummy');
const NOW = text('time of the request, ISO 8601; default: now');

export const TOOLS: readonly Tool[] = [
  {
    command: DIAGNOSE,
    title: 'Diagnose a ktrdr operation',
    description:
      'Explains, from Jaeger traces and the ktrdr API, why an operation is stuck, slow, or failed, or that it is healthy: cause with evidence, fixes, execution flow.',
    input: z.strictObject({
      what: z
        .string()
        .describe(
          'operation ID (op_training_20260109_060025_4183136f), trace ID, a Jaeger URL with either, or the latest run: last, last training, last backtest, last download, last agent',
        ),
      symptom: text(
        'the symptom: stuck, slow, failed, no-workers, or broken-trace; the diagnosis addresses it even when nothing is wrong',
      ),
      now: NOW,
    }),
    output: z.toJSONSchema(diagnosisSchema, { io: 'input' }),
    asksServers: true,
    always: ['--full'],
  },
  {
    command: SEARCH,
    title: 'Search ktrdr operations',
    description:
      'Lists matching operations, newest first, including rejected starts, each with status, duration, trace ID, and likely cause. Conditions are joined by “and”.',
    input: z.strictObject({
      words: text('conditions in words, such as: failed training AAPL since 6h'),
      service: text('a service that took part; ktrdr-training-worker means all of them'),
      type: TYPE,
      status: text('pending, running, resuming, completed, failed, or cancelled'),
      error: z.boolean().optional().describe('it has an error, failed, or its start was rejected'),
      'error-type': text('class of an exception, such as DataNotFoundError'),
      cause: text('the likely cause, such as data-missing; none: the traces show no problem'),
      symbol: text('such as AAPL'),
      timeframe: text('such as 1h'),
      strategy: text('name of a strategy'),
      worker: text('worker ID, or its host'),
      'min-duration': text('minimum duration, such as 10m; for running operations, the time since the start'),
      since: text('6h, 2d, yesterday, or a time in ISO 8601 (days are UTC); default: the configured LOOKBACK'),
      until: text('the same; default: now'),
      limit: z.number().optional().describe('1 to 200; default: 20'),
      tag: z.array(z.string()).optional().describe('span attributes, each as key=value, with current or runbook names'),
    }),
    output: null,
    asksServers: true,
  },
  {
    command: DIGEST,
    title: 'Digest of failures',
    description:
      'Failed operations of the last hours, including rejected starts, grouped by cause and compared with the previous period.',
    input: z.strictObject({
      since: text('how far back, such as 6h, 7d, or yesterday (UTC), at most 31d; default: 24h'),
      type: TYPE,
      now: NOW,
      full: z.boolean().optional().describe('also list every operation'),
    }),
    output: null,
    asksServers: true,
  },
  {
    command: EXPLAIN,
    title: 'Explain a cause or an attribute',
    description:
      'Lists the causes that a diagnosis can name. With a cause: its symptom, proof, and variants. With a span attribute: what it means and where ktrdr writes it.',
    input: z.strictObject({
      name: text(
        'a cause (worker-lost, data-missing/not-cached) or an attribute (operation.type); default: all causes',
      ),
    }),
    output: null,
    asksServers: false,
  },
];

/** What would be typed: fields that are options of the command by their name, the others as words. */
export function argumentsOf(
  { command, input, always = [] }: Tool,
  given: Readonly<Record<string, unknown>>,
): readonly string[] {
  const words: string[] = [];
  const options: string[] = [];
  for (const name of Object.keys(input.shape)) {
    for (const value of [given[name] ?? []].flat()) {
      if (!Object.hasOwn(command.options, name)) words.push(...String(value).split(/\s+/));
      else if (command.options[name] !== 'flag') options.push(`--${name}=${value}`);
      else if (value === true) options.push(`--${name}`);
    }
  }
  return [...always, ...options, '--', ...words.filter((word) => word !== '')];
}

function text(description: string) {
  return z.string().optional().describe(description);
}
