/** Entry point of the computing processes. */
import { createPace, type Reserve } from '../adapters/http/pace.ts';
import { type Parent, serveTasks } from '../adapters/processes/serve-tasks.ts';
import { useOwnCauses } from '../diagnosis/catalogue.ts';
import type { OwnCauses } from '../diagnosis/own-causes/own-cause.ts';
import type { GatherPhase } from '../jobs/gather/gather.ts';
import { onMeasurement, record } from '../jobs/telemetry.ts';
import { type ComputingConfig, type ComputingTask, computeHere } from './computing.ts';

export interface ProcessData {
  readonly config: ComputingConfig;
  /** The largest Jaeger response that is read here, in bytes; see `SourceOptions`. */
  readonly mostBytes: number;
  readonly own: OwnCauses;
}

/** `too-large`: the task needs a separate process. */
export type Computed = { readonly kind: 'computed'; readonly value: unknown } | { readonly kind: 'too-large' };

serveTasks<ProcessData, ComputingTask, Computed, GatherPhase>(async ({ config, mostBytes, own }, parent) => {
  useOwnCauses(own);
  onMeasurement((measurement) => parent.notify(measurement));
  const computing = await computeHere(config, { mostBytes, pace: paceOf(config, parent) });
  let counted = process.cpuUsage();
  return async ({ work, input }, signal, report) => {
    // The type of a task guarantees that this input belongs to this work.
    const compute: (...args: [never, AbortSignal, typeof report]) => Promise<unknown> = computing[work];
    try {
      return { kind: 'computed', value: await compute(input as never, signal, report) };
    } catch (error) {
      if (error instanceof Error && error.name === 'BodyTooLarge') return { kind: 'too-large' };
      throw error;
    } finally {
      const { user, system } = process.cpuUsage(counted);
      counted = process.cpuUsage();
      record({ kind: 'computing', cpuSeconds: (user + system) / 1e6 });
    }
  };
});

/** The parent reserves slots for all of its processes. */
function paceOf({ jaeger: { requestsPerSecond } }: ComputingConfig, parent: Parent) {
  if (requestsPerSecond === null) return null;
  return createPace((wanted) => parent.ask(wanted) as ReturnType<Reserve>, { requestsPerSecond });
}
