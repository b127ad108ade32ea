import { buildWitnesses, clockFrom } from '../app.ts';
import type { Config } from '../config.ts';
import type { Micros } from '../diagnosis/trace.ts';
import { operationNoun } from '../diagnosis/words.ts';
import { cleanText } from '../formatters/clean.ts';
import { formatDuration, formatUtc } from '../formatters/units.ts';
import { type OperationHit, type SearchAnswer, searchOperations } from '../jobs/search-operations.ts';
import { both, filterFor, OPTION_NAMES, readOption, type SearchWish } from '../jobs/search-options.ts';
import { parseSearchWords } from '../jobs/search-words.ts';
import { describeFailure } from '../jobs/source-failure.ts';
import { configFrom } from './environment.ts';
import { bad, EXIT, good, type Io, type Reading, wrongUsage } from './io.ts';
import { type OptionSpec, type Options, parseOptions } from './options.ts';

const SPEC: OptionSpec = {
  ...Object.fromEntries(OPTION_NAMES.map((name) => [name, name === 'tag' ? 'values' : 'value'] as const)),
  error: 'flag',
  json: 'flag',
};

export const HELP = `Usage: ktrdr-bot search [words] [options]

Matching operations, newest first, refused starts among them: status, duration, trace id and likely cause.
Conditions are joined by “and”. Words say the same as options: ktrdr-bot search failed training AAPL since 6h

  [words]             an operation id, a trace id, a status, a type, a symbol, an error's class, since 6h, …
  --service S         a service that took part; ktrdr-training-worker means all of them
  --type T            training, backtest, download, agent, … in any spelling
  --status S          pending, running, resuming, completed, failed, cancelled
  --error             something in it is in error, it failed, or its start was refused
  --error-type C      class of an exception, such as DataNotFoundError
  --symbol S          --timeframe T  --strategy S
  --worker W          a worker's id, or the host it is reached at
  --min-duration D    at least so long, such as 10m; of what still runs, since it began
  --since T           6h, 2d or a time in ISO 8601; default: LOOKBACK
  --until T           the same; default: now
  --tag KEY=VALUE     an attribute in either vocabulary; repeatable
  --limit N           default: 20
  --json              the rows as JSON
`;

export async function search(args: readonly string[], io: Io): Promise<number> {
  const options = parseOptions(args, SPEC);
  if (!options.ok) return wrongUsage(io, `${options.problem} "ktrdr-bot search --help" lists the options.`);
  if (options.value.has('help')) {
    io.write(HELP);
    return EXIT.answered;
  }
  const clock = clockFrom(null);
  const now = clock();
  const wish = readWish(options.value, now);
  if (!wish.ok) return wrongUsage(io, wish.problem);
  const config = await configFrom(io.env);
  const filter = filterFor(wish.value, now, config.lookbackMs);
  if (filter.window.from >= filter.window.to) return wrongUsage(io, '--since must be earlier than --until.');

  const witnesses = await buildWitnesses(config, clock);
  const answer = await searchOperations(filter, { ...witnesses, clock }, io.signal);
  if (answer.kind === 'unavailable') {
    io.warn(`${describeFailure('Jaeger', answer.failure)}\n`);
    return EXIT.unanswered;
  }
  io.write(options.value.has('json') ? json(answer, config) : text(answer, config));
  return EXIT.answered;
}

function readWish(options: Options, now: Micros): Reading<SearchWish> {
  const spoken = parseSearchWords(options.words.join(' '), now);
  if (spoken.kind === 'wrong') return bad(spoken.problem);
  let wish: SearchWish = options.has('error') ? both(spoken.wish, { hasError: true }) : spoken.wish;
  for (const name of OPTION_NAMES)
    for (const value of options.values(name)) {
      const read = readOption(name, value, now);
      if (read.kind === 'wrong') return bad(`--${name} ${read.problem}.`);
      wish = both(wish, read.wish);
    }
  return good(wish);
}

type Found = Extract<SearchAnswer, { kind: 'found' }>;

function json({ operations, gaps, searched }: Found, { redact }: Config): string {
  const clean = (_key: string, value: unknown) => (typeof value === 'string' ? cleanText(value, redact) : value);
  return `${JSON.stringify({ operations, gaps, searched }, clean, 2)}\n`;
}

function text({ operations, gaps, searched }: Found, { redact }: Config): string {
  const rows = operations.map((hit) => cleanText(row(hit), redact));
  const span = `${formatUtc(searched.from)} to ${formatUtc(searched.to)}`;
  const found =
    operations.length === 0
      ? 'No operation'
      : operations.length === 1
        ? '1 operation'
        : `${operations.length} operations`;
  return [...rows, ...gaps.map((gap) => cleanText(gap, redact)), `${found}, ${span}.`]
    .map((part) => `${part}\n`)
    .join('\n');
}

function row(hit: OperationHit): string {
  const { operationId, traceId, type, status, symbol, timeframe, startedAt, durationMs, cause, headline } = hit;
  const about = [operationNoun(type), symbol, timeframe].filter((word) => word !== null).join(' ');
  const facts = [
    status.padEnd(9),
    about,
    startedAt === null ? 'at an unknown time' : formatUtc(startedAt),
    durationMs === null ? 'unknown duration' : formatDuration(durationMs),
  ];
  const names = [operationId ?? 'no operation id', traceId === null ? 'no trace' : `trace ${traceId}`];
  return [facts.join('  '), `  ${names.join('  ')}`, `  ${cause === null ? '' : `${cause}: `}${headline}`].join('\n');
}
