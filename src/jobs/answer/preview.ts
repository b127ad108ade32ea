/** Previews of the links in a message that lead to an operation or a trace. */
import type { Logger } from 'pino';
import type { Subject } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { formatPreview } from '../../formatters/answer/share.ts';
import { addPreview, type PreviewJob } from '../background/background-jobs.ts';
import { isMuted } from '../mute/mutes.ts';
import type { ChatTarget } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import type { SlackWorkspace } from '../workspace-port.ts';

interface PreviewTools {
  readonly workspace: Pick<SlackWorkspace, 'unfurl'>;
  diagnose(subject: Subject, symptom: null, signal: AbortSignal): Promise<Diagnosis>;
  readonly redact: readonly RegExp[];
  readonly log: Logger;
}

/** Does nothing where the channel or the thread is muted. */
export async function requestPreview(
  client: QueueClient,
  message: ChatTarget & { readonly ts: string },
  links: readonly PreviewJob['links'][number][],
): Promise<void> {
  if (await isMuted(client.store, message)) return;
  const { teamId, channel, ts } = message;
  const job: PreviewJob = { kind: 'preview', teamId, channel, ts, links: [...links] };
  await addPreview(client, job, `preview-${channel}-${ts}`);
}

/** A link to something that doesn't exist, or whose sources are unavailable, gets no preview. */
export async function sendPreview(
  { teamId, channel, ts, links }: PreviewJob,
  { workspace, diagnose, redact, log }: PreviewTools,
  signal: AbortSignal,
): Promise<void> {
  const previews = await Promise.all(
    links.map(async ({ url, subject }) => {
      const diagnosis = await diagnose(subject, null, signal);
      const isKnown = diagnosis.verdict !== 'not-found' && diagnosis.verdict !== 'unavailable';
      return isKnown ? [[url, formatPreview(diagnosis, redact)] as const] : [];
    }),
  );
  if (previews.flat().length === 0) return;
  const isShown = await workspace.unfurl(teamId, channel, ts, Object.fromEntries(previews.flat()));
  if (!isShown) log.warn({ channel }, 'Slack did not take the preview of a link');
}
