import type { Baseline, BaselinePart, Diagnosis } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { shortNumber } from '../../language/numbers.ts';
import { plural } from '../../language/plurals.ts';
import { shortLine } from '../blocks/mrkdwn.ts';
import { note, prose, type TextBlock, time } from '../blocks/text-block.ts';

const MOST_PARTS = 6;
const LONGEST_NAME = 40;
const HEADER = ['', 'usual', 'high', 'this run', ''];

/** “Usual / this run”: the whole operation, its phases, and its processes, next to what earlier operations of its kind took. */
export function baselineBlocks({ baseline, status, primary }: Diagnosis): readonly TextBlock[] {
  const isExplained = primary !== null && primary.severity !== 'notice' && primary.scenario !== 'slow';
  // A missing comparison matters only if the duration is in question.
  if (isExplained && (baseline === null || baseline.verdict === 'too-few')) return [];
  if (baseline === null) {
    const text = 'Usual / this run: no earlier run of its kind to compare with.';
    return status === 'completed' && primary === null ? [note([text])] : [];
  }
  const { comparedWith, kind, since } = baseline;
  const runs = shortLine(
    `${plural(comparedWith, 'earlier run', 'earlier')} ${comparedWith === 1 ? `(${kind})` : kind}`,
    120,
  );
  const compared = baseline.verdict === 'too-few' ? ': only' : '. Compared with';
  const lead = `Usual / this run: ${verdictOf(baseline)}${compared} ${runs}`;
  const text = [lead, ...(since === null ? [] : [' since ', time(since)]), '.', changesIn(baseline)];
  const rows = rowsOf(baseline);
  return [
    prose(text.filter((part) => part !== '')),
    ...(rows.length === 0 ? [] : [{ kind: 'columns', lines: aligned([HEADER, ...rows]) } as const]),
  ];
}

function verdictOf({ verdict, ratio, firstOfItsProcess }: Baseline): string {
  switch (verdict) {
    case 'slower':
      return `${shortNumber(ratio ?? 1)}× the usual time for the same amount of work`;
    case 'not-slower':
      return `as usual for the same amount of work${firstOfItsProcess ? ', even though it was the first run of its process' : ''}`;
    case 'too-few':
      return 'too few earlier runs for a baseline';
    case 'incomparable':
      return firstOfItsProcess
        ? 'not comparable, because this was the first run of its process, which loads its libraries first'
        : 'not comparable, because its epoch count is unknown';
  }
}

function changesIn({ appeared, vanished }: Baseline): string {
  const list = (names: readonly string[]) => shortLine(names.slice(0, 4).join(', '), 200);
  return [
    appeared.length === 0 ? '' : ` New in this run: ${list(appeared)}.`,
    vanished.length === 0 ? '' : ` Missing in this run: ${list(vanished)}.`,
  ].join('');
}

function rowsOf({ typicalMs, highMs, thisMs, ratio, phases, services }: Baseline): readonly (readonly string[])[] {
  if (typicalMs === null || highMs === null || ratio === null) return [];
  const whole = { name: 'total', typicalMs, highMs, thisMs, ratio };
  const counts = ({ typicalMs, thisMs }: BaselinePart) => Math.max(typicalMs, thisMs) >= 1;
  const parts = [phases, services].flatMap((list) => list.filter(counts).slice(0, MOST_PARTS));
  return [whole, ...parts].map(rowOf);
}

function rowOf({ name, typicalMs, highMs, thisMs, ratio }: Omit<BaselinePart, 'slower'>): readonly string[] {
  const times = [typicalMs, highMs, thisMs].map(formatDuration);
  return [shortLine(name, LONGEST_NAME), ...times, `× ${shortNumber(ratio)}`];
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
