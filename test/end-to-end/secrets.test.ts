/** No way out of the bot shows a secret: ten of different kinds in one exception, and the same typed by somebody. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readTraceDocument } from '../../src/adapters/jaeger/read.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { traceChartOf } from '../../src/formatters/picture/chart.ts';
import { drawSvg } from '../../src/formatters/picture/svg.ts';
import { caseFromDocuments } from '../../src/jobs/gather/documents.ts';
import { until } from '../adapters/queue/until.ts';
import { runHere } from '../cli/run-cli.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { readRetention } from '../support/retention.ts';
import { plantSecrets } from '../support/secrets.ts';
import type { BotProcess } from './bot-process.ts';
import { answerTo, isWithoutRedis, openWorld, type World } from './world.ts';

const FAILED = incidentNamed('failed-worker-exception');
const MESSAGE = 'shape mismatch in layer 3';
const CHANNEL = 'C0OPS';
const secrets = plantSecrets();
/** The operator's own kind. */
const OWN = 'ACCT-4711';
const REDACT = 'ACCT-\\d+';
const NOTHING: readonly string[] = [];
/** What is not secret has to be there, or no secret would be found either. */
const SHOWN = [MESSAGE, 'Searching', '[redacted]', 'views.publish', 'No cause matches'];

const recorded = await readFile(join(FAILED.dir, 'v3.json'), 'utf8');
/** As Jaeger sends it. */
const withSecrets = recorded.replaceAll(MESSAGE, JSON.stringify(`${MESSAGE}: ${OWN} ${secrets.text}`).slice(1, -1));

function seenIn(content: string): readonly string[] {
  return [...secrets.values, OWN].filter((value) => content.includes(value));
}

it('the trace holds them all', () => {
  expect(seenIn(withSecrets)).toHaveLength(11);
});

describe('on the command line, no secret is seen in', () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ktrdr-secrets-'));
    path = join(folder, 'trace.json');
    await writeFile(path, withSecrets);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (...options: readonly string[]) =>
    runHere(['diagnose', FAILED.operationId, '--file', path, ...options], { env: { REDACT } });

  it.each([['text'], ['json'], ['slack']])('%s', async (form) => {
    const { status, stdout, stderr } = await run(...(form === 'text' ? [] : [`--${form}`]));
    expect(status).toBe(0);
    expect(seenIn(stdout + stderr)).toEqual(NOTHING);
    expect(stdout).toContain(MESSAGE);
    expect(stdout).toContain('[redacted]');
  });

  it('html', async () => {
    const page = join(folder, 'page.html');
    expect(await run('--html', page)).toMatchObject({ status: 0 });
    const content = await readFile(page, 'utf8');
    expect(seenIn(content)).toEqual(NOTHING);
    expect(content).toContain('[redacted]');
  });

  it('the picture, which is drawn from words without them', async () => {
    const read = readTraceDocument(withSecrets);
    if (read.kind !== 'traces') throw new Error('The document holds no trace.');
    const subject = { kind: 'operation', operationId: FAILED.operationId } as const;
    const input = caseFromDocuments(subject, null, FAILED.expected.now as never, {
      traces: read.traces,
      operation: null,
      workers: null,
      detail: '',
      remarks: [],
    });
    const extra = [new RegExp(REDACT, 'g')];
    const svg = drawSvg(traceChartOf(diagnose(input, { deployment: 'local', apiUrl: null, redact: extra }), extra));
    expect(seenIn(svg)).toEqual(NOTHING);
    expect(svg).toContain('<text');
  });
});

describe.skipIf(isWithoutRedis()).each(['Redis', 'PGlite'] as const)('with %s', (kind) => {
  let world: World;
  let bot: BotProcess;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-secrets-'));
    world = await openWorld({ unfurlDomains: ['jaeger.example.com'] }, [], [JSON.parse(withSecrets)]);
    bot = await world.startBot('http', {
      ...(kind === 'PGlite' && { REDIS_URL: '', DATA_DIR: dataDir }),
      JAEGER_PUBLIC_URL: 'https://jaeger.example.com',
      LOG_LEVEL: 'trace',
      LOOKBACK: '3650d',
      REDACT,
    });
    await conversation();
  });
  afterAll(async () => {
    await world.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('no secret is in any message, placeholder, notice, form, or Home tab', () => {
    expect(seenIn(everythingSaid())).toEqual(NOTHING);
  });

  it('no secret is in the log at trace level', () => {
    const log = bot.log.join('\n');
    expect(seenIn(log)).toEqual(NOTHING);
    expect(log).toContain(FAILED.operationId);
  });

  it('no secret is in the store and the queues, or their files', async () => {
    const content = kind === 'Redis' ? await inRedis() : await inPglite();
    for (const part of content) {
      expect(seenIn(part)).toEqual(NOTHING);
      expect(part).toContain(FAILED.operationId);
    }
  });

  /** What the bot sent to Slack, and what people saw of it. */
  function everythingSaid(): string {
    const { slack } = world;
    const messages = [...slack.store.channels.keys()]
      .flatMap((channel) => slack.messages(channel))
      .filter(({ botId }) => botId === slack.team.botId);
    return JSON.stringify([slack.journal, messages, [...slack.store.views.values()]]);
  }

  it('nothing is kept longer than docs/retention.md says', async () => {
    const { values, sets, jobs } = readRetention();
    const kept = kind === 'Redis' ? await keptInRedis() : await keptInPglite();
    const tooLong = kept.values.filter(({ name, ms }) => {
      const most = values.get(name);
      return most === undefined || (most !== null && (ms === null || ms > most));
    });
    expect(tooLong).toEqual([]);
    expect(kept.sets.filter((name) => !sets.has(name))).toEqual([]);
    for (const name of ['request', 'record', 'outbox', 'memory'])
      expect(kept.values.map((one) => one.name)).toContain(name);
    // The queue removes jobs by their own settings, and the files hold those as well.
    const left = kept.jobs.filter(({ queue, completedMs, failedMs }) => {
      const most = jobs.get(queue);
      return most === undefined || completedMs > most.completedMs || failedMs > most.failedMs;
    });
    expect(left).toEqual([]);
    expect(kept.jobs.length).toBeGreaterThan(0);
  });

  async function conversation(): Promise<void> {
    const { slack } = world;
    const anna = slack.as('U0ANNA');
    const command = (text: string) => anna.command('/ktrdr', text, { channel: CHANNEL });
    await command(`diagnose ${FAILED.operationId}`);
    const answer = await answerTo(slack, FAILED.operationId, CHANNEL);
    // Each part of the text, because a search is short.
    for (const part of [...secrets.text.split(', '), OWN]) {
      await command(`search error="${part}"`);
      await command(`explain ${part}`);
    }
    await command(`search type=training ${OWN}`);
    await command(`recent ${secrets.text}`);
    await command(`mute ${OWN} ${secrets.text}`);
    await command(`digest set ${OWN} ${secrets.text}`);
    await command(`diagnose ${OWN} ${secrets.text}`);
    await command('failed since 3000d');
    await command('digest now since 30d');
    anna.mention(CHANNEL, `${secrets.text} ${OWN}`);
    const shown = slack.message(answer.channel, answer.ts) ?? answer;
    const choice = /(?<="value":")(?:flow|stack):[^"]*/.exec(JSON.stringify(shown.blocks))?.[0] ?? '';
    await anna.click(shown, 'more', choice);
    await anna.openHome();
    await until('Home is there', () => anna.home() !== null);
    await anna.globalShortcut('diagnose_anywhere');
    const form = anna.modal();
    if (form === null) throw new Error('no form was opened');
    await anna.submit(form, { operation: `${OWN} ${secrets.text}` });
    anna.say(CHANNEL, `https://jaeger.example.com/trace/${/"traceId": ?"([0-9a-f]{32})"/.exec(withSecrets)?.[1]}`);
    await world.settled();
    // The other world's queue is not the one that `settled` looks at.
    await until('the words are there', () => SHOWN.every((words) => everythingSaid().includes(words)));
    await slack.waitUntilQuiet({ idleMs: 3_000 });
  }

  /** All keys with their values, and the file of all writes. */
  async function inRedis(): Promise<readonly string[]> {
    const redis = new Redis(world.redis.url);
    try {
      await redis.config('SET', 'rdbcompression', 'no');
      const keys = await redis.keys('*');
      const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
      const [, directory = ''] = (await redis.config('GET', 'dir')) as string[];
      return [[...keys, ...values.map((value) => value.toString('latin1'))].join('\n'), await bytesIn(directory)];
    } finally {
      redis.disconnect();
    }
  }

  async function keptInRedis(): Promise<KeptThings> {
    const redis = new Redis(world.redis.url);
    try {
      const own = 'ktrdr-bot:store:';
      const keys = await redis.keys(`${own}*`);
      const kinds = await Promise.all(
        keys.map(async (key) => [key.slice(own.length), await redis.type(key), await redis.pttl(key)] as const),
      );
      const jobKeys = await redis.keys('ktrdr-bot:*:*');
      const jobs = await Promise.all(
        jobKeys.map(async (key) => {
          const isHash = !key.startsWith(own) && (await redis.type(key)) === 'hash';
          const options = isHash ? await redis.hget(key, 'opts') : null;
          return options === null ? [] : [jobKept(key.split(':')[1] ?? '', JSON.parse(options))];
        }),
      );
      const isSet = (type: string, name: string) => type === 'zset' || name.startsWith('belongings');
      return {
        values: kinds.flatMap(([key, type, ttl]) =>
          isSet(type, key) ? [] : [{ name: partOf(key), ms: ttl < 0 ? null : ttl }],
        ),
        sets: kinds.flatMap(([key, type]) => (isSet(type, key) ? [partOf(key)] : [])),
        jobs: jobs.flat(),
      };
    } finally {
      redis.disconnect();
    }
  }

  async function stopBot(): Promise<void> {
    bot.kill('SIGTERM');
    await bot.ended();
  }

  async function keptInPglite(): Promise<KeptThings> {
    await stopBot();
    const db = await PGlite.create(join(dataDir, 'postgres'));
    const values = await db.query<{ key: string; ms: number }>(
      `SELECT key, extract(epoch FROM expires_at - now())::float8 * 1000 AS ms FROM bot.entry
       UNION ALL SELECT list, extract(epoch FROM expires_at - now())::float8 * 1000 FROM bot.item`,
    );
    const sets = await db.query<{ set: string }>('SELECT DISTINCT set FROM bot.ranked');
    const tables = await db.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.columns
       WHERE column_name = 'opts' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    const rows = await Promise.all(
      tables.rows.map(({ name }) =>
        db.query<{ row: Record<string, unknown> }>(`SELECT to_jsonb(t) AS row FROM ${name} t`),
      ),
    );
    await db.close();
    return {
      values: values.rows.map(({ key, ms }) => ({ name: partOf(key), ms: ms > TEN_YEARS_MS ? null : ms })),
      sets: sets.rows.map(({ set }) => partOf(set)),
      jobs: rows.flatMap((result) =>
        result.rows.flatMap(({ row }) =>
          typeof row['queue'] === 'string' ? [jobKept(row['queue'], row['opts'])] : [],
        ),
      ),
    };
  }

  /** All files with the log of all writes, and all rows, because long values are compressed in the files. */
  async function inPglite(): Promise<readonly string[]> {
    await stopBot();
    const files = await bytesIn(dataDir);
    const db = await PGlite.create(join(dataDir, 'postgres'));
    const tables = await db.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const rows = await Promise.all(tables.rows.map(({ name }) => db.query(`SELECT t::text FROM ${name} t`)));
    await db.close();
    return [files, JSON.stringify(rows.map((result) => result.rows))];
  }
});

interface KeptThings {
  readonly values: readonly { readonly name: string; readonly ms: number | null }[];
  readonly sets: readonly string[];
  readonly jobs: readonly { readonly queue: string; readonly completedMs: number; readonly failedMs: number }[];
}

const TEN_YEARS_MS = 9 * 365 * 86_400_000;

function partOf(key: string): string {
  return key.split(':', 1)[0] ?? key;
}

/** By the options of a job, in either store; for ever where they say nothing. */
function jobKept(queue: string, options: unknown): KeptThings['jobs'][number] {
  const { removeOnComplete, removeOnFail } = jobOptionsSchema.parse(options);
  return { queue, completedMs: lengthOf(removeOnComplete), failedMs: lengthOf(removeOnFail) };
}

const removalSchema = z.union([z.boolean(), z.object({ age: z.number() })]).optional();
const jobOptionsSchema = z.object({ removeOnComplete: removalSchema, removeOnFail: removalSchema });

function lengthOf(removal: z.infer<typeof removalSchema>): number {
  if (typeof removal === 'object') return removal.age * 1000;
  return removal === true ? 0 : Number.POSITIVE_INFINITY;
}

async function bytesIn(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
  return contents.join('\n');
}
