/** Deletes what is stored for a workspace that removed the app: in the store, and in the jobs that the queues keep. */
import { z } from 'zod';
import { BACKGROUND_JOBS, type JobQueue, QUEUES, type QueueClient } from '../queue/queues.ts';
import type { ForgetJob } from './background-jobs.ts';

/** Access to installations. The token itself is deleted before the job is added. */
export interface Installs {
  /** The workspace itself, or an organization and the workspaces that its installation served. */
  workspacesOf(owner: string): Promise<readonly string[]>;
  /** Whether the app was reinstalled there. */
  isInstalled(owner: string): Promise<boolean>;
  /** Store keys that belong to an installation, so that a new one keeps its data. */
  keep(owner: string): readonly string[];
}

interface ForgetTools {
  readonly client: QueueClient;
  readonly installs: Installs;
}

/** By then, jobs that were running during the uninstall have stopped writing. */
const SECOND_LOOK_MS = 15 * 60_000;
const JOBS_PER_STEP = 100;
/** Jobs that run can't be removed; they are completed or failed at the second look. */
const STATES = ['waiting', 'prioritized', 'delayed', 'completed', 'failed'] as const;

/** `eventAtMs` makes an event that Slack delivers twice one job. */
export async function addForget(client: QueueClient, owner: string, eventAtMs: number): Promise<void> {
  await add(client, { kind: 'forget', owner, workspaces: null }, { jobId: `forget-${owner}-${eventAtMs}` });
}

/** Skips workspaces where the app was reinstalled, because the data belongs to the new installation. Idempotent. */
export async function forgetWorkspaces(job: ForgetJob, tools: ForgetTools, signal: AbortSignal): Promise<void> {
  const { client, installs } = tools;
  const { owner } = job;
  const isOver = async () => {
    signal.throwIfAborted();
    return installs.isInstalled(owner);
  };
  // The owner is the last, because the list of an organization's workspaces belongs to it.
  const workspaces = job.workspaces ?? (await installs.workspacesOf(owner));
  for (const id of workspaces) {
    do {
      if (await isOver()) return;
    } while (await client.store.deleteOwnedBy(id, [...installs.keep(id), ...installs.keep(owner)]));
  }
  for (const name of QUEUES) await removeJobs(client.queue(name), workspaces, isOver);
  if (job.workspaces !== null) return;
  await add(client, { ...job, workspaces }, { jobId: `forget-${owner}-again-${Date.now()}`, delay: SECOND_LOOK_MS });
}

async function removeJobs(
  queue: JobQueue,
  workspaces: readonly string[],
  isOver: () => Promise<boolean>,
): Promise<void> {
  for (const state of STATES) {
    for (let start = 0, isEnd = false; !isEnd; ) {
      const jobs = await queue.getJobs([state], start, start + JOBS_PER_STEP - 1);
      const theirs = jobs.filter((job) => workspaces.includes(workspaceOf(job?.data) ?? ''));
      if (theirs.length > 0 && (await isOver())) return;
      // Errors are ignored: another process may have started or removed the job, or it belongs to a schedule, which is deleted
      // with its digest.
      const removed = await Promise.all(
        theirs.map((job) =>
          job.remove().then(
            () => 1,
            () => 0,
          ),
        ),
      );
      start += jobs.length - removed.filter((one) => one === 1).length;
      isEnd = jobs.length < JOBS_PER_STEP;
    }
  }
}

const anyJobSchema = z.object({
  teamId: z.string().optional(),
  place: z.object({ teamId: z.string() }).optional(),
  /** These start with the id of the workspace. */
  watchId: z.string().optional(),
  offerId: z.string().optional(),
});

function workspaceOf(data: unknown): string | undefined {
  const { teamId, place, watchId, offerId } = anyJobSchema.safeParse(data).data ?? {};
  return teamId ?? place?.teamId ?? (watchId ?? offerId)?.split('-', 1)[0];
}

async function add(
  client: QueueClient,
  job: ForgetJob,
  options: { readonly jobId: string; readonly delay?: number },
): Promise<void> {
  const retries = { attempts: 10, backoff: { type: 'exponential', delay: 2000 } };
  // Removed when done, because this job also names the workspace.
  await client.queue(BACKGROUND_JOBS).add('forget', job, { ...retries, removeOnComplete: true, ...options });
}
