import { buildSources, clockFrom } from '../app/sources.ts';
import { loadConfig } from '../config/environment.ts';
import { micros } from '../diagnosis/trace.ts';
import { canonicalType, TYPE_WORDS } from '../diagnosis/vocabulary/operations.ts';
import { plainText } from '../formatters/blocks/text-block.ts';
import { cleanCopy } from '../formatters/clean.ts';
import { digestLines, formatDigest, formatDigestList } from '../formatters/reports/digest.ts';
import { formatUtc } from '../formatters/units.ts';
import { MAX_WINDOW_MS, readDigest } from '../jobs/digest/digest.ts';
import { describeFailure } from '../jobs/gather/source-failure.ts';
import { type Search, searchOperations } from '../jobs/search/search-operations.ts';
import { notAMoment, readMoment } from '../language/moments.ts';
import { quoted } from '../language/words.ts';
import { type Options, type QueryCommand, type QueryResult, queryCommand, readNow, wrong } from './command.ts';
import type { Io } from './io.ts';

const HELP = `Usage: ktrdr-bot digest [--since 24h] [--type T] [--now ISO] [--full | --json | --slack]

Failed operations of the last hours, including rejected starts, grouped by cause and compared with the previous period.

  --since D   how far back, such as 6h, 7d, or yesterday (UTC); default: 24h
  --type T    training, backtest, download, agent, … in any spelling; default: all
  --now ISO   time of the digest; default: now
  --full      list every operation
  --json      the digest as JSON
  --slack     the Slack messages as JSON: the digest, and the reply to “Show all”
`;

const USUAL = '24h';

export const DIGEST: QueryCommand = {
  name: 'digest',
  help: HELP,
  options: { since: 'value', type: 'value', now: 'value', full: 'flag', json: 'flag', slack: 'flag' },
  query,
};
export const digest = queryCommand(DIGEST);

async function query(options: Options, io: Io): Promise<QueryResult> {
  const {
    words: [word],
    value,
    naming,
  } = options;
  if (word !== undefined) return wrong(`Unexpected argument "${word}": digest takes only options.`);
  const typed = value('type');
  const type = typed === null ? null : canonicalType(typed);
  if (typed !== null && type === null)
    return wrong(`${naming.option('type')} must be one of ${TYPE_WORDS.join(', ')}.`);
  const present = readNow(options);
  if (!present.ok) return wrong(present.problem);

  const clock = clockFrom(present.value);
  const now = clock();
  const since = value('since') ?? USUAL;
  const from = readMoment(since, { nowMs: now / 1000, timeZone: 'UTC' });
  if (from === null) return wrong(`${naming.option('since')}: ${notAMoment(since)}`);
  const sinceMs = now / 1000 - from;
  if (sinceMs <= 0 || sinceMs > MAX_WINDOW_MS)
    return wrong(
      `${naming.option('since')}: ${quoted(since)} isn't within the last 31 days. Use 30m, 24h, or 7d, at most 31d.`,
    );

  const config = loadConfig(io.env);
  const sources = await buildSources(config, clock);
  const window = { from: micros(now - sinceMs * 1000), to: now };
  const search: Search = (filter, signal) => searchOperations(filter, { ...sources, clock }, signal);
  const answer = await readDigest({ window, type }, { search }, io.signal);
  if (answer.kind === 'unavailable') return { kind: 'unavailable', problem: describeFailure('Jaeger', answer.failure) };
  const { redact } = config;
  return {
    kind: 'answer',
    isAnswered: true,
    text: () => {
      const { groups, window } = answer.digest;
      const isFull = options.has('full');
      const lines = digestLines(answer.digest, redact, isFull).map(plainText);
      const hints = isFull || groups.length === 0 ? [] : [naming.wholeList];
      const searched = `Searched: ${formatUtc(window.from)} to ${formatUtc(window.to)}.`;
      return [...lines, ...hints, searched].map((line) => `${line}\n`).join('');
    },
    json: () => cleanCopy(answer.digest, redact),
    slack: () => ({
      ...formatDigest(answer.digest, redact),
      thread: [{ slot: 'list', message: formatDigestList(answer.digest, redact) }],
    }),
  };
}
