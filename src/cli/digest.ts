import { microsOfIso } from '../adapters/ktrdr/time.ts';
import { buildWitnesses, clockFrom } from '../app.ts';
import { loadConfig } from '../config.ts';
import { canonicalType } from '../diagnosis/subject.ts';
import { micros } from '../diagnosis/trace.ts';
import { digestLines, formatDigest } from '../formatters/digest.ts';
import { wordsAsText } from '../formatters/passage.ts';
import { cleaned } from '../formatters/search-results.ts';
import { readDigest } from '../jobs/digest-read.ts';
import { LONGEST_WINDOW_MS } from '../jobs/digest-words.ts';
import { lengthMs, TYPE_WORDS } from '../jobs/search-options.ts';
import { describeFailure } from '../jobs/source-failure.ts';
import { EXIT, type Io, wrongUsage } from './io.ts';
import { parseOptions } from './options.ts';

export const HELP = `Usage: ktrdr-bot digest [--since 24h] [--type T] [--now ISO] [--json | --slack]

Failed operations of the last hours, refused starts among them, grouped by cause, beside the same time before.

  --since D   how far back, such as 6h or 7d; default: 24h
  --type T    training, backtest, download, agent, … in any spelling; default: all
  --now ISO   when the digest is made; default: now
  --json      the digest as JSON
  --slack     the messages as they are posted in Slack
`;

const USUAL = '24h';

export async function digest(args: readonly string[], io: Io): Promise<number> {
  const options = parseOptions(args, { since: 'value', type: 'value', now: 'value', json: 'flag', slack: 'flag' });
  if (!options.ok) return wrongUsage(io, `${options.problem} "ktrdr-bot digest --help" lists the options.`);
  if (options.value.has('help')) {
    io.write(HELP);
    return EXIT.answered;
  }
  const [word] = options.value.words;
  if (word !== undefined) return wrongUsage(io, `"${word}" is one word too many: digest takes options only.`);
  const sinceMs = lengthMs(options.value.value('since') ?? USUAL);
  if (sinceMs === null || sinceMs <= 0 || sinceMs > LONGEST_WINDOW_MS)
    return wrongUsage(io, '--since must be a duration such as 30m, 24h or 7d, at most 31d.');
  const typed = options.value.value('type');
  const type = typed === null ? null : canonicalType(typed);
  if (typed !== null && type === null) return wrongUsage(io, `--type must be one of ${TYPE_WORDS.join(', ')}.`);

  const said = options.value.value('now');
  const present = said === null ? null : microsOfIso(said);
  if (said !== null && present === null)
    return wrongUsage(io, '--now must be a time in ISO 8601, such as 2026-01-09T06:05:00Z.');
  const clock = clockFrom(present);

  const config = loadConfig(io.env);
  const now = clock();
  const witnesses = await buildWitnesses(config, clock);
  const window = { from: micros(now - sinceMs * 1000), to: now };
  const answer = await readDigest(window, type, { ...witnesses, clock }, io.signal);
  if (answer.kind === 'unavailable') {
    io.warn(`${describeFailure('Jaeger', answer.failure)}\n`);
    return EXIT.unanswered;
  }
  const { redact } = config;
  if (options.value.has('json')) io.write(json(cleaned(answer.digest, redact)));
  else if (options.value.has('slack')) io.write(json(formatDigest(answer.digest, redact)));
  else
    io.write(
      digestLines(answer.digest, redact)
        .map((words) => `${wordsAsText(words)}\n`)
        .join(''),
    );
  return EXIT.answered;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
