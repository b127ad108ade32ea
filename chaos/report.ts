/** What a run found: a table of the verdicts, and for the first faults everything that is known about them. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FAULTS, GOOD, isFault, privateWords, type Question, rootsFor, type Verdict } from './judge.ts';
import type { Ledger, Written } from './ledger.ts';
import type { Outcome } from './run.ts';
import type { Disturbance } from './world.ts';

export interface Row {
  readonly scenario: string;
  readonly seed: number;
  readonly outcome: Outcome;
  readonly isEveryoneAnswered: boolean;
}

const WARNING = 40;
const MOST_LOG_LINES = 30;
const MOST_CHARACTERS = 300;
/** Disturbances so long before the question and after the last message belong to its story. */
const BEFORE_MS = 5_000;
const AFTER_MS = 60_000;

/** Faults of answers and of processes, and people without an answer where all were to get one. */
export function faultsIn({ outcome, isEveryoneAnswered }: Row): number {
  return outcome.verdicts.filter((verdict) => isWrong(verdict, isEveryoneAnswered)).length + outcome.complaints.length;
}

function isWrong(verdict: Verdict, isEveryoneAnswered: boolean): boolean {
  return isFault(verdict) || (isEveryoneAnswered && ['refused', 'apologised'].includes(verdict));
}

export function table(rows: readonly Row[]): string {
  const header = ['scenario', 'seed', 'asked', ...GOOD, ...FAULTS, 'process', 'seconds', ''];
  const lines = rows.map((row) => [
    row.scenario,
    String(row.seed),
    String(row.outcome.questions.length),
    ...[...GOOD, ...FAULTS].map((verdict) => count(row.outcome.verdicts, verdict)),
    row.outcome.complaints.length === 0 ? '·' : String(row.outcome.complaints.length),
    String(row.outcome.seconds),
    faultsIn(row) === 0 ? 'ok' : 'FAULTY',
  ]);
  const all = [header, ...lines];
  const widths = header.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The first `most` questions that went wrong: what was sent, what everybody and the person read and when, and the log about it. */
export async function evidence(
  { outcome, isEveryoneAnswered }: Pick<Row, 'outcome' | 'isEveryoneAnswered'>,
  workDir: string,
  most: number,
): Promise<string> {
  const { questions, verdicts, ledger, disturbances } = outcome;
  const faulty = questions.flatMap((question, index) => {
    const verdict = verdicts[index];
    return verdict !== undefined && isWrong(verdict, isEveryoneAnswered) ? [{ question, verdict }] : [];
  });
  const texts = await Promise.all(
    faulty.slice(0, most).map(async ({ question, verdict }) => {
      const lines = [`${verdict}: ${question.operationId}`, ...ledgerOf(question, ledger, disturbances)];
      return [...lines, ...(await logAbout(question.operationId, workDir))].join('\n  ');
    }),
  );
  return texts.join('\n\n');
}

/** For each process, how many warnings it logged and how many at most within a minute. */
export async function warnings(workDir: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const name of await logsIn(workDir)) {
    const perMinute = new Map<number, number>();
    for await (const line of linesOf(join(workDir, name))) {
      const { level = 0, time = 0 } = parsed(line);
      if (level >= WARNING)
        perMinute.set(Math.floor(time / 60_000), (perMinute.get(Math.floor(time / 60_000)) ?? 0) + 1);
    }
    const counts = [...perMinute.values()];
    const sum = counts.reduce((total, other) => total + other, 0);
    if (sum > 0) lines.push(`${name}: ${sum} warnings, at most ${Math.max(...counts)} a minute`);
  }
  return lines;
}

function ledgerOf(question: Question, ledger: Ledger, disturbances: readonly Disturbance[]): readonly string[] {
  const startedAt = question.attempts[0]?.at ?? 0;
  const when = (at: number) => `${((at - startedAt) / 1000).toFixed(1).padStart(7)} s`;
  const roots = rootsFor(question, ledger);
  const written = [
    ...roots.map((message) => ({ message, where: 'channel' })),
    ...roots.flatMap((root) => ledger.repliesTo(root).map((message) => ({ message, where: 'thread' }))),
    ...privateWords(question, ledger).map((message) => ({ message, where: 'privately' })),
  ];
  const attempts = question.attempts.map(({ at, told, words }) => ({
    at,
    text: `${question.userId} asks in ${question.channel}: ${told} ${short(words)}`,
  }));
  const said = [...attempts, ...written.flatMap(({ message, where }) => versionsOf(message, where))];
  const meanwhile = disturbances
    .filter(({ at }) => at >= startedAt - BEFORE_MS && at <= Math.max(...said.map((other) => other.at)) + AFTER_MS)
    .map(({ at, what }) => ({ at, text: `(${what})` }));
  return [...said, ...meanwhile].toSorted((a, b) => a.at - b.at).map(({ at, text }) => `${when(at)}  ${text}`);
}

function versionsOf({ ts, versions, isDeleted }: Written, where: string): readonly { at: number; text: string }[] {
  return versions.map(({ at, text }, index) => {
    const what = index === 0 ? 'posted' : 'edited';
    return { at, text: `${where} ${ts} ${what}${isDeleted ? ' (deleted since)' : ''}: ${short(text)}` };
  });
}

/** Lines that name the operation, and lines of the same requests. */
async function logAbout(operationId: string, workDir: string): Promise<readonly string[]> {
  const requests = new Set<string>();
  for (const name of await logsIn(workDir)) {
    for await (const line of linesOf(join(workDir, name))) {
      const { requestId } = line.includes(operationId) ? parsed(line) : {};
      if (requestId !== undefined) requests.add(requestId);
    }
  }
  const found: string[] = [];
  for (const name of await logsIn(workDir)) {
    for await (const line of linesOf(join(workDir, name))) {
      if (found.length >= MOST_LOG_LINES) break;
      const isAbout = [operationId, ...requests].some((words) => line.includes(words));
      if (isAbout) found.push(`${name}: ${short(line)}`);
    }
  }
  return found;
}

async function logsIn(workDir: string): Promise<readonly string[]> {
  return (await readdir(workDir)).filter((name) => name.endsWith('.log')).sort();
}

function linesOf(path: string) {
  return createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

function parsed(line: string): { readonly level?: number; readonly time?: number; readonly requestId?: string } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

function count(verdicts: readonly Verdict[], wanted: Verdict): string {
  const found = verdicts.filter((verdict) => verdict === wanted).length;
  return found === 0 ? '·' : String(found);
}

function short(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line;
}
