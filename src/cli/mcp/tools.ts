/** The tools that a coding agent gets: each is a read-only command, and its fields are that command's words and options. */
import { z } from 'zod';
import { STATUSES, SYMPTOMS } from '../../diagnosis/case.ts';
import { TYPE_WORDS } from '../../diagnosis/vocabulary/operations.ts';
import { MAX_OPERATIONS } from '../../jobs/search/options.ts';
import type { Naming, Options, QueryCommand } from '../command.ts';
import { DIAGNOSE } from '../diagnose.ts';
import { DIGEST } from '../digest.ts';
import { EXPLAIN } from '../explain.ts';
import { SEARCH } from '../search.ts';
import { OUTPUTS, type OutputSchema } from './output.ts';

export interface Tool {
  readonly command: QueryCommand;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: OutputSchema;
  readonly asksServers: boolean;
  /** Options that an agent always gets. */
  readonly always?: readonly string[];
}

/** Longer text isn't a name, ID, or link, and would be repeated in the sentence that rejects it. */
const LONGEST_TEXT = 2000;

const TYPE = z.enum(TYPE_WORDS).optional().describe('type of operation; default: all');
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
        .max(LONGEST_TEXT)
        .describe(
          'operation ID (op_training_20260109_060025_4183136f), trace ID, a Jaeger URL with either, or the latest run: last, last training, last backtest, last download, last agent',
        ),
      symptom: z
        .enum(SYMPTOMS)
        .optional()
        .describe('the symptom; the diagnosis addresses it even when nothing is wrong'),
      now: NOW,
    }),
    output: OUTPUTS.diagnose,
    asksServers: true,
    always: ['full'],
  },
  {
    command: SEARCH,
    title: 'Search ktrdr operations',
    description:
      'Lists matching operations, newest first, including rejected starts, each with status, duration, trace ID, likely cause, and the time window that was searched. Conditions are joined by “and”.',
    input: z.strictObject({
      words: text('conditions in words, such as: failed training AAPL since 6h'),
      service: text('a service that took part; ktrdr-training-worker means all training workers'),
      type: TYPE,
      status: z.enum(STATUSES).optional().describe('final or current status of the operation'),
      error: z.boolean().optional().describe('it has an error, it failed, or its start was rejected'),
      'error-type': text('class of an exception, such as DataNotFoundError'),
      cause: text(
        'the likely cause, such as data-missing or data-missing/not-cached; none: the traces show no problem; explain and the resources list them',
      ),
      symbol: text('such as AAPL'),
      timeframe: text('such as 1h'),
      strategy: text('name of a strategy'),
      worker: text('worker ID, or its host'),
      'min-duration': text('minimum duration, such as 10m; for running operations, the time since the start'),
      since: text(
        'start of the time window: 6h, 2d, yesterday, or a time in ISO 8601 (days are UTC); default: the configured LOOKBACK',
      ),
      until: text('end of the time window, in the same forms; default: now'),
      limit: z.int().min(1).max(MAX_OPERATIONS).optional().describe('default: 20'),
      tag: z
        .array(z.string().max(LONGEST_TEXT))
        .max(20)
        .optional()
        .describe('span attributes, each as key=value, with current or runbook names'),
    }),
    output: OUTPUTS.search,
    asksServers: true,
  },
  {
    command: DIGEST,
    title: 'Digest of failures',
    description:
      'Failed operations of a time window up to now, including rejected starts, grouped by cause and compared with the previous window of the same length.',
    input: z.strictObject({
      since: text('start of the time window, such as 6h, 7d, or yesterday (UTC), at most 31d; default: 24h'),
      type: TYPE,
      now: NOW,
      full: z
        .boolean()
        .optional()
        .describe('list every operation in the text as well; the structured content always does'),
    }),
    output: OUTPUTS.digest,
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
    output: OUTPUTS.explain,
    asksServers: false,
  },
];

const FIELDS: Naming = {
  option: (name) => `“${name}”`,
  call: (command, words = '') => (words === '' ? command : `${command} with ${words}`),
  whatToCheck: (problem) =>
    problem.includes('JAEGER_URL') ? '' : 'Check JAEGER_URL in the environment of this MCP server.',
  wholeList: 'The structured content lists every operation; with “full”, the text does too.',
};

/** What the command reads: fields that are options of the command by their name, the others as words. */
export function optionsOf({ command, input, always = [] }: Tool, given: Readonly<Record<string, unknown>>): Options {
  const words: string[] = [];
  const options = new Map<string, readonly string[]>(always.map((name) => [name, ['']]));
  for (const name of Object.keys(input.shape)) {
    const values = [given[name] ?? []].flat();
    if (!Object.hasOwn(command.options, name)) words.push(...values.flatMap((value) => String(value).split(/\s+/)));
    else if (values.length > 0 && values[0] !== false) options.set(name, values.map(String));
  }
  return {
    words: words.filter((word) => word !== ''),
    has: (name) => options.has(name),
    value: (name) => options.get(name)?.at(-1) ?? null,
    values: (name) => options.get(name) ?? [],
    naming: FIELDS,
  };
}

function text(description: string) {
  return z.string().max(LONGEST_TEXT).optional().describe(description);
}
