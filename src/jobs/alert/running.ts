/** The running operations, and which of them look dead according to the worker registry and their progress. */
import { z } from 'zod';
import type { WorkerRecord } from '../../diagnosis/case.ts';
import { isWell, type LookResult } from './look.ts';

/** All times in milliseconds. */
const runningSchema = z.object({
  type: z.string().nullable(),
  services: z.array(z.string()).readonly(),
  since: z.number(),
  /** The worker that claims it, and until when it did; null while none has. */
  claim: z.object({ workerId: z.string(), until: z.number() }).nullable(),
  /** The last reading of its record that differed from the one before. */
  progress: z.object({ text: z.string(), since: z.number() }).nullable(),
  /** It was recently found healthy, so it isn't diagnosed before this time. */
  notBefore: z.number(),
});
type Running = z.infer<typeof runningSchema>;
export const runningOperationsSchema = z.record(z.string(), runningSchema);
export type RunningOperations = Readonly<Record<string, Running>>;

type Seen = Extract<LookResult, { kind: 'looked' }>;

/** A busy worker may miss a check or two. With this limit, a dead one is still detected within two minutes. */
const SILENT_MS = 55_000;
/** ktrdr itself fails an operation that no worker claims within 60 to 75 s, and that failure is found anyway. */
const UNCLAIMED_MS = 90_000;
/** The rule for stalled progress waits at least this long, and longer if epochs are slow. */
const UNMOVED_MS = 120_000;
/** Pause before a suspected operation that was found healthy is diagnosed again. */
const AGAIN_MS = 5 * 60_000;
/** Operations that run longer than this are tracked only by their worker's claim. */
const FORGOTTEN_MS = 7 * 24 * 3_600_000;

/** The running operations after a look. */
export function runningAfter(before: RunningOperations, seen: Seen, nowMs: number): RunningOperations {
  const after = new Map(Object.entries(before).filter(([, { since }]) => nowMs - since < FORGOTTEN_MS));
  for (const { operationId, outcome, type, services, at, resumedAt } of seen.sightings) {
    if (operationId === null) continue;
    const known = after.get(operationId);
    const isSame = known !== undefined && known.since >= (resumedAt ?? 0) / 1000;
    if (outcome !== 'running') after.delete(operationId);
    else after.set(operationId, { ...(isSame ? known : newlyRunning((resumedAt ?? at) / 1000)), type, services });
  }
  const ended = new Set(
    seen.sightings.flatMap(({ operationId, outcome }) => (outcome === 'running' ? [] : [operationId])),
  );
  for (const { currentOperationId: id, workerId } of seen.workers ?? []) {
    // Until its next check, the registry lists a worker as busy with an operation that has ended.
    if (id === null || ended.has(id)) continue;
    const known = after.get(id) ?? newlyRunning(nowMs);
    // Keeps the first claim: if a second worker claims the operation, the first was lost, which is suspicious.
    const claimedBy = known.claim?.workerId ?? workerId;
    after.set(id, { ...known, claim: { workerId: claimedBy, until: nowMs } });
  }
  for (const [id, text] of Object.entries(seen.progress)) {
    const known = after.get(id);
    if (known !== undefined && known.progress?.text !== text)
      after.set(id, { ...known, progress: { text, since: nowMs } });
  }
  return Object.fromEntries(after);
}

/** Operations whose worker is lost or hung, or makes no progress. */
export function suspectsAmong(
  running: RunningOperations,
  workers: readonly WorkerRecord[] | null,
  nowMs: number,
): readonly string[] {
  if (workers === null) return [];
  return Object.entries(running).flatMap(([id, one]) =>
    nowMs >= one.notBefore && isSuspect(id, one, workers, nowMs) ? [id] : [],
  );
}

/** By operation: the worker that claimed it first. */
export function claimsIn(running: RunningOperations): Readonly<Record<string, string>> {
  const claims = Object.entries(running).flatMap(([id, { claim }]) => (claim === null ? [] : [[id, claim.workerId]]));
  return Object.fromEntries(claims);
}

export function foundWell(running: RunningOperations, id: string, nowMs: number): RunningOperations {
  const one = running[id];
  return one === undefined ? running : { ...running, [id]: { ...one, notBefore: nowMs + AGAIN_MS } };
}

export function without(running: RunningOperations, id: string | null): RunningOperations {
  return Object.fromEntries(Object.entries(running).filter(([other]) => other !== id));
}

function isSuspect(id: string, one: Running, workers: readonly WorkerRecord[], nowMs: number): boolean {
  if (one.claim === null) return false;
  const claimant = workers.find(({ currentOperationId }) => currentOperationId === id);
  if (claimant === undefined) return nowMs - one.claim.until >= UNCLAIMED_MS;
  if (claimant.workerId !== one.claim.workerId) return true;
  if (!isWell(claimant)) return nowMs - (claimant.lastHealthyAt ?? 0) / 1000 >= SILENT_MS;
  return one.progress !== null && nowMs - one.progress.since >= UNMOVED_MS;
}

function newlyRunning(since: number): Running {
  return { type: null, services: [], since, claim: null, progress: null, notBefore: 0 };
}
