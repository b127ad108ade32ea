/** The recorded Jaeger and ktrdr servers of the demo, in which what ran in a recording runs now. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
  /** The list of workers of a recording, as of now. */
  workersOf(dir: string): Promise<string>;
  /** Adds a copy of a recording without its neighbours; it was made at this time then. `newId` replaces the operation's. */
  addCopy(name: string, atMs: number, newId?: string): Promise<Copy>;
  /** Moves what runs to the present: otherwise it would stand still from the start of the demo on. */
  advance(): Promise<void>;
  close(): Promise<void>;
}

export interface Copy {
  readonly operationId: string;
  /** `GET /api/v1/operations/{id}` at its end. */
  readonly record: string;
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
  const copies: unknown[] = [];
  let passedMs = 0;

  async function read(path: string): Promise<string> {
    const text = await readFile(path, 'utf8');
    const incident = byDir.get(dirname(path));
    if (incident === undefined) return text;
    const { recordedMs, moveMs } = incident;
    if (!isRunning(incident)) return moveTimes(text, { recordedMs, moveMs });
    const sinceMs = incident.hasFailed ? 0 : passedMs;
    return ownTraceIds(moveTimes(text, { recordedMs, moveMs: moveMs + sinceMs, moveIdsMs: moveMs }));
  }
  const tracesOf = (some: readonly RecordedIncident[]) =>
    readRecordedTraces(
      some.map(({ dir }) => dir),
      read,
    );

  async function setTraces(): Promise<void> {
    jaeger.setTraces([...endedTraces, ...copies, ...(await tracesOf(running))]);
  }

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
    workersOf: (dir) => read(join(dir, 'workers.json')),
    async addCopy(name, atMs, newId) {
      const incident = incidents.find((one) => one.name === name);
      if (incident === undefined) throw new Error(`There is no recording ${name}.`);
      const { dir, recordedMs } = incident;
      const moveMs = Math.floor((atMs - recordedMs) / 1000) * 1000;
      const described = JSON.parse(await readFile(join(dir, 'case.json'), 'utf8'));
      const move = (text: string) => moveTimes(text, { recordedMs, moveMs });
      const movedId = move(described.operationId);
      const named = (text: string) => move(text).replaceAll(movedId, newId ?? movedId);
      // Beside the recording itself, and other copies of it.
      copies.push(JSON.parse(otherTraceIds(named(await readFile(join(dir, 'v3.json'), 'utf8')), copies.length)));
      await setTraces();
      return { operationId: newId ?? movedId, record: named(await readFile(join(dir, 'operation.json'), 'utf8')) };
    },
    async advance() {
      passedMs = Math.floor((Date.now() - startMs) / 1000) * 1000;
      await setTraces();
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

function otherTraceIds(text: string, copy: number): string {
  const digit = (copy % 15).toString(16);
  return text.replace(/("traceId":\s*")[0-9a-f]{4}/g, (_, name: string) => `${name}c0d${digit}`);
}
