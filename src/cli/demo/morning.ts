/**
 * A recorded bad morning: what went wrong over two hours happens within two minutes. Each recording is moved to the moment at which
 * it happens, so that only the pauses between them are shorter, and every time that the bot reads is one of now.
 */
import type { Present } from '@ktrdr-bot/local-slack';
import type { RecordedIncident } from './incidents.ts';
import type { Copy, Recordings } from './recordings.ts';

/** Who can press the bot’s buttons: the viewer, and a colleague. */
export const MORNING_PEOPLE = ['U0ANNA', 'U0BEN'] as const;

/** A second for each minute. */
const HAPPENINGS: readonly { readonly afterMs: number; readonly name: string }[] = [
  { afterMs: 6_000, name: 'i07-disk-full-on-save' },
  { afterMs: 12_000, name: '06a-backtest-no-data' },
  { afterMs: 40_000, name: 'i07-disk-full-on-save' },
  { afterMs: 100_000, name: '16b-backtest-healthy-2' },
  { afterMs: 130_000, name: '16a-training-healthy-3' },
];
const LOST_WORKER = { afterMs: 60_000, name: '10a-training-worker-kill9-still-running' } as const;
/** The run that someone starts again. */
const WELL = '16a-training-healthy-1';
const WELL_RUNS_MS = 42_000;
/** Counted from the first look for failures. After that, the workers are again those of the requested operation. */
export const MORNING_MS = 6 * 60_000;

interface Started {
  readonly operationId: string;
  readonly at: number;
  done: boolean;
}

export interface Morning {
  /** It waits for the first look for failures, because alerts don't tell what happened before. */
  begin(): void;
  /** The bot has looked. */
  looked(): void;
  end(): void;
}

export function createMorning({
  incidents,
  recordings,
}: {
  readonly incidents: readonly RecordedIncident[];
  readonly recordings: Recordings;
}): Morning {
  const timers: NodeJS.Timeout[] = [];
  const records = new Map<string, string>();
  const started: Started[] = [];
  let lostWorker: string | null = null;
  let state: 'off' | 'waiting' | 'on' | 'over' = 'off';

  function later(afterMs: number, act: () => void | Promise<void>): void {
    timers.push(setTimeout(() => void act(), afterMs));
  }

  async function happen(name: string, newId?: string): Promise<Copy> {
    const copy = await recordings.addCopy(name, Date.now() - 1000, newId);
    records.set(copy.operationId, copy.record);
    return copy;
  }

  function start(body: unknown): unknown {
    const operationId = isTask(body) ? body.task_id : null;
    if (operationId === null) return null;
    const run: Started = { operationId, at: Date.now(), done: false };
    started.push(run);
    later(WELL_RUNS_MS, async () => {
      await happen(WELL, operationId);
      run.done = true;
    });
    return { success: true, task_id: operationId, status: 'training_started', message: 'Training started' };
  }

  const present: Present = {
    operation(id) {
      const run = started.find((one) => one.operationId === id && !one.done);
      return run === undefined ? (records.get(id) ?? null) : runningRecord(run);
    },
    workers() {
      if (state !== 'on' && state !== 'waiting') return null;
      const training = started.find(({ done }) => !done)?.operationId ?? null;
      return JSON.stringify([worker('training', training), worker('backtesting', null), ...lostWorkers(lostWorker)]);
    },
    call: (path, body) => (path === '/api/v1/trainings/start' ? start(body) : null),
  };
  recordings.ktrdr.setPresent(present);

  return {
    begin() {
      if (state === 'off' || state === 'over') state = 'waiting';
    },
    looked() {
      if (state !== 'waiting') return;
      state = 'on';
      for (const { afterMs, name } of HAPPENINGS) later(afterMs, async () => void (await happen(name)));
      later(LOST_WORKER.afterMs, async () => {
        const found = incidents.find(({ name }) => name === LOST_WORKER.name);
        lostWorker = found === undefined ? null : await recordings.workersOf(found.dir);
      });
      later(MORNING_MS, () => {
        state = 'over';
        lostWorker = null;
      });
    },
    end() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function lostWorkers(list: string | null): readonly unknown[] {
  return list === null ? [] : JSON.parse(list);
}

function isTask(body: unknown): body is { readonly task_id: string } {
  return typeof body === 'object' && body !== null && 'task_id' in body && typeof body.task_id === 'string';
}

/** As the registry of ktrdr lists one that is well. */
function worker(type: string, operationId: string | null): object {
  const now = new Date().toISOString();
  return {
    ...{ worker_id: `${type}-worker-1`, worker_type: type, endpoint_url: 'http://127.0.0.1:5003', capabilities: {} },
    ...{ status: operationId === null ? 'available' : 'busy', current_operation_id: operationId, metadata: {} },
    ...{ last_health_check: now, last_healthy_at: now, health_check_failures: 0 },
  };
}

function runningRecord({ operationId, at }: Started): string {
  const since = new Date(at).toISOString();
  const percentage = Math.min(99, Math.round(((Date.now() - at) / WELL_RUNS_MS) * 100));
  const data = {
    ...{ operation_id: operationId, operation_type: 'training', status: 'running', parent_operation_id: null },
    ...{ created_at: since, started_at: since, completed_at: null, error_message: null, result_summary: null },
    progress: { percentage, current_step: 'Training', steps_completed: 0, steps_total: 0 },
    metadata: { symbol: 'EURUSD', timeframe: '1h', mode: 'training', parameters: {} },
    ...{ warnings: [], errors: [], metrics: { epochs: [] } },
  };
  return JSON.stringify({ success: true, data });
}
