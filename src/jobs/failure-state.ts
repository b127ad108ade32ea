/** Who has taken on a failure, and which causes a channel does not want to hear of for a while. */
import type { Diagnosis } from '../diagnosis/finding.ts';
import type { FailureState } from '../formatters/interactions.ts';
import { nameOfDiagnosed } from './answer-record.ts';
import type { Store } from './ports.ts';

const DAY_MS = 24 * 3_600_000;
const CLAIM_MS = 7 * DAY_MS;
const SNOOZE_MS = DAY_MS;

interface Where {
  readonly teamId: string;
  readonly channel: string;
}

export async function stateOf(store: Store, where: Where, diagnosis: Diagnosis): Promise<FailureState> {
  const name = nameOfDiagnosed(diagnosis);
  const cause = diagnosis.primary?.cause;
  const [claimedBy, until] = await Promise.all([
    name === null ? null : store.get(claimKey(where, name)),
    cause === undefined ? null : store.get(snoozeKey(where, cause)),
  ]);
  return { claimedBy, snoozedUntil: until === null ? null : new Date(Number(until)).toISOString() };
}

/** The first who claims it has it; returns who that is. */
export async function claim(store: Store, where: Where, diagnosis: Diagnosis, userId: string): Promise<string> {
  const key = claimKey(where, nameOfDiagnosed(diagnosis) ?? '');
  const isMine = await store.setIfAbsent(key, userId, CLAIM_MS);
  return isMine ? userId : ((await store.get(key)) ?? userId);
}

export async function unclaim(store: Store, where: Where, diagnosis: Diagnosis): Promise<void> {
  await store.delete(claimKey(where, nameOfDiagnosed(diagnosis) ?? ''));
}

/** Until then the channel gets no answer about this cause that nobody asked for. */
export async function snooze(store: Store, where: Where, cause: string, nowMs: number): Promise<void> {
  await store.set(snoozeKey(where, cause), String(nowMs + SNOOZE_MS), SNOOZE_MS);
}

export async function unsnooze(store: Store, where: Where, cause: string): Promise<void> {
  await store.delete(snoozeKey(where, cause));
}

/** For everything that speaks without being asked: pasted ids, digests. */
export async function isSnoozed(store: Store, where: Where, cause: string): Promise<boolean> {
  return (await store.get(snoozeKey(where, cause))) !== null;
}

function claimKey({ teamId }: Where, name: string): string {
  return `claim:${teamId}-${name}`;
}

function snoozeKey({ teamId, channel }: Where, cause: string): string {
  return `snooze:${teamId}-${channel}-${cause}`;
}
