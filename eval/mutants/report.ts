/** What the mutants show, as text. */
import { GROUPS, type Group } from './kinds.ts';
import type { Judged } from './mutants.ts';

const BAR = 0.995;
const LISTED_OF_A_KIND = 3;

/** Sentences, one for each bar that isn't reached. */
export function shortfalls(judged: readonly Judged[]): readonly string[] {
  const found: string[] = [];
  const unimportant = judged.filter(({ group }) => group === 'must not matter');
  const right = unimportant.filter(({ outcome }) => outcome === 'right').length;
  if (unimportant.length > 0 && right / unimportant.length < BAR)
    found.push(`${percent(right, unimportant.length)} right where nothing matters; ${100 * BAR}% are required.`);
  const known = judged.filter(({ group }) => group !== 'unknown words');
  const sentences = [
    [known.filter(({ isCertain }) => isCertain).length, 'wrong and certain'],
    [judged.filter(({ isFalseAlarm }) => isFalseAlarm).length, 'false alarms'],
    [
      judged.filter(({ group, isCertain }) => group === 'unknown words' && isCertain).length,
      'unknown words, but certain',
    ],
  ] as const;
  for (const [count, name] of sentences) if (count > 0) found.push(`${count} ${name}; none is allowed.`);
  return found;
}

/** A table by kind, the wrong answers with the commands that repeat them, and what falls short. */
export function report(judged: readonly Judged[], seed: number, folders: readonly string[] = []): string {
  const rows = (Object.keys(GROUPS) as Group[]).flatMap((group) => {
    const own = judged.filter((one) => one.group === group);
    const kinds = GROUPS[group].map(({ name }) => [`  ${name}`, own.filter(({ kind }) => kind === name)] as const);
    return own.length === 0 ? [] : [[group, own] as const, ...kinds.filter(([, some]) => some.length > 0)];
  });
  const header = ['', 'mutants', 'right', 'abstained', 'wrong', 'wrong and certain', 'false alarms'];
  const cells = [header, ...rows.map(([name, some]) => [name, ...counts(some)])];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const table = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  const misses = judged.filter(({ outcome }) => outcome !== 'right').sort((a, b) => weight(b) - weight(a));
  const kinds = [...new Set(misses.map(({ kind }) => kind))];
  const worst = kinds.flatMap((name) => misses.filter(({ kind }) => kind === name).slice(0, LISTED_OF_A_KIND));
  const listed = worst.map((one) => missed(one, folders));
  const more = misses.length > worst.length ? [`… and ${misses.length - worst.length} more (--json lists all).`] : [];
  return [...table, '', ...listed, ...more, `Seed ${seed}, ${judged.length} mutants.`, ...shortfalls(judged)].join(
    '\n',
  );
}

function counts(some: readonly Judged[]): readonly string[] {
  const of = (isCounted: (one: Judged) => boolean) => String(some.filter(isCounted).length);
  return [
    String(some.length),
    of(({ outcome }) => outcome === 'right'),
    of(({ outcome }) => outcome === 'abstained'),
    of(({ outcome }) => outcome === 'wrong'),
    of(({ isCertain }) => isCertain),
    of(({ isFalseAlarm }) => isFalseAlarm),
  ];
}

function missed(one: Judged, folders: readonly string[]): string {
  const certain = one.isCertain ? ', certain' : '';
  const source = `${one.dialect}, ${one.api ? 'with' : 'without'} the ktrdr API${one.notes && `, ${one.notes}`}`;
  const where = folders.map((folder) => ` --fixtures ${folder}`).join('');
  return [
    `${one.outcome === 'wrong' ? '✗' : '?'} ${one.incident} (${source}): ${one.answer}${certain}; right: ${one.accepted.join(' or ')}`,
    `    npm run eval -- --mutants${where} --seed ${one.seed} --only ${one.kind} --case ${one.incident} --save DIR`,
  ].join('\n');
}

function weight({ isCertain, isFalseAlarm, outcome }: Judged): number {
  return 4 * Number(isCertain) + 2 * Number(isFalseAlarm) + Number(outcome === 'wrong');
}

function percent(count: number, of: number): string {
  return `${((100 * count) / of).toFixed(2)}%`;
}
