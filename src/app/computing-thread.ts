/** Entry of the threads that compute. */
import { workerData } from 'node:worker_threads';
import { type Outcome, runTask, type Task } from '../adapters/threads/task.ts';
import { useOwnCauses } from '../diagnosis/catalogue.ts';
import type { OwnCauses } from '../diagnosis/own-causes/own-cause.ts';
import type { GatherPhase } from '../jobs/gather/gather.ts';
import { type ComputingConfig, type ComputingTask, computeHere } from './computing.ts';
import { openPace, type SharedSlots } from './pace.ts';

export interface ThreadData {
  readonly config: ComputingConfig;
  /** The largest body of Jaeger that is read here; see `SourceOptions`. */
  readonly mostBytes: number;
  readonly own: OwnCauses;
  readonly slots: SharedSlots | null;
}

/** `too-large`: the task needs a thread of its own. */
export type Computed = { readonly kind: 'computed'; readonly value: unknown } | { readonly kind: 'too-large' };

const { config, mostBytes, own, slots }: ThreadData = workerData;
useOwnCauses(own);
const computing = openPace(slots).then((pace) => computeHere(config, { mostBytes, pace }));
// The tasks report it.
computing.catch(() => {});

export function run({ input: { work, input }, port }: Task<ComputingTask>): Promise<Outcome<Computed>> {
  return runTask<GatherPhase, Computed>(port, async (signal, report) => {
    // The type of a task says that this input belongs to this work.
    const compute: (...args: [never, AbortSignal, typeof report]) => Promise<unknown> = (await computing)[work];
    try {
      return { kind: 'computed', value: await compute(input as never, signal, report) };
    } catch (error) {
      if (error instanceof Error && error.name === 'BodyTooLarge') return { kind: 'too-large' };
      throw error;
    }
  });
}
