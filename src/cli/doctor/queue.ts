/** Checks where requests are kept: Redis, or the directory of the embedded queue. */
import { mkdtemp, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspectQueue, openQueue, reasonAgainstDirectory } from '../../app/queue.ts';
import { ConfigError } from '../../config/config-error.ts';
import { type Config, ROLES } from '../../config/environment.ts';
import { aliveWorkers, markOfAlerts, sayDifferentAlerts } from '../../jobs/health/heartbeats.ts';
import { error, off, type Problem, type Report, timed, warning } from './report.ts';

type QueueBackend = Awaited<ReturnType<typeof openQueue>>;
type Health = Awaited<ReturnType<QueueBackend['health']>>;

export async function checkQueue(config: Config): Promise<Report> {
  if (config.queue.redisUrl === null) return checkDirectory(config);
  return timed(async () => {
    // Opened as the bot opens it, so the check finds what the bot would. `doctor --help` doesn't load it.
    const { pino } = await import('pino');
    const backend = await openQueue(config, pino({ level: 'silent' })).catch((thrown: unknown) => {
      if (thrown instanceof ConfigError) return thrown;
      throw thrown;
    });
    if (backend instanceof ConfigError) {
      const detail = backend.problems.join(' ');
      return { name: 'queue', state: 'unavailable', detail, problems: [error('REDIS_URL', detail)] };
    }
    const { ok, problems, queues } = await healthOf(backend);
    const answers = Object.keys(queues).length > 0;
    const workers = answers ? await aliveWorkers(backend.front.store).catch(() => []) : [];
    await backend.close();
    const different = workers.length === 0 ? null : sayDifferentAlerts(workers, markOfAlerts(config.alerts));
    const found = problems.map((text) => (ok ? warning : error)('REDIS_URL', text));
    const { isForeign, advice, version } = answers ? await inspectQueue(config) : NOTHING_INSPECTED;
    if (isForeign) found.push(error('REDIS_PREFIX', advice));
    found.push(...versionProblems(version), ...(different === null ? [] : [warning('ALERTS', different)]));
    const state = !answers || isForeign ? 'unavailable' : ok && found.length === 0 ? 'ok' : 'partial';
    return { name: 'queue', state, detail: backend.describe(), problems: found };
  });
}

const TRIES = 3;
const PAUSE_MS = 1000;

/** On a busy machine the first connection takes its time. */
async function healthOf(backend: QueueBackend): Promise<Health> {
  let health = await backend.health();
  for (let tried = 1; tried < TRIES && !health.ok; tried += 1) {
    await sleep(PAUSE_MS);
    health = await backend.health();
  }
  return health;
}

const NOTHING_INSPECTED = { isForeign: false, advice: '', version: null };
const OLDEST_REDIS = 7;

function versionProblems(version: string | null): readonly Problem[] {
  if (version === null || Number.parseInt(version, 10) >= OLDEST_REDIS) return [];
  return [warning('REDIS_URL', `The Redis at REDIS_URL is version ${version}: use ${OLDEST_REDIS}.0 or newer.`)];
}

/** PGlite takes about half of it at its first start. */
const NEEDED_BYTES = 100 * 1024 * 1024;

async function checkDirectory({ roles, queue }: Config): Promise<Report> {
  const detail = 'REDIS_URL is not set: the embedded queue in DATA_DIR is used.';
  const problems: Problem[] = [];
  if (roles.length < ROLES.length) {
    const text = `ROLES is ${roles.join(',')}, and the embedded queue can't be shared with processes for the other roles: set REDIS_URL, or unset ROLES.`;
    problems.push(error('REDIS_URL', text));
  }
  problems.push(...(await directoryProblems(resolve(queue.dataDir))));
  return off('queue', detail, problems);
}

async function directoryProblems(directory: string): Promise<readonly Problem[]> {
  const reason = await reasonAgainstDirectory(directory);
  if (reason !== null) return [error('DATA_DIR', reason)];
  const existing = await nearestExisting(directory);
  const entry = await stat(existing);
  const cannot = (why: string) =>
    error(
      'DATA_DIR',
      `DATA_DIR is ${directory}, which isn't writable (${why}): set it to a directory that the bot's user can write to.`,
    );
  if (!entry.isDirectory()) return [cannot(`${existing} is a file`)];
  const code = await triedToWrite(existing);
  if (code !== null) return [cannot(code)];
  const { bavail, bsize } = await statfs(existing);
  if (bavail * bsize >= NEEDED_BYTES) return [];
  const free = Math.floor((bavail * bsize) / 1024 / 1024);
  return [
    error('DATA_DIR', `The disk of DATA_DIR (${directory}) has ${free} MiB left, but needs 100: free some space.`),
  ];
}

/** The directory itself, or the one in which it would be created. */
async function nearestExisting(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : nearestExisting(dirname(path));
}

/** The code of the system's error; null when something could be written. */
async function triedToWrite(directory: string): Promise<string | null> {
  try {
    await rmdir(await mkdtemp(join(directory, '.ktrdr-bot-')));
    return null;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
  }
}
