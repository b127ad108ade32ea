/** Opens the configured queue, and checks which bot owns it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { openQueueBackend } from '../adapters/queue/open-queue-backend.ts';
import { reasonAgainst } from '../adapters/queue/pglite/private-files.ts';
import { UnusableQueue } from '../adapters/queue/queue-errors.ts';
import { type Inspection, inspectRedis } from '../adapters/queue/redis/inspect.ts';
import { botIdentity } from '../adapters/slack/identity.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import type { QueueBackend } from '../jobs/queue/queues.ts';
import { readRedisUrl } from '../language/redis-url.ts';
import { readTlsFiles } from './tls-files.ts';

/** Rejects with a `ConfigError` when the configuration is the reason. */
export async function openQueue({ queue }: Config, log: Logger): Promise<QueueBackend> {
  const { redisUrl, redisPrefix, dataDir } = queue;
  const redisTls = await readTlsFiles(queue);
  try {
    return await openQueueBackend({ redisUrl, redisPrefix, redisTls, dataDir, log });
  } catch (error) {
    throw configErrorOf(error);
  }
}

/** For `doctor`, with a reachable Redis: checks who owns the queue, without claiming it. */
export async function inspectQueue({ queue, slack }: Pick<Config, 'queue' | 'slack'>): Promise<Inspection> {
  const read = readRedisUrl(queue.redisUrl ?? '');
  if ('problem' in read) throw new ConfigError([`REDIS_URL ${read.problem}.`]);
  const canAsk = slack.oauth !== null || slack.botToken !== null;
  const settings = { redisPrefix: queue.redisPrefix, redisTls: await readTlsFiles(queue) };
  return inspectRedis(read.address, settings, canAsk ? await identityIn({ slack }) : null);
}

/** For `doctor`: why the embedded queue can't be kept in `DATA_DIR`, in a sentence; null when it can, or when that isn't known. */
export function reasonAgainstDirectory(directory: string): Promise<string | null> {
  return reasonAgainst(directory).catch(() => null);
}

interface Claim {
  /** Resolves when the queue is claimed, or after three seconds; rejects with a `ConfigError` when it belongs to another app. */
  readonly firstTry: Promise<void>;
  /** Aborted with a `ConfigError` when the queue must not be used. */
  readonly unusable: AbortSignal;
  close(): Promise<void>;
}

const FIRST_TRY_MS = 3_000;
const SLACK_RETRY_MS = 5_000;

/**
 * Checks that the queue is not that of another Slack app, as soon as it and Slack can be reached. With OAuth, or with Slack
 * reachable, workers take no jobs until the check is done.
 */
export function claimQueue({
  config,
  backend,
}: {
  readonly config: Pick<Config, 'slack'>;
  readonly backend: QueueBackend;
}): Claim {
  const closing = new AbortController();
  const unusable = new AbortController();
  backend.unusable.addEventListener('abort', () => unusable.abort(configErrorOf(backend.unusable.reason)));

  async function claim(): Promise<void> {
    let identity = await identityIn(config);
    while (identity === null) {
      await sleep(SLACK_RETRY_MS, undefined, { signal: closing.signal });
      identity = await identityIn(config);
    }
    await backend.claim(identity);
  }

  // Failures are reported through `unusable`; a closed process needs no result.
  const claimed = claim().catch(() => undefined);
  return {
    firstTry: Promise.race([claimed, sleep(FIRST_TRY_MS)]).then(() => unusable.signal.throwIfAborted()),
    unusable: unusable.signal,
    close: async () => closing.abort(),
  };
}

/** Null while Slack doesn't provide it. */
async function identityIn({ slack }: Pick<Config, 'slack'>): Promise<string | null> {
  if (slack.oauth !== null) return slack.oauth.clientId;
  return botIdentity(slack.botToken ?? '', slack.apiUrl);
}

function configErrorOf(error: unknown): unknown {
  return error instanceof UnusableQueue ? new ConfigError([error.message]) : error;
}
