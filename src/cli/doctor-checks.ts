/** The dependencies of `start` alone, which `diagnose` does without. */
import { pino } from 'pino';
import { openQueueBackend } from '../adapters/queue/open-queue-backend.ts';
import type { Config } from '../config/environment.ts';

type Report = {
  readonly name: string;
  readonly state: 'ok' | 'partial' | 'unavailable' | 'off';
  readonly detail: string;
  readonly tookMs: number;
};

const PATIENCE_MS = 3000;

export async function checkQueue({ queue }: Config): Promise<Report> {
  const name = 'queue';
  if (queue.redisUrl === null)
    return { name, state: 'off', detail: 'REDIS_URL is not set: the embedded queue in DATA_DIR is used.', tookMs: 0 };
  const startedAt = performance.now();
  // The queue as the bot opens it, so that what is well here is well there.
  const log = pino({ level: 'silent' });
  const backend = await openQueueBackend({ redisUrl: queue.redisUrl, dataDir: queue.dataDir, log });
  const { ok, problems, queues } = await backend.health();
  await backend.close();
  const answers = Object.keys(queues).length > 0;
  return {
    name,
    state: ok && problems.length === 0 ? 'ok' : answers ? 'partial' : 'unavailable',
    detail: [backend.describe(), ...problems].join(' '),
    tookMs: Math.round(performance.now() - startedAt),
  };
}

export async function checkSlack({ slack }: Config, signal: AbortSignal): Promise<Report> {
  const name = 'slack';
  if (slack.botToken === null)
    return { name, state: 'off', detail: 'SLACK_BOT_TOKEN is not set: only the command line works.', tookMs: 0 };
  const { host } = new URL(slack.apiUrl);
  const startedAt = performance.now();
  const report = (state: Report['state'], detail: string): Report => ({
    name,
    state,
    detail,
    tookMs: Math.round(performance.now() - startedAt),
  });
  try {
    const response = await fetch(new URL('auth.test', slack.apiUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    const answer = fieldsOf(await response.json());
    if (answer['ok'] === true) return report('ok', `auth.test at ${host}: ${answer['user']} in ${answer['team']}`);
    return report('unavailable', `auth.test at ${host} answered ${answer['error'] ?? `HTTP ${response.status}`}`);
  } catch (error) {
    // Everything that fetch and JSON.parse throw here is the network's or the other server's doing.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return report('unavailable', `Slack did not answer at ${host} (${cause instanceof Error ? cause.message : cause})`);
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
