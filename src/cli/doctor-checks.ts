/** The dependencies of `start` alone, which `diagnose` does without. */
import { Redis } from 'ioredis';
import { describeAddress, redisAddress } from '../adapters/queue/redis-address.ts';
import type { Config } from '../config.ts';

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
  const address = redisAddress(queue.redisUrl);
  const host = describeAddress(address);
  const startedAt = performance.now();
  const took = () => Math.round(performance.now() - startedAt);
  const redis = new Redis({
    ...address,
    lazyConnect: true,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    retryStrategy: () => null,
  });
  let refusal = '';
  redis.on('error', (error: Error) => {
    refusal = error.message;
  });
  try {
    await redis.connect();
    const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'of unknown version';
    const policy = /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1] ?? 'noeviction';
    const detail = `Redis ${version} at ${host} answers`;
    if (policy === 'noeviction') return { name, state: 'ok', detail, tookMs: took() };
    const problem = `${detail}, but may drop jobs: its maxmemory-policy is ${policy} and must be noeviction`;
    return { name, state: 'partial', detail: problem, tookMs: took() };
  } catch (error) {
    const reason = refusal || (error instanceof Error ? error.message : String(error));
    return { name, state: 'unavailable', detail: `Redis did not answer at ${host} (${reason})`, tookMs: took() };
  } finally {
    redis.disconnect();
  }
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
