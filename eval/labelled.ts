/** How often the service at fault is named first, or among the first three, in labelled traces of other systems. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTraceDocument } from '../src/adapters/jaeger/read.ts';
import { blame } from '../src/diagnosis/timing/blame.ts';
import type { Trace } from '../src/diagnosis/trace.ts';

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
  readonly file: string;
  readonly dataset: string;
  readonly fault: string;
  readonly label: string;
  /** Whether the service at fault has a span in the trace at all. */
  readonly occurs: boolean;
  /** Services, the most suspect first. */
  readonly named: readonly string[];
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
    attempts.push(...attemptsAt(label, document.traces));
  }
  return attempts;
}

/** The figures as text; the last line is `as1=NN.N as3=NN.N n=N`, in percent over all. */
export function report(attempts: readonly Attempt[]): string {
  const groups: (readonly [string, readonly Attempt[]])[] = [
    ['all', attempts],
    ['where the label occurs', attempts.filter(({ occurs }) => occurs)],
    ...groupedBy(attempts, ({ dataset }) => dataset),
    ...groupedBy(attempts, ({ fault }) => fault),
  ];
  const rows = [
    ['', 'AS@1 %', 'AS@3 %', 'traces', 'label occurs'],
    ...groups.map(([name, group]) => [
      name,
      percentWithin(group, 1),
      percentWithin(group, 3),
      String(group.length),
      String(group.filter(({ occurs }) => occurs).length),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  const last = `as1=${percentWithin(attempts, 1)} as3=${percentWithin(attempts, 3)} n=${attempts.length}`;
  return [...lines, '', last].join('\n');
}

/** Percent of attempts that name the label among the first. */
export function percentWithin(attempts: readonly Attempt[], first: number): string {
  const right = attempts.filter(({ named, label }) => named.slice(0, first).includes(label)).length;
  return (attempts.length === 0 ? 0 : (100 * right) / attempts.length).toFixed(1);
}

function attemptsAt(label: Label, traces: readonly Trace[]): readonly Attempt[] {
  const byId = new Map(traces.map((trace) => [trace.traceId, trace]));
  const found = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id.toLowerCase().padStart(32, '0')) ?? []);
  const usual = found(label.baseline_trace_ids);
  return found(label.fault_trace_ids).map((trace) => ({
    file: label.file,
    dataset: label.dataset,
    fault: label.fault_type,
    label: label.root_cause_service,
    occurs: trace.spans.some(({ service }) => service === label.root_cause_service),
    named: blame([trace], usual).map(({ service }) => service),
  }));
}

function groupedBy(attempts: readonly Attempt[], nameOf: (attempt: Attempt) => string) {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) groups.set(nameOf(attempt), [...(groups.get(nameOf(attempt)) ?? []), attempt]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}
