/** The recorded Jaeger and ktrdr servers of the demo, in which what ran in a recording runs now. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type Exchange,
  type RecordedJaeger,
  type RecordedKtrdr,
  readRecordedTraces,
  startRecordedJaeger,
  startRecordedKtrdr,
} from '@ktrdr-bot/local-slack';
import type { RecordedIncident } from './incidents.ts';
import { moveTimes } from './move-times.ts';

export interface Recordings {
  readonly jaeger: RecordedJaeger;
  readonly ktrdr: RecordedKtrdr;
  /** Moves what runs to the present: otherwise it would stand still from the start of the demo on. */
  advance(): Promise<void>;
  close(): Promise<void>;
}

interface RecordingsOptions {
  readonly incidents: readonly RecordedIncident[];
  /** When the incidents were moved; milliseconds. */
  readonly startMs: number;
  readonly onExchange: (server: 'Jaeger' | 'ktrdr', exchange: Exchange) => void;
}

export async function startRecordings({ incidents, startMs, onExchange }: RecordingsOptions): Promise<Recordings> {
  const byDir = new Map(incidents.map((incident) => [incident.dir, incident]));
  const [running, ended] = [incidents.filter(isRunning), incidents.filter((one) => !isRunning(one))];
  let passedMs = 0;

  async function read(path: string): Promise<string> {
    const text = await readFile(path, 'utf8');
    const incident = byDir.get(dirname(path));
    if (incident === undefined) return text;
    const { recordedMs, moveMs } = incident;
    if (!isRunning(incident)) return moveTimes(text, { recordedMs, moveMs });
    return ownTraceIds(moveTimes(text, { recordedMs, moveMs: moveMs + passedMs, moveIdsMs: moveMs }));
  }
  const tracesOf = (some: readonly RecordedIncident[]) =>
    readRecordedTraces(
      some.map(({ dir }) => dir),
      read,
    );

  const endedTraces = await tracesOf(ended);
  const [jaeger, ktrdr] = await Promise.all([
    startRecordedJaeger({
      version: '2.20',
      traces: [...endedTraces, ...(await tracesOf(running))],
      onExchange: (exchange) => onExchange('Jaeger', exchange),
    }),
    startRecordedKtrdr({
      fixtureDirs: incidents.map(({ dir }) => dir),
      read,
      onExchange: (exchange) => onExchange('ktrdr', exchange),
    }),
  ]);
  return {
    jaeger,
    ktrdr,
    async advance() {
      passedMs = Math.floor((Date.now() - startMs) / 1000) * 1000;
      jaeger.setTraces([...endedTraces, ...(await tracesOf(running))]);
      await ktrdr.reload();
    },
    async close() {
      await Promise.all([jaeger.close(), ktrdr.close()]);
    },
  };
}

function isRunning(incident: RecordedIncident): boolean {
  return incident.isRunning;
}

/** What ran was recorded beside others, whose recordings have some of its traces, from then. */
function ownTraceIds(text: string): string {
  return text.replace(/("traceId":\s*")([0-9a-f])/g, (_, name: string, digit: string) => {
    return `${name}${(Number.parseInt(digit, 16) ^ 8).toString(16)}`;
  });
}
