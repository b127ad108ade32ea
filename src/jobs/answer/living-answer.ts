/**
 * Keeps a channel's message about a running operation current once a second person has asked about it. It checks the operation
 * at growing intervals, and for the last time when it has ended.
 */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { isOpen } from '../../formatters/answer/summary.ts';
import type { Answer } from '../../formatters/message.ts';
import { type FollowJob, scheduleFollow } from '../background/background-jobs.ts';
import { textCell } from '../queue/store-cell.ts';
import type { ChannelRef } from '../requests.ts';
import { bringUpToDate, type UpdateTools } from './bring-up-to-date.ts';
import { findOpen, type ShownEarlier } from './last-answers.ts';
import { nameOfDiagnosed } from './record.ts';

export interface FollowTools extends UpdateTools {
  answer(
    question: { readonly subject: FollowJob['subject']; readonly symptom: ShownEarlier['record']['symptom'] },
    signal: AbortSignal,
  ): Promise<{ readonly diagnosis: Diagnosis; readonly answer: Answer }>;
}

const FIRST_WAIT_MS = 30_000;
const MAX_WAIT_MS = 10 * 60_000;
const WAIT_GROWTH = 1.5;
/** About one day: checks at the longest interval, and the few before them. */
const MOST_CHECKS = 150;

/** Set while the message is followed. If the checks break off, the next person who asks restarts them. */
const FOLLOWED = textCell<{ readonly channel: ChannelRef; readonly name: string }>({
  key: ({ channel: { teamId, channel }, name }) => `followed:${teamId}-${channel}-${name}`,
  ttlMs: 2 * MAX_WAIT_MS,
});

/** Starts once, however many people ask. */
export async function startFollowing({ answerId, record, place }: ShownEarlier, tools: UpdateTools): Promise<void> {
  const { operationId } = record.diagnosis;
  if (operationId === null) return;
  const channel = { teamId: place.teamId, channel: place.channel };
  if (!(await FOLLOWED.setIfAbsent(tools.store, { channel, name: operationId }, answerId))) return;
  const subject = { kind: 'operation', operationId } as const;
  await scheduleFollow(tools.client, { kind: 'follow', ...channel, subject, chain: answerId, check: 0 }, FIRST_WAIT_MS);
}

export async function followAnswer(job: FollowJob, tools: FollowTools, signal: AbortSignal): Promise<void> {
  const { teamId, channel, subject, check } = job;
  const following = { channel: { teamId, channel }, name: subject.operationId };
  const shown = await findOpen(following.channel, following.name, tools);
  // The operation has ended, or the message was deleted, so no one needs updates here.
  if (shown === null || check >= MOST_CHECKS) return FOLLOWED.delete(tools.store, following);
  const { symptom } = shown.record;
  const { diagnosis, answer } = await tools.answer({ subject, symptom }, signal);
  const isSame = nameOfDiagnosed(diagnosis) === following.name;
  const look = isSame ? await bringUpToDate(shown, { diagnosis, answer, symptom }, tools) : null;
  if (look !== null && look.kind !== 'not-checked' && !isOpen(diagnosis))
    return FOLLOWED.delete(tools.store, following);
  await FOLLOWED.set(tools.store, following, job.chain);
  const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * WAIT_GROWTH ** (check + 1));
  await scheduleFollow(tools.client, { ...job, check: check + 1 }, waitMs);
}
