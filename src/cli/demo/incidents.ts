/** The recorded incidents that ship with the project. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { latestTimeIn, moveTimes } from './move-times.ts';

/** Moved to the present by `moveMs`. Plain data, for threads. */
export interface RecordedIncident {
  readonly dir: string;
  readonly name: string;
  /** Operation ID, or the trace ID if a rejected start gave none. */
  readonly ask: string;
  /** When the recording was made, in milliseconds. */
  readonly recordedMs: number;
  /** Whether its operation ran when the recording was made, as its record says. */
  readonly isRunning: boolean;
  /** Whether its traces say that it had failed: that happened once, and isn't moved on with the present. */
  readonly hasFailed: boolean;
  /** Whole seconds. */
  readonly moveMs: number;
}

/** What ran ends when the demo starts. What had ended is older than that, so that the traces of both don't mix. */
const ENDED_FOR_MS = 30 * 60_000;
/** Some recordings are days apart; what failed “in the last 24 hours” must include all of them. */
const LONGEST_PAUSE_MS = 60 * 60_000;

/** Their order is that of the recordings. */
export async function readIncidents(fixturesDir: string, startMs: number): Promise<readonly RecordedIncident[]> {
  const files = (await readdir(fixturesDir, { recursive: true })).filter((path) => path.endsWith('case.json')).sort();
  const recorded = await Promise.all(files.map((file) => readIncident(join(fixturesDir, dirname(file)))));
  let later: { readonly recordedMs: number; readonly at: number } | null = null;
  const moved: RecordedIncident[] = [];
  for (const incident of recorded.toSorted((a, b) => b.recordedMs - a.recordedMs)) {
    const { recordedMs, isRunning } = incident;
    let at = startMs;
    if (!isRunning) {
      at =
        later === null ? startMs - ENDED_FOR_MS : later.at - Math.min(LONGEST_PAUSE_MS, later.recordedMs - recordedMs);
      later = { recordedMs, at };
    }
    const moveMs = Math.floor((at - recordedMs) / 1000) * 1000;
    moved.push({ ...incident, moveMs, ask: moveTimes(incident.ask, { recordedMs, moveMs }) });
  }
  return moved.reverse();
}

async function readIncident(dir: string): Promise<Omit<RecordedIncident, 'moveMs'>> {
  const read = (name: string) => readFile(join(dir, name), 'utf8');
  const [described, trace, record] = await Promise.all([
    read('case.json'),
    read('v3.json'),
    read('operation.json').catch(() => '{}'),
  ]);
  const { ask, operationId, now } = JSON.parse(described);
  return {
    dir,
    name: dir.split('/').at(-1) ?? dir,
    ask: ask ?? operationId,
    recordedMs: now === undefined ? latestTimeIn(trace) : Date.parse(now),
    isRunning: JSON.parse(record).data?.status === 'running',
    hasFailed: /"operation\.to_status",\s*"value":\s*\{\s*"stringValue":\s*"failed"/.test(trace),
  };
}
