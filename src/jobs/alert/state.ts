/** The state between looks. One process looks at a time, and writes the state only while it holds the lease. */
import { z } from 'zod';
import type { Micros } from '../../diagnosis/trace.ts';
import { micros } from '../../diagnosis/trace.ts';
import type { TimeWindow } from '../ports.ts';
import { cell } from '../queue/store-cell.ts';
import type { LookInput, Sighting } from './look.ts';
import { claimsIn, runningOperationsSchema } from './running.ts';

/** All times in milliseconds. */
const stateSchema = z.object({
  /** Time of the first look. */
  begunAt: z.number(),
  /** Everything before this time has been checked. */
  mark: z.number(),
  backends: z.object({ names: z.array(z.string()).readonly(), readAt: z.number() }).nullable(),
  /** Completions, and failures that were reported or need no report, with the time at which they happened. */
  seen: z.record(z.string(), z.number()),
  /** Time of the last resume, by the key of the sighting. */
  resumed: z.record(z.string(), z.number()),
  running: runningOperationsSchema,
  /** Null while Jaeger answers. */
  jaegerAway: z.object({ since: z.number(), isTold: z.boolean() }).nullable(),
});
export type LookState = z.infer<typeof stateSchema>;

const KEPT_MS = 30 * 24 * 3_600_000;
export const STATE = cell<'all', LookState>({
  schema: stateSchema,
  key: (all) => `alert-state:${all}`,
  ttlMs: KEPT_MS,
});

/**
 * How far behind the mark each look begins: spans come late, because exporters wait and collectors lag behind, and the clocks of
 * ktrdr's machines may be slow.
 */
export const OVERLAP_MS = 6 * 60_000;
/** Exporters send finished spans every five seconds, so newer ones wait for the next look. */
const SETTLED_MS = 8_000;
/** Clocks of ktrdr's machines may be fast. */
const AHEAD_MS = 60_000;
/** A deployment seldom renames its backend. */
const SERVICES_KEPT_MS = 6 * 3_600_000;
/** Maximum number of running operations whose worker's service is searched, if not all services can be searched at once. */
const MAX_ASKED = 10;
/** After an outage, the missed time is checked in steps of this length. */
const LONGEST_STEP_MS = 3_600_000;

export function firstState(nowMs: number): LookState {
  return { begunAt: nowMs, mark: nowMs, backends: null, seen: {}, resumed: {}, running: {}, jaegerAway: null };
}

/**
 * The state to continue with. If the clock was set back, the mark is moved as far before now as it was ahead, to cover skipped
 * time. Data that Jaeger no longer keeps is forgotten.
 */
export function resumed(state: LookState, nowMs: number, keptMs: number): LookState {
  const skippedMs = Math.max(0, state.mark - nowMs);
  const mark = Math.max(Math.min(state.mark, nowMs) - skippedMs, nowMs - keptMs);
  const kept = (times: LookState['seen']) =>
    Object.fromEntries(Object.entries(times).filter(([, at]) => at > nowMs - keptMs - OVERLAP_MS));
  // Their claims may lie in the future.
  return {
    ...state,
    mark,
    seen: kept(state.seen),
    resumed: kept(state.resumed),
    running: skippedMs > AHEAD_MS ? {} : state.running,
  };
}

/** What the next look covers: up to `stepMs` after the mark. */
export function nextLook(
  { mark, backends, running }: LookState,
  nowMs: number,
  stepMs = LONGEST_STEP_MS,
): { readonly input: LookInput; readonly toMs: number } {
  const toMs = Math.min(nowMs, mark + stepMs);
  const isCurrent = toMs === nowMs;
  const isKnown = backends !== null && nowMs - backends.readAt < SERVICES_KEPT_MS;
  const window: TimeWindow = {
    from: micros((mark - OVERLAP_MS) * 1000),
    to: micros((isCurrent ? toMs + AHEAD_MS : toMs) * 1000),
  };
  const open = Object.values(running);
  const newest = open.toSorted((a, b) => b.since - a.since).slice(0, MAX_ASKED);
  return {
    input: {
      window,
      isCurrent,
      backends: isKnown ? backends.names : null,
      workerServices: [...new Set(newest.flatMap(({ services }) => services))],
      isAnyRunning: open.length > 0,
      claims: claimsIn(running),
    },
    toMs,
  };
}

const FAILURES: readonly Sighting['outcome'][] = ['failed', 'refused', 'stopped'];

/** Failures that weren't reported yet and whose last spans have arrived, oldest first. */
export function newFailures(sightings: readonly Sighting[], state: LookState, now: Micros): readonly Sighting[] {
  const settled = now - SETTLED_MS * 1000;
  return sightings
    .filter(({ outcome, at }) => FAILURES.includes(outcome) && (at <= settled || at > now))
    .map((one) => ({ ...one, key: keyOf(state, one.key, one.at) }))
    .filter(({ key, at }) => state.seen[key] === undefined && at / 1000 >= state.begunAt)
    .toSorted((a, b) => a.at - b.at);
}

/** Records resumed operations, because they can fail again. */
export function withResumed(state: LookState, sightings: readonly Sighting[]): LookState {
  const found = sightings.flatMap(({ key, resumedAt }) =>
    resumedAt === null ? [] : [[key, resumedAt / 1000] as const],
  );
  return found.length === 0 ? state : { ...state, resumed: { ...state.resumed, ...Object.fromEntries(found) } };
}

/** A key for this failure only, not for an earlier or later one of the same operation. */
export function keyOf({ resumed }: LookState, key: string, at: Micros): string {
  const resumedAt = resumed[key];
  return resumedAt === undefined || at / 1000 <= resumedAt ? key : `${key}@${resumedAt}`;
}
