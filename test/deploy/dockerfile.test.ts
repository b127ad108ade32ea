/** What hadolint (`.ci/check-deploy-files`) can't know of the Dockerfile: that it agrees with the bot. No image is built here. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Instructions with their continued lines, without comments. */
const INSTRUCTIONS = read('Dockerfile')
  .replace(/^\s*#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  // The command of HEALTHCHECK is on a line of its own.
  .map((line) => line.replace(/\s+/g, ' ').trim());
const STAGES = INSTRUCTIONS.join('\n').split(/^(?=FROM )/m);
const FINAL = STAGES.at(-1) ?? '';
const argumentsOf = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(FINAL)?.[1] ?? '';

describe('Dockerfile', () => {
  it('pins every base to an exact version', () => {
    const bases = [...INSTRUCTIONS.join('\n').matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(bases.length).toBeGreaterThan(1);
    for (const base of bases) expect(base).toMatch(/:\d+\.\d+(?:\.\d+)?-|@sha256:/);
  });

  it('runs Node 24, as CI does', () => {
    expect(STAGES[0]).toMatch(/^FROM node:24\./);
    expect(read('.ci/run')).toContain('node@24');
  });

  it('has no build tools, and no rights of root, where the bot runs', () => {
    expect(FINAL).toMatch(/^FROM debian:/);
    expect(FINAL).not.toMatch(/\bnpm\b|\bnode_modules\b|build-essential|python|gcc/);
    expect(argumentsOf('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('writes to the volume only, which is for that user alone', () => {
    expect(argumentsOf('ENV')).toContain('DATA_DIR=/data');
    expect(argumentsOf('VOLUME')).toBe('/data');
    expect(FINAL).toMatch(/install -d -o (\S+) -g \1 -m 700 \/data/);
    // The bot refuses a DATA_DIR that contains its working or home directory.
    expect(argumentsOf('WORKDIR')).not.toMatch(/^\/data/);
    expect(FINAL).not.toMatch(/--home-dir \/data/);
  });

  it('starts the file that the package names', () => {
    expect(JSON.parse(argumentsOf('ENTRYPOINT'))).toEqual([
      'node',
      `/app/${JSON.parse(read('package.json')).bin['ktrdr-bot']}`,
    ]);
    expect(JSON.parse(argumentsOf('CMD'))).toEqual(['start']);
  });
});

describe('HEALTHCHECK', () => {
  const [, text = ''] = /^HEALTHCHECK .*? CMD (\[.*\])$/m.exec(FINAL) ?? [];
  const [program = '', ...args]: string[] = JSON.parse(text);
  let status = 200;
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url);
    response.writeHead(status).end();
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => server.close());

  function check(port: number): Promise<number | null> {
    const child = spawn(program === 'node' ? process.execPath : program, args, { env: { PORT: String(port) } });
    return new Promise((resolve) => child.once('exit', resolve));
  }

  it('is well while the bot is ready, and unwell otherwise', async () => {
    const { port } = server.address() as AddressInfo;
    expect(await check(port)).toBe(0);
    status = 503;
    expect(await check(port)).toBe(1);
    expect(asked).toEqual(['/readyz', '/readyz']);
    expect(await check(1)).toBe(1);
  });
});

describe('.dockerignore', () => {
  const rules = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const admitted = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  const isAdmitted = (path: string) => admitted.some((name) => path === name || path.startsWith(`${name}/`));

  it('leaves everything out but what is named', () => {
    expect(rules[0]).toBe('*');
    for (const path of ['.env', '.env.local', '.git/config', '.data/postgres', 'test/cli/run-cli.ts'])
      expect(isAdmitted(path), path).toBe(false);
    for (const rule of ['packages/*/dist', '**/node_modules']) expect(rules).toContain(rule);
  });

  it('admits what is copied, and what the build and the package need', () => {
    const copied = [...INSTRUCTIONS.join('\n').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    const { files, scripts } = JSON.parse(read('package.json'));
    const built = [...scripts.build.matchAll(/tsc -p (\S+)|node (\S+)/g)].map(([, tsc, node]) => tsc ?? node);
    const packed = files
      .map((file: string) => file.split(/\/\*|\/\{/)[0])
      .filter((file: string) => !file.includes('dist'));
    for (const path of [
      ...copied.filter((path) => path !== '.'),
      ...built,
      ...packed,
      'src/main.ts',
      'LICENSE',
      'README.md',
    ])
      expect(isAdmitted(path), path).toBe(true);
  });
});
