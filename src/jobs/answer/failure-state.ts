/** Who has claimed a failure, and whether its cause or its operation is muted in a channel. */
import { z } from 'zod';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { FailureState } from '../../formatters/answer/interactions.ts';
import { type KeptMute, keptMutes, type Mute } from '../mute/mutes.ts';
import type { Store } from '../ports.ts';
import { cell, textCell } from '../queue/store-cell.ts';
import type { ChannelRef } from '../requests.ts';
import { nameOfDiagnosed } from './record.ts';

const OWNER = textCell<{ readonly teamId: string; readonly name: string }>({
  key: ({ teamId, name }) => `claim:${teamId}-${name}`,
  ttlMs: 7 * 24 * 3_600_000,
});

const doneSchema = z.object({ what: z.string(), userId: z.string(), at: z.string() });
/** The last action on an operation through a button. */
const DONE = cell<{ readonly teamId: string; readonly name: string }, z.infer<typeof doneSchema>>({
  schema: doneSchema,
  key: ({ teamId, name }) => `acted:${teamId}-${name}`,
  ttlMs: 7 * 24 * 3_600_000,
});

export function recordDone(
  store: Store,
  teamId: string,
  operationId: string,
  done: z.infer<typeof doneSchema>,
): Promise<void> {
  return DONE.set(store, { teamId, name: operationId }, done);
}

export async function stateOf(store: Store, channel: ChannelRef, diagnosis: Diagnosis): Promise<FailureState> {
  const [cause, operation] = [causeMute(channel, diagnosis), operationMute(channel, diagnosis)];
  const mutes = [cause, operation].filter((mute) => mute !== null);
  const isNamed = nameOfDiagnosed(diagnosis) !== null;
  const [claimedBy, done, kept] = await Promise.all([
    isNamed ? OWNER.get(store, ownerId(channel, diagnosis)) : null,
    isNamed ? DONE.get(store, ownerId(channel, diagnosis)) : null,
    keptMutes(store, mutes),
  ]);
  const keptOf = (mute: Mute | null) => (mute === null ? null : (kept[mutes.indexOf(mute)] ?? null));
  const [snoozed, muted] = [keptOf(cause), keptOf(operation)];
  const untilOf = (found: KeptMute | null) => (found === null ? null : new Date(found.until).toISOString());
  return {
    claimedBy,
    snoozedUntil: untilOf(snoozed),
    mutedUntil: untilOf(muted),
    snoozedBy: snoozed?.userId ?? null,
    mutedBy: muted?.userId ?? null,
    done,
  };
}

/** Null when the diagnosis found no cause. */
export function causeMute({ teamId, channel }: ChannelRef, { primary }: Diagnosis): Mute | null {
  return primary === null ? null : { teamId, channel, kind: 'cause', of: primary.cause };
}

/** Null when the operation has no ID. */
export function operationMute({ teamId, channel }: ChannelRef, { operationId }: Diagnosis): Mute | null {
  return operationId === null ? null : { teamId, channel, kind: 'operation', of: operationId };
}

/** The first person to claim a failure owns it. Returns the owner. */
export function claim(store: Store, channel: ChannelRef, diagnosis: Diagnosis, userId: string): Promise<string> {
  return OWNER.getOrSet(store, ownerId(channel, diagnosis), userId);
}

export async function takeOver(store: Store, channel: ChannelRef, diagnosis: Diagnosis, userId: string) {
  await OWNER.set(store, ownerId(channel, diagnosis), userId);
  return userId;
}

/** Only the owner can unclaim a failure. Returns the owner who is left, if any. */
export async function unclaim(
  store: Store,
  channel: ChannelRef,
  diagnosis: Diagnosis,
  userId: string,
): Promise<string | null> {
  const id = ownerId(channel, diagnosis);
  const owner = await OWNER.get(store, id);
  if (owner !== null && owner !== userId) return owner;
  await OWNER.delete(store, id);
  return null;
}

function ownerId({ teamId }: ChannelRef, diagnosis: Diagnosis): { readonly teamId: string; readonly name: string } {
  return { teamId, name: nameOfDiagnosed(diagnosis) ?? '' };
}
