/** How often the service at fault is named first, or among the first three, in labelled traces of other systems. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { readTraceDocument } from '../src/adapters/jaeger/read.ts';
import { groupBy } from '../src/diagnosis/timing/group-by.ts';
import type { Trace } from '../src/diagnosis/trace.ts';
import { crossValidation, namedByEach, TODAY } from './methods.ts';

const labelsSchema = z.array(
  z.object({
    file: z.string(),
    dataset: z.string().default('unnamed'),
    fault_type: z.string().default('unnamed'),
    root_cause_service: z.string(),
    fault_trace_ids: z.array(z.string()),
    baseline_trace_ids: z.array(z.string()),
  }),
);
type Label = z.infer<typeof labelsSchema>[number];

/** One trace of a fault. */
export interface Attempt {
  /** The name of its folder. */
  readonly pack: string;
  readonly dataset: string;
  readonly fault: string;
  readonly label: string;
  /** Whether the service at fault has a span in the trace at all. */
  readonly occurs: boolean;
  /** How many services have one. */
  readonly services: number;
  /** By each method, the services, the most suspect first. */
  readonly named: Readonly<Record<string, readonly string[]>>;
}

/** Attempts at all traces that `labels.json` of the folder lists, or a sentence on what is wrong with the folder. */
export async function attemptsIn(folder: string): Promise<readonly Attempt[] | string> {
  const path = join(folder, 'labels.json');
  if (!existsSync(path)) return `--labelled ${folder} holds no labels.json.`;
  const labels = labelsSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (!labels.success) return `${path} is not a list of labelled faults: ${z.prettifyError(labels.error)}`;
  const attempts: Attempt[] = [];
  for (const label of labels.data) {
    const document = readTraceDocument(JSON.parse(await readFile(join(folder, label.file), 'utf8')));
    if (document.kind !== 'traces') return `${label.file} holds no traces: ${document.looksLike}`;
    attempts.push(...attemptsAt(basename(folder), label, document.traces));
  }
  return attempts;
}

/** The figures as text; the last line is `as1=NN.N as3=NN.N n=N`, in percent over all. */
export function report(attempts: readonly Attempt[]): string {
  const groups: (readonly [string, readonly Attempt[]])[] = [
    ['all', attempts],
    ['where the label occurs', attempts.filter(({ occurs }) => occurs)],
    ...groupsOf(attempts, ({ pack }) => pack),
    ...groupsOf(attempts, ({ dataset }) => dataset),
    ...groupsOf(attempts, ({ fault }) => fault),
  ];
  const lines = table([
    ['', 'AS@1 %', 'AS@3 %', 'by chance %', 'traces', 'label occurs'],
    ...groups.map(([name, group]) => [
      name,
      percentWithin(group, 1),
      percentWithin(group, 3),
      percentByChance(group),
      String(group.length),
      String(group.filter(({ occurs }) => occurs).length),
    ]),
  ]);
  const last = `as1=${percentWithin(attempts, 1)} as3=${percentWithin(attempts, 3)} n=${attempts.length}`;
  return [lines, crossValidation(attempts), last].join('\n\n');
}

/** Percent of attempts that name the label among the first. */
export function percentWithin(attempts: readonly Attempt[], first: number, method = TODAY): string {
  return percentOf(attempts, ({ named, label }) => (named[method]?.slice(0, first).includes(label) ? 1 : 0));
}

/** Percent that picking any service of the trace names first: a method that does no better has seen nothing. */
function percentByChance(attempts: readonly Attempt[]): string {
  return percentOf(attempts, ({ occurs, services }) => (occurs ? 1 / services : 0));
}

function percentOf(attempts: readonly Attempt[], scoreOf: (attempt: Attempt) => number): string {
  const score = attempts.reduce((all, attempt) => all + scoreOf(attempt), 0);
  return (attempts.length === 0 ? 0 : (100 * score) / attempts.length).toFixed(1);
}

/** Columns of one width, the first to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}

function attemptsAt(pack: string, label: Label, traces: readonly Trace[]): readonly Attempt[] {
  const byId = new Map(traces.map((trace) => [trace.traceId, trace]));
  const found = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id.toLowerCase().padStart(32, '0')) ?? []);
  const usual = found(label.baseline_trace_ids);
  return found(label.fault_trace_ids).map((trace) => {
    const services = new Set(trace.spans.map(({ service }) => service));
    return {
      pack,
      dataset: label.dataset,
      fault: label.fault_type,
      label: label.root_cause_service,
      occurs: services.has(label.root_cause_service),
      services: services.size,
      named: namedByEach(trace, usual),
    };
  });
}

function groupsOf(attempts: readonly Attempt[], nameOf: (attempt: Attempt) => string) {
  return [...groupBy(attempts, nameOf)].sort(([a], [b]) => (a < b ? -1 : 1));
}
