/** What the commands `search`, `failed`, and `digest` share. */
import { digestOfChannel, type PlannedDigest } from '../digest/schedules.ts';
import type { Clock } from '../ports.ts';
import { type QueueClient, REPORTS } from '../queue/queues.ts';
import type { ChannelRef } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import type { RequestedReport } from './report-worker.ts';

export interface ReportActionsOptions {
  readonly client: QueueClient;
  readonly clock: Clock;
  readonly configured: readonly PlannedDigest[];
  readonly workspace: Pick<SlackWorkspace, 'mayRead'>;
}

const JOB_OPTIONS = {
  attempts: 3,
  backoff: { type: 'fixed', delay: 2000 },
  removeOnComplete: { age: 3600, count: 1000 },
  removeOnFail: { age: 7 * 86_400, count: 1000 },
};

/** Resolves to null: the channel shows the report. */
export async function addReport(client: QueueClient, report: RequestedReport): Promise<null> {
  await client.queue(REPORTS).add(report.kind, report, { ...JOB_OPTIONS, deduplication: { id: report.requestId } });
  return null;
}

/** The time zone of the channel's digest, because Slack has none for a channel. */
export async function timeZoneOf(channel: ChannelRef, { client, configured }: ReportActionsOptions): Promise<string> {
  const digest = await digestOfChannel(client.store, channel);
  return digest?.tz ?? configured.find((one) => isIn(one, channel))?.tz ?? 'UTC';
}

export function isIn(digest: PlannedDigest, { teamId, channel }: ChannelRef): boolean {
  return digest.channel === channel && (digest.teamId === '' || digest.teamId === teamId);
}
