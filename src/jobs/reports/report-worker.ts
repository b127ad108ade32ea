/** Looks up the pages of a search, and digests. */
import type { Logger } from 'pino';
import { z } from 'zod';
import { cleanText } from '../../diagnosis/clean.ts';
import { micros } from '../../diagnosis/trace.ts';
import { formatUnknownVersion } from '../../formatters/answer/undelivered.ts';
import type { Answer } from '../../formatters/message.ts';
import { formatDigest, formatDigesting, formatDigestList, formatNoDigest } from '../../formatters/reports/digest.ts';
import { formatNoSearch, formatSearching } from '../../formatters/reports/search-results.ts';
import { deliver, say } from '../deliver/wanted.ts';
import { readDigest } from '../digest/digest.ts';
import { digestTypeSchema, postScheduled, type ScheduledDigest, scheduledSchema } from '../digest/scheduled.ts';
import { describeFailure } from '../gather/source-failure.ts';
import { mutesIn } from '../mute/mutes.ts';
import type { Clock } from '../ports.ts';
import { type QueueBackend, REPORTS, type WorkerSettings } from '../queue/queues.ts';
import { type AnyJob, isLastAttempt, type RunningWorker, runWorker } from '../queue/run-worker.ts';
import { placeSchema } from '../requests.ts';
import { pageSchema, searchPage } from '../search/page.ts';
import type { Search } from '../search/search-operations.ts';

const searchSchema = z.object({
  kind: z.literal('search'),
  requestId: z.string(),
  place: placeSchema,
  page: pageSchema,
});
const digestSchema = z.object({
  kind: z.literal('digest'),
  requestId: z.string(),
  place: placeSchema,
  /** Microseconds: the end of the window. */
  at: z.number(),
  sinceMs: z.number().positive(),
  type: digestTypeSchema,
  /** True for the reply to “Show all”, which lists every operation. */
  isList: z.boolean().exactOptional(),
});
const reportSchema = z.discriminatedUnion('kind', [searchSchema, digestSchema, scheduledSchema]);
export type ReportJob = z.infer<typeof reportSchema>;
/** A report for one person, who waits for it. */
export type RequestedReport = Exclude<ReportJob, { kind: 'scheduled' }>;

interface ReportWorkerOptions {
  readonly backend: QueueBackend;
  readonly search: Search;
  readonly clock: Clock;
  readonly lookbackMs: number;
  readonly redact: readonly RegExp[];
  readonly log: Logger;
  /** Whether a scheduled digest is still allowed and set. */
  isWanted(scheduled: ScheduledDigest): Promise<boolean>;
  /** The workspace of a digest whose configuration names none; null when Slack doesn't provide it. */
  readonly ownTeam: () => Promise<string | null>;
  readonly settings?: WorkerSettings;
}

/** Each report sends about a hundred requests to Jaeger. */
const CONCURRENCY = 2;
const TIME_LIMIT_MS = 150_000;

export function startReportWorker(options: ReportWorkerOptions): RunningWorker {
  const { backend, redact, log } = options;
  const client = backend.back;
  const tools = { ...options, client };

  async function answerFor(report: RequestedReport, signal: AbortSignal): Promise<Answer> {
    if (report.kind === 'search') return { summary: await searchPage(report.page, options, signal), thread: [] };
    const window = { from: micros(report.at - report.sinceMs * 1000), to: micros(report.at) };
    const isMuted = await mutesIn(client.store, report.place);
    const found = await readDigest({ window, type: report.type, isMuted }, options, signal);
    if (found.kind === 'digest')
      return report.isList === true
        ? { summary: formatDigestList(found.digest, redact), thread: [] }
        : formatDigest(found.digest, redact);
    const problem = cleanText(describeFailure('Jaeger', found.failure), redact);
    const { at, sinceMs, type } = report;
    const again = report.isList === true ? JSON.stringify({ at, sinceMs, type }) : null;
    return { summary: formatNoDigest(problem, again), thread: [] };
  }

  async function answer(report: RequestedReport, job: AnyJob, signal: AbortSignal): Promise<void> {
    // The current page of a search stays until the next one replaces it.
    const isNextPage = report.kind === 'search' && report.place.messageTs !== null;
    const placeholder = report.kind === 'search' ? formatSearching(report.page.words) : formatDigesting(report.sinceMs);
    if (!isNextPage) await deliver(client, report, 'placeholder', { summary: placeholder, thread: [] });
    try {
      await deliver(client, report, 'answer', await answerFor(report, signal));
    } catch (error) {
      if (isLastAttempt(job, error)) await apologize(report, job);
      throw error;
    }
  }

  async function apologize(report: RequestedReport, job: AnyJob): Promise<void> {
    const problem = `Internal error in ktrdr-bot. Send the reference report-${job.id} to your ktrdr-bot admin.`;
    const summary = report.kind === 'search' ? formatNoSearch(problem, null) : formatNoDigest(problem, null);
    await deliver(client, report, 'answer', { summary, thread: [] });
  }

  return runWorker(
    backend,
    {
      queue: REPORTS,
      schema: reportSchema,
      settings: { concurrency: CONCURRENCY, ...options.settings },
      async run(report, job, _token, lock) {
        const signal = AbortSignal.any([lock, AbortSignal.timeout(TIME_LIMIT_MS)]);
        if (report.kind !== 'scheduled') return answer(report, job, signal);
        if (!(await options.isWanted(report))) return;
        // For a job scheduler, BullMQ's `prevMillis` is the time that this job was scheduled for.
        const dueMs = job.opts.prevMillis ?? job.timestamp + job.delay;
        await postScheduled(report, { dueMs, isLast: isLastAttempt(job, null) }, tools, signal);
      },
      async exhausted(report, job) {
        if (report.kind !== 'scheduled') await apologize(report, job);
      },
      unreadable: (recipient) => say(client, recipient, { summary: formatUnknownVersion(), thread: [] }),
      failed: (job, err) => log.error({ jobId: job.id, reference: `report-${job.id}`, err }, 'a report failed'),
    },
    log,
  );
}
