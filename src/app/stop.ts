/** Shuts a process down: one time limit for all of its parts, whatever the state of the queue. */
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { QueueBackend } from '../jobs/queue/queues.ts';

export interface Part {
  /** Takes no more work and waits at most `graceMs` for running work. After that, it has `PUT_BACK_MS` to put the work back. */
  close(graceMs: number): Promise<unknown>;
}

export interface RunningParts {
  /** Ended one after another, last first. */
  readonly intake: Part[];
  /** Ended together, after the intake. */
  readonly work: Part[];
  readonly queue: QueueBackend;
}

/** Slack gives up on an acknowledgement after three seconds. */
const INTAKE_MS = 3_000;
const PUT_BACK_MS = 2_500;
/** For closing connections, and for PostgreSQL's last checkpoint. */
const CLOSE_MS = 1_000;
/** Long enough for a working queue, even on a busy machine. */
const ASK_MS = 1_000;
/** For each step while the queue is unreachable: nothing can be put back, and other processes take over the jobs later. */
const AWAY_MS = 500;

/** Never rejects, and takes at most `limitMs`: a part that doesn't end in time is abandoned and logged. */
export async function endParts({ intake, work, queue }: RunningParts, limitMs: number, log: Logger): Promise<void> {
  const deadline = performance.now() + limitMs;
  const leftMs = () => Math.max(0, deadline - performance.now());
  const endIntake = async (graceMs: number) => {
    for (const part of intake.toReversed()) await part.close(graceMs);
  };
  const [answers] = await Promise.all([
    Promise.race([
      queue.health().then(
        ({ ok }) => ok,
        () => false,
      ),
      setTimeout(Math.min(ASK_MS, limitMs), false, { ref: false }),
    ]),
    end('intake', [{ close: endIntake }], Math.min(INTAKE_MS, limitMs / 2), log),
  ]);
  await end('work', work, Math.min(leftMs() - CLOSE_MS, answers ? Number.POSITIVE_INFINITY : AWAY_MS), log);
  await end('queue', [queue], Math.min(leftMs(), answers ? Number.POSITIVE_INFINITY : AWAY_MS), log);
}

async function end(name: string, parts: readonly Part[], ms: number, log: Logger): Promise<void> {
  const limitMs = Math.max(0, ms);
  const late = new AbortController();
  const outcomes = await Promise.race([
    Promise.allSettled(parts.map((part) => part.close(Math.max(0, limitMs - PUT_BACK_MS)))),
    setTimeout(limitMs, null, { signal: late.signal }),
  ]);
  late.abort();
  if (outcomes === null) log.warn({ part: name }, 'did not end in time and was left behind');
  for (const outcome of outcomes ?? []) {
    if (outcome.status === 'rejected') log.warn({ part: name, err: outcome.reason }, 'did not end well');
  }
}
