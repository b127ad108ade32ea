/** Who has taken on a failure, and what a channel does not want to hear of it for a while. */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { FailureState } from '../../formatters/answer/interactions.ts';
import { keptMute, type Mute } from '../mute/mutes.ts';
import type { Store } from '../ports.ts';
import { textCell } from '../queue/store-cell.ts';
import { nameOfDiagnosed } from './record.ts';

interface Where {
  readonly teamId: string;
  readonly channel: string;
}

/** The user who has taken on a failure. */
const CLAIM = textCell<{ readonly teamId: string; readonly name: string }>({
  key: ({ teamId, name }) => `claim:${teamId}-${name}`,
  ttlMs: 7 * 24 * 3_600_000,
});

export async function stateOf(store: Store, where: Where, diagnosis: Diagnosis): Promise<FailureState> {
  const name = nameOfDiagnosed(diagnosis);
  const [claimedBy, snoozed, muted] = await Promise.all([
    name === null ? null : CLAIM.get(store, { teamId: where.teamId, name }),
    untilOf(store, causeMute(where, diagnosis)),
    untilOf(store, operationMute(where, diagnosis)),
  ]);
  return { claimedBy, snoozedUntil: snoozed, mutedUntil: muted };
}

/** The cause of a failure, in this channel; null when there is none. */
export function causeMute({ teamId, channel }: Where, { primary }: Diagnosis): Mute | null {
  return primary === null ? null : { teamId, channel, kind: 'cause', of: primary.cause };
}

/** The operation, in this channel; null when it has no id. */
export function operationMute({ teamId, channel }: Where, { operationId }: Diagnosis): Mute | null {
  return operationId === null ? null : { teamId, channel, kind: 'operation', of: operationId };
}

/** The first who claims it has it; returns who that is. */
export async function claim(store: Store, where: Where, diagnosis: Diagnosis, userId: string): Promise<string> {
  return CLAIM.getOrSet(store, claimOf(where, diagnosis), userId);
}

/** Whoever had it. */
export async function takeOver(store: Store, where: Where, diagnosis: Diagnosis, userId: string): Promise<void> {
  await CLAIM.set(store, claimOf(where, diagnosis), userId);
}

/** Only the owner can; returns whose it is when it is somebody else's. */
export async function unclaim(
  store: Store,
  where: Where,
  diagnosis: Diagnosis,
  userId: string,
): Promise<string | null> {
  const id = claimOf(where, diagnosis);
  const owner = await CLAIM.get(store, id);
  if (owner !== null && owner !== userId) return owner;
  await CLAIM.delete(store, id);
  return null;
}

async function untilOf(store: Store, mute: Mute | null): Promise<string | null> {
  const kept = mute === null ? null : await keptMute(store, mute);
  return kept === null ? null : new Date(kept.until).toISOString();
}

function claimOf({ teamId }: Where, diagnosis: Diagnosis): { readonly teamId: string; readonly name: string } {
  return { teamId, name: nameOfDiagnosed(diagnosis) ?? '' };
}
