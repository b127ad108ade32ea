import { buildSources, clockFrom } from '../app/sources.ts';
import type { Micros } from '../diagnosis/trace.ts';
import { capital, typeLabel } from '../diagnosis/words.ts';
import { cleanCopy } from '../formatters/clean.ts';
import { marketOf, nameOf, statusText, widerText } from '../formatters/reports/search-results.ts';
import { formatUtc } from '../formatters/units.ts';
import { describeFailure } from '../jobs/gather/source-failure.ts';
import type { SearchFilter } from '../jobs/search/filter.ts';
import { searchWider, unknownAttributes } from '../jobs/search/nothing-found.ts';
import {
  filterFor,
  mergeCriteria,
  OPTION_NAMES,
  readOption,
  type SearchCriteria,
  windowProblem,
} from '../jobs/search/options.ts';
import {
  type OperationHit,
  type Search,
  type SearchAnswer,
  searchOperations,
} from '../jobs/search/search-operations.ts';
import { parseSearchWords } from '../jobs/search/words.ts';
import { formatDuration } from '../language/durations.ts';
import { plural } from '../language/plurals.ts';
import {
  configFrom,
  type Naming,
  type OptionSpec,
  type Options,
  type QueryCommand,
  type QueryResult,
  queryCommand,
  wrong,
} from './command.ts';
import { bad, good, type Io, type Reading } from './io.ts';

const SPEC: OptionSpec = {
  ...Object.fromEntries(OPTION_NAMES.map((name) => [name, name === 'tag' ? 'values' : 'value'] as const)),
  error: 'flag',
  json: 'flag',
};

const HELP = `Usage: ktrdr-bot search [words] [options]

Matching operations, newest first, including rejected starts: status, duration, trace ID, and likely cause.
Conditions are joined by “and”. Words work like options: ktrdr-bot search failed training AAPL since 6h

  [words]             an operation ID, a trace ID, a status, a type, a symbol, an error class, since 6h, …
  --service S         a service that took part; ktrdr-training-worker means all training workers
  --type T            training, backtest, download, agent, … in any spelling
  --status S          pending, running, resuming, completed, failed, cancelled
  --error             it has an error, it failed, or its start was rejected
  --error-type C      class of an exception, such as DataNotFoundError
  --cause C           the likely cause, such as data-missing; none: the traces show no problem
  --symbol S          --timeframe T  --strategy S
  --worker W          a worker ID, or its host
  --min-duration D    minimum duration, such as 10m; for running operations, the time since the start
  --since T           6h, 2d, yesterday, or a time in ISO 8601 (days are UTC); default: LOOKBACK
  --until T           the same; default: now
  --tag KEY=VALUE     an attribute, with its current or runbook name; repeatable
  --limit N           default: 20
  --json              the rows as JSON
`;

export const SEARCH: QueryCommand = { name: 'search', help: HELP, options: SPEC, query };
export const search = queryCommand(SEARCH);

async function query(options: Options, io: Io): Promise<QueryResult> {
  const clock = clockFrom(null);
  const now = clock();
  const request = readCriteria(options, now);
  if (!request.ok) return wrong(request.problem);
  const config = await configFrom(io.env);
  const filter = filterFor(request.value, now, config.lookbackMs);

  const sources = await buildSources(config, clock);
  const search: Search = (one, signal, shown) =>
    searchOperations(one, { ...sources, clock, redact: config.redact }, signal, shown);
  const answer = await search(filter, io.signal);
  if (answer.kind === 'unavailable') return { kind: 'unavailable', problem: describeFailure('Jaeger', answer.failure) };
  const { operations, total, gaps, searched } = cleanCopy(answer, config.redact);
  return {
    kind: 'answer',
    isAnswered: true,
    text: async () =>
      text(
        { operations, total, gaps, searched },
        total > 0 ? [] : await hintsFor(filter, search, options.naming, io.signal),
      ),
    json: () => ({ operations, total, gaps, searched }),
  };
}

async function hintsFor(
  filter: SearchFilter,
  search: Search,
  naming: Naming,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const wider = await searchWider(filter, search, signal);
  return [
    ...unknownAttributes(filter),
    ...(wider === null ? [] : [widerText({ ...wider, option: `${naming.option('since')} ${wider.since}` })]),
  ];
}

function readCriteria(options: Options, now: Micros): Reading<SearchCriteria> {
  const parsed = parseSearchWords(options.words.join(' '), now);
  if (parsed.kind === 'wrong') return bad(parsed.problem);
  let request: SearchCriteria = options.has('error')
    ? mergeCriteria(parsed.request, { hasError: true })
    : parsed.request;
  for (const name of OPTION_NAMES)
    for (const value of options.values(name)) {
      const read = readOption(name, value, now, { shown: options.naming.option(name) });
      if (read.kind === 'wrong') return bad(read.problem);
      request = mergeCriteria(request, read.request);
    }
  const { option } = options.naming;
  const problem = windowProblem(request, now, { since: option('since'), until: option('until') });
  return problem === null ? good(request) : bad(problem);
}

function text(
  { operations, total, gaps, searched }: Omit<Extract<SearchAnswer, { kind: 'found' }>, 'kind'>,
  hints: readonly string[],
): string {
  const span = `${formatUtc(searched.from)} to ${formatUtc(searched.to)}`;
  const count = gaps.length === 0 ? plural(total, 'operation') : `at least ${plural(total, 'operation')}`;
  const shown = operations.length < total ? `${operations.length} of ${count}` : capital(count);
  const width = Math.max(0, ...operations.map((hit) => nameOf(hit).length));
  const rows = operations.map((hit) => row(hit, width));
  return [...rows, ...hints, ...gaps, `${total === 0 ? 'No operation' : shown}, ${span}.`]
    .map((part) => `${part}\n`)
    .join('\n');
}

/** Starts with the name, so that the rows of a list align. */
function row(hit: OperationHit, width: number): string {
  const { operationId, traceId, type, startedAt, durationMs, cause, headline, provisional } = hit;
  const facts = [
    nameOf(hit).padEnd(width),
    statusText(hit),
    `${typeLabel(type)} ${marketOf(hit)}`.trim(),
    startedAt === null ? 'at an unknown time' : formatUtc(startedAt),
    durationMs === null ? 'unknown duration' : formatDuration(durationMs),
  ];
  return [
    facts.join('  '),
    `  ${provisional ? 'provisional: ' : ''}${cause === null ? '' : `${cause}: `}${headline}`,
    ...(operationId === null ? [] : [traceId === null ? '  no trace' : `  trace ${traceId}`]),
  ].join('\n');
}
