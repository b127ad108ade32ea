import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { incidentNamed, type NamedIncident } from '../support/incident-named.ts';
import { runCli, runHere } from './run-cli.ts';

const NO_DATA = incidentNamed('06a-');
const REFUSED = incidentNamed('03a-');
const DATABASE_DOWN = incidentNamed('14a-');
const KILLED = incidentNamed('10a-');
const folder = mkdtempSync(join(tmpdir(), 'ktrdr-bot-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file({ dir }: NamedIncident, name: string): string {
  return join(dir, name);
}

function written(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function asked(incident: NamedIncident): readonly string[] {
  return ['diagnose', incident.ask, '--now', incident.expected.now ?? ''];
}

async function diagnosisOf(args: readonly string[], stdin?: string) {
  const run = await runHere([...args, '--json'], stdin === undefined ? {} : { stdin });
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const { analysisMs, ...diagnosis } = JSON.parse(run.stdout);
  expect(typeof analysisMs).toBe('number');
  return diagnosis;
}

describe('saved answers', () => {
  it('are asked about two symptoms at once, and answer each', async () => {
    const from = ['--file', file(NO_DATA, 'v3.json'), '--operations', file(NO_DATA, 'operation.json')];
    const answers = async (...symptoms: readonly string[]) =>
      (await diagnosisOf([...asked(NO_DATA), ...symptoms, ...from])).symptomAnswer;
    const [stuck, slow] = [await answers('stuck'), await answers('slow')];
    expect(stuck).toMatch(/^You asked why it is stuck/);
    expect(slow).toMatch(/^You asked why it is slow/);
    expect(await answers('slow', 'stuck')).toBe(`${slow} ${stuck}`);
  });

  it('give the same diagnosis in both dialects, as a file and on standard input', async () => {
    const sources = ['--operations', file(NO_DATA, 'operation.json'), '--workers', file(NO_DATA, 'workers.json')];
    const diagnosis = await diagnosisOf([...asked(NO_DATA), '--file', file(NO_DATA, 'v3.json'), ...sources]);
    expect(diagnosis).toMatchObject({
      schemaVersion: 1,
      operationId: NO_DATA.operationId,
      verdict: 'explained',
      status: 'failed',
      statusSource: 'ktrdr-api',
    });
    expect(diagnosis.sources.map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
      ['file', 'ok'],
      ['jaeger', 'off'],
      ['ktrdr-api', 'ok'],
    ]);
    const legacy = await diagnosisOf([...asked(NO_DATA), '--file', file(NO_DATA, 'legacy.json'), ...sources]);
    expect(legacy.primary).toEqual(diagnosis.primary);
    expect(legacy.flow).toEqual(diagnosis.flow);
    const piped = await diagnosisOf(
      [...asked(NO_DATA), '--file', '-', ...sources],
      readFileSync(file(NO_DATA, 'v3.json'), 'utf8'),
    );
    expect(piped).toEqual(diagnosis);
  });

  it('are told apart: traces of the operation, and everything else in the files', async () => {
    const files = ['--file', file(KILLED, 'neighbours.v3.json'), '--file', file(KILLED, 'v3.json')];
    const diagnosis = await diagnosisOf([...asked(KILLED), ...files]);
    const alone = await diagnosisOf([...asked(KILLED), '--file', file(KILLED, 'v3.json')]);
    expect(diagnosis.traces).toEqual(alone.traces);
    expect(diagnosis.operationId).toBe(KILLED.operationId);
  });

  it('know the newest attempt too, refused or not', async () => {
    const args = [
      'diagnose',
      'last',
      'backtest',
      '--file',
      file(REFUSED, 'v3.json'),
      '--now',
      REFUSED.expected.now ?? '',
    ];
    const refused = await diagnosisOf(args);
    expect(refused).toMatchObject({ operationId: null, traces: [{ traceId: REFUSED.ask }] });
    const both = await diagnosisOf([...args.slice(0, -2), '--file', file(NO_DATA, 'v3.json')]);
    expect(both.operationId).toBe(NO_DATA.operationId);
  });

  it('may be an error of the ktrdr API', async () => {
    const args = [...asked(DATABASE_DOWN), '--file', file(DATABASE_DOWN, 'v3.json')];
    const diagnosis = await diagnosisOf([...args, '--operations', file(DATABASE_DOWN, 'operation.json')]);
    expect(diagnosis.primary.cause).toMatch(/^database/);
    const unknown = written(
      'unknown.json',
      JSON.stringify({ detail: `Operation not found: ${DATABASE_DOWN.operationId}` }),
    );
    expect((await diagnosisOf([...args, '--operations', unknown])).primary.cause).toMatch(/^database/);
  });

  it('can be packed into a case that replays the same answer', async () => {
    const path = join(folder, 'case.json');
    const sources = ['--operations', file(NO_DATA, 'operation.json'), '--workers', file(NO_DATA, 'workers.json')];
    const first = await diagnosisOf([
      ...asked(NO_DATA),
      '--file',
      file(NO_DATA, 'v3.json'),
      ...sources,
      '--save',
      path,
    ]);
    expect(await diagnosisOf(['diagnose', NO_DATA.ask, '--file', path])).toEqual(first);
    expect(await diagnosisOf(['diagnose', 'last', '--file', path])).toEqual(first);
  });

  it('need no id when they hold one operation', async () => {
    const [, ...now] = asked(NO_DATA).slice(1);
    const named = await diagnosisOf([...asked(NO_DATA), 'failed', '--file', file(NO_DATA, 'v3.json')]);
    expect(await diagnosisOf(['diagnose', 'failed', ...now, '--file', file(NO_DATA, 'v3.json')])).toEqual(named);
    const both = ['--file', file(NO_DATA, 'v3.json'), '--file', file(DATABASE_DOWN, 'v3.json')];
    const { status, stderr } = await runHere(['diagnose', ...both]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^The given files have 2 operations: .*Name one, or "last": ktrdr-bot diagnose op_/);
    expect(stderr).toContain(NO_DATA.operationId);
    expect(stderr).toContain(DATABASE_DOWN.operationId);
  });

  it('may be compressed, in UTF-16, or cut off after whole lines', async () => {
    const text = readFileSync(file(NO_DATA, 'v3.json'), 'utf8');
    const plain = await diagnosisOf([...asked(NO_DATA), '--file', file(NO_DATA, 'v3.json')]);
    const line = JSON.stringify(JSON.parse(text));
    const variants: readonly [string, string | Buffer][] = [
      ['a.json.gz', gzipSync(text)],
      ['utf16.json', Buffer.from(`\uFEFF${text}`, 'utf16le')],
      ['utf16-be-without-mark.json.gz', gzipSync(Buffer.from(text, 'utf16le').swap16())],
      ['pretty.json', JSON.stringify(JSON.parse(text), null, 2) + JSON.stringify({ result: { resourceSpans: [] } })],
      ['cut.jsonl', `${line}\n${line.slice(0, 500)}`],
    ];
    for (const [name, content] of variants) {
      const path = join(folder, name);
      writeFileSync(path, content);
      const read = await diagnosisOf([...asked(NO_DATA), '--file', path]);
      expect({ name, primary: read.primary }).toEqual({ name, primary: plain.primary });
      if (name === 'cut.jsonl')
        expect(read.sources[0]).toMatchObject({ state: 'partial', detail: expect.stringContaining('truncated') });
    }
  });

  it('without the operation are an answer that says what they hold', async () => {
    const other = 'op_training_20260101_000000_deadbeef';
    const diagnosis = await diagnosisOf(['diagnose', other, '--file', file(NO_DATA, 'v3.json')]);
    expect(diagnosis.headline).toBe(`The given files have ${NO_DATA.operationId}, not ${other}.`);
  });

  it('without the operation are an answer: not found', async () => {
    const other = 'op_training_20260101_000000_deadbeef';
    const diagnosis = await diagnosisOf(['diagnose', other, '--file', file(NO_DATA, 'v3.json')]);
    expect(diagnosis).toMatchObject({ operationId: other, primary: null });
    expect(diagnosis.verdict).not.toBe('explained');
  });
});

describe('forms of the answer', () => {
  const args = [...asked(NO_DATA), '--file', file(NO_DATA, 'v3.json')];

  it('is plain text in a pipe', async () => {
    const stdin = readFileSync(file(NO_DATA, 'legacy.json'), 'utf8');
    const { status, stdout } = await runCli([...asked(NO_DATA), '--file', '-'], { stdin });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^No data for AUDUSD 1h/);
    expect(stdout).not.toContain('\u001b');
  });

  it('is given for a named pipe, which holds up nothing else until it is written', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reading = runHere([...asked(NO_DATA), '--file', pipe]);
    execFile('cp', [file(NO_DATA, 'v3.json'), pipe]);
    expect((await reading).stdout).toMatch(/^No data for AUDUSD 1h/);
  });

  it('is Slack’s messages with --slack', async () => {
    const { stdout } = await runHere([...args, '--slack']);
    const answer = JSON.parse(stdout);
    expect(answer.summary.text).toContain(NO_DATA.operationId);
    expect(answer.thread.length).toBeGreaterThan(0);
  });

  it('is a page and a picture in the files that were named', async () => {
    const [page, picture] = [join(folder, 'a.html'), join(folder, 'a.png')];
    const { status } = await runHere([...args, '--html', page, '--png', picture]);
    expect(status).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain(NO_DATA.operationId);
    expect(readFileSync(picture).subarray(1, 4).toString()).toBe('PNG');
  });
});

describe('unreadable input exits with 2 and says what it is and what is accepted', () => {
  it.each<[string, () => readonly string[], RegExp]>([
    [
      'no such file',
      () => ['--file', join(folder, 'none.json')],
      /--file .*none\.json can't be read: there is no such file or folder\./,
    ],
    ['a folder', () => ['--file', folder], /can't be read: it is a folder/],
    [
      'text',
      () => ['--file', written('a.txt', 'hello')],
      /a\.txt isn't a trace: it looks like plain text\. Accepted formats: /,
    ],
    ['a web page', () => ['--file', written('a.html', '<!DOCTYPE html><p>Sign in')], /looks like a web page/],
    [
      'a gzip file that is cut off',
      () => ['--file', written('c.gz', gzipSync('{"a":1}'.repeat(99)).subarray(0, -8))],
      /c\.gz can't be read: the gzip file is truncated\./,
    ],
    [
      'the gzip file is damaged',
      () => ['--file', written('d.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 255, 255, 255]))],
      /the gzip file is damaged/,
    ],
    ['gzip twice', () => ['--file', written('twice.gz', gzipSync(gzipSync('{}')))], /a gzip file inside a gzip file/],
    [
      'zstd',
      () => ['--file', written('a.zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]))],
      /compressed with Zstandard\. Decompress it first: zstd -d\./,
    ],
    [
      'Brotli',
      () => ['--operations', written('a.br', brotliCompressSync('{"data":[]}'))],
      /--operations .*a\.br is compressed with Brotli/,
    ],
    [
      'a ZIP archive',
      () => ['--workers', written('a.zip', Buffer.from('PK\x03\x04abc'))],
      /--workers .*a\.zip is a ZIP archive/,
    ],
    [
      'binary data',
      () => ['--file', written('a.bin', Buffer.from([0, 1, 2, 0, 255, 254, 0]))],
      /looks like binary data/,
    ],
    ['cut-off JSON', () => ['--file', written('cut.json', '{"data":[{"traceID"')], /truncated/],
    [
      'a worker list as a trace',
      () => ['--file', file(NO_DATA, 'workers.json')],
      /isn't a trace: it looks like JSON with the keys worker_id/,
    ],
    [
      'a worker list as an operation',
      () => ['--operations', file(NO_DATA, 'workers.json')],
      /isn't an operation\. Use/,
    ],
    [
      'an operation as a worker list',
      () => ['--workers', file(NO_DATA, 'operation.json')],
      /isn't a worker list\. Use/,
    ],
    [
      'a folder to write to',
      () => ['--file', file(NO_DATA, 'v3.json'), '--html', folder],
      /--html .* can't be written: it is a folder/,
    ],
  ])('%s', async (_, options, problem) => {
    const { status, stdout, stderr } = await runHere([...asked(NO_DATA), ...options()]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(problem);
  });
});

it('unpacks a compressed file as far as JAEGER_MAX_BYTES allows, from a file and from standard input', async () => {
  const text = readFileSync(file(NO_DATA, 'v3.json'));
  const padded = gzipSync(Buffer.concat([text, Buffer.alloc(2 * 1024 * 1024, ' ')]));
  const path = written('padded.json.gz', padded);
  for (const [given, stdin] of [
    [path, ''],
    ['-', padded],
  ] as const) {
    const ask = (limit: string) =>
      runHere([...asked(NO_DATA), '--file', given], { stdin, env: { JAEGER_MAX_BYTES: limit } });
    const { status, stdout, stderr } = await ask('1MiB');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('unpacks to more than 1 MiB. Raise JAEGER_MAX_BYTES to read it.');
    expect(await ask('4MiB')).toMatchObject({ status: 0, stderr: '' });
  }
});

describe('the text of an answer', () => {
  const args = [...asked(NO_DATA), '--file', file(NO_DATA, 'v3.json')];

  it('is at most twelve lines, and everything with --full', async () => {
    const short = (await runHere(args)).stdout;
    const full = (await runHere([...args, '--full'])).stdout;
    expect(short.trimEnd().split('\n').length).toBeLessThanOrEqual(12);
    expect(short.trimEnd().split('\n').at(-1)).toContain('--full');
    for (const heading of ['Trace summary', 'Execution flow', 'Root cause', 'Fix'])
      expect([heading, short.includes(`\n${heading}\n`), full.includes(`\n${heading}\n`)]).toEqual([
        heading,
        false,
        true,
      ]);
    expect(full).not.toContain('--full');
  });

  it('is not wrapped in a pipe', async () => {
    const { stdout } = await runHere([...args, '--full']);
    const { explanation } = (await diagnosisOf(args)).primary;
    expect(stdout.split('\n').some((line) => line.length > 120)).toBe(true);
    expect(stdout).toContain(explanation.split('. ')[0]);
  });
});

it('reads files without loading the network, the queue, Slack, a schema library or the picture renderer', async () => {
  const hook = `export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    process._rawDebug('loaded ' + found.url);
    return found;
  }`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hook))});`;
  const args = [...asked(NO_DATA), '--file', file(NO_DATA, 'v3.json')];
  const { status, stderr } = await runCli(args, { node: ['--import', dataUrl(register)] });
  expect(status).toBe(0);
  expect(stderr).toMatch(/loaded .*\/diagnosis\/diagnose\.ts/);
  expect(stderr).not.toMatch(
    /\/node_modules\/(?:zod|@slack|bullmq|ioredis|undici|@resvg|prom-client|pino|@electric-sql)\//,
  );
});

function dataUrl(script: string): string {
  return `data:text/javascript,${encodeURIComponent(script)}`;
}
