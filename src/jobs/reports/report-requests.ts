/** What the commands `search`, `failed`, and `digest` share. */
import type { Clean } from '../../diagnosis/clean.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import type { Message } from '../../formatters/message.ts';
import { digestOfChannel, type PlannedDigest } from '../digest/schedules.ts';
import type { Clock } from '../ports.ts';
import { type QueueClient, REPORTS } from '../queue/queues.ts';
import { type OpenRequest, openRequest } from '../register/open-requests.ts';
import type { OwnRequests } from '../register/own-requests.ts';
import type { ChannelRef } from '../requests.ts';
import { record } from '../telemetry.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import type { RequestedReport } from './report-worker.ts';

export interface ReportActionsOptions {
  readonly client: QueueClient;
  readonly own: OwnRequests;
  readonly clock: Clock;
  readonly configured: readonly PlannedDigest[];
  readonly workspace: Pick<SlackWorkspace, 'channel' | 'isMember'>;
  readonly clean: Clean;
}

/** Each search sends many requests to Jaeger. */
const MAX_OPEN = 10;

const JOB_OPTIONS = {
  attempts: 3,
  backoff: { type: 'fixed', delay: 2000 },
  removeOnComplete: { age: 3600, count: 1000 },
  removeOnFail: { age: 7 * 86_400, count: 1000 },
};

/** Resolves to null when the channel shows the report, and otherwise to why it doesn't. */
export async function requestReport(
  { client, own }: Pick<ReportActionsOptions, 'client' | 'own'>,
  report: RequestedReport,
): Promise<Message | null> {
  const { requestId, place, kind } = report;
  if (own.countOf(place) >= MAX_OPEN)
    return buildMessage([`You have ${MAX_OPEN} open requests, which is the limit. Wait until some of them are done.`]);
  const job = { queue: REPORTS, name: kind, data: report } as const;
  const registered: OpenRequest = { requestId, place, askedAtMs: Date.now(), job };
  await own.take(registered, () => addReport(client, registered));
  record({ kind: 'request', outcome: 'taken' });
  return null;
}

/** Registers the request and adds its job. Idempotent. */
export async function addReport(client: QueueClient, request: OpenRequest): Promise<void> {
  const options = { ...JOB_OPTIONS, deduplication: { id: request.requestId } };
  await Promise.all([
    openRequest(client, request),
    client.queue(REPORTS).add(request.job?.name ?? 'report', request.job?.data, options),
  ]);
}

/** The time zone of the channel's digest, because Slack has none for a channel. */
export async function timeZoneOf(channel: ChannelRef, { client, configured }: ReportActionsOptions): Promise<string> {
  const digest = await digestOfChannel(client.store, channel);
  return digest?.tz ?? configured.find((one) => isIn(one, channel))?.tz ?? 'UTC';
}

export function isIn(digest: PlannedDigest, { teamId, channel }: ChannelRef): boolean {
  return digest.channel === channel && (digest.teamId === '' || digest.teamId === teamId);
}
