/**
 * Computes in separate processes, so that the main one only takes requests, runs the queue, and delivers.
 *
 * Most requests spend their time waiting for Jaeger and need only milliseconds of CPU. They share a few processes, which cache
 * Jaeger's dialect and services and keep connections open. Work that would delay others runs in a separate process: requests
 * that lead to a large response, searches, digests, and tasks whose shared process ended.
 */
import { availableParallelism, totalmem } from 'node:os';
import type { Logger } from 'pino';
import { openProcessPool, type ProcessPool } from '../adapters/processes/pool.ts';
import { ProcessDied } from '../adapters/processes/task-process.ts';
import type { Config } from '../config/environment.ts';
import { ownCauses } from '../diagnosis/catalogue.ts';
import { knownAsClean } from '../formatters/clean.ts';
import type { GatherPhase } from '../jobs/gather/gather.ts';
import { type Measurement, record } from '../jobs/telemetry.ts';
import type { Compute, Computing, ComputingConfig, ComputingTask, Works } from './computing.ts';
import type { Computed, ProcessData } from './computing-process.ts';
import { openSlots } from './pace.ts';

interface ProcessesOptions {
  readonly log: Logger;
  /** Memory per process in MiB. Default: half of what the bot may use. */
  readonly memoryMb?: number;
}

/** The largest response read in a shared process: reading and diagnosing this much takes about 200 ms. */
const SHARED_BYTES = 4 * 1024 * 1024;
const MAX_SHARED = 4;
/** Tasks besides diagnoses: background jobs and a picture. */
const OTHER_TASKS = 6;
/** Two reports run at a time, so this leaves room for at least two large requests. */
const MAX_ALONE = 4;

const MIN_MEMORY_MB = 256;
/** The largest readable response needs less. */
const MAX_MEMORY_MB = 4096;

type Pool = ProcessPool<ComputingTask, Computed, GatherPhase>;

export function computeInProcesses(
  config: ComputingConfig & Pick<Config, 'queue'>,
  { log, memoryMb = usualMemoryMb() }: ProcessesOptions,
): Computing & { close(): Promise<void> } {
  const { jaeger, ktrdr, lookbackMs, redact, grafanaUrl, queue } = config;
  const slots = openSlots(config);
  const open = (mostBytes: number, minProcesses: number, maxProcesses: number, tasksPerProcess: number): Pool => {
    const data: ProcessData = {
      config: { jaeger, ktrdr, lookbackMs, redact, grafanaUrl },
      mostBytes,
      own: ownCauses(),
    };
    return openProcessPool({
      entry: new URL('./computing-process.js', import.meta.url),
      data,
      minProcesses,
      maxProcesses,
      tasksPerProcess,
      memoryMb,
      onNotice: (measurement) => record(measurement as Measurement),
      reply: async (wanted) => (await slots)?.reserve(wanted as number),
      onIdleDeath: (err) => log.error({ err }, 'a process ended'),
    });
  };
  // Leaves one CPU for the main process.
  const sharing = Math.min(MAX_SHARED, Math.max(1, availableParallelism() - 1));
  const shared = open(SHARED_BYTES, 1, sharing, Math.ceil((queue.concurrency + OTHER_TASKS) / sharing));
  const alone = open(jaeger.maxBytes, 0, MAX_ALONE, 1);

  async function runAlone(...task: Parameters<Pool['run']>): Promise<unknown> {
    const computed = await alone.run(...task);
    if (computed.kind === 'too-large') throw new Error('A process of its own reads bodies of every size.');
    return computed.value;
  }

  async function runShared(...task: Parameters<Pool['run']>): Promise<unknown> {
    try {
      const computed = await shared.run(...task);
      if (computed.kind === 'computed') return computed.value;
    } catch (err) {
      if (!(err instanceof ProcessDied)) throw err;
      log.error(
        { err, work: task[0].work },
        'a process ended: what ran in it runs again, each in a process of its own',
      );
    }
    return runAlone(...task);
  }

  const diagnose = through('diagnose', runShared);
  return {
    async diagnose(...question) {
      const { diagnosis, answer } = await diagnose(...question);
      return { diagnosis: knownAsClean(diagnosis, redact), answer };
    },
    search: through('search', runAlone),
    look: through('look', runShared),
    textOfDetail: through('textOfDetail', runShared),
    draw: through('draw', runShared),
    async close() {
      await Promise.all([shared.close(), alone.close()]);
      (await slots)?.close();
    },
  };
}

/** The cast is safe because the processes run the same program, so the result has the same type as here. */
function through<Name extends keyof Works>(
  work: Name,
  run: (...task: Parameters<Pool['run']>) => Promise<unknown>,
): Compute<Name> {
  return async (input, signal, onPhase) => {
    const task = { work, input } as ComputingTask;
    return (await run(task, signal, onPhase)) as Works[Name]['output'];
  };
}

/** Half of the memory that the bot may use, because its other processes need some. */
function usualMemoryMb(): number {
  const limit = process.constrainedMemory();
  const available = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return Math.min(MAX_MEMORY_MB, Math.max(MIN_MEMORY_MB, Math.floor(available / 2 ** 21)));
}
