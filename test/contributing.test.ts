/** Follows CONTRIBUTING.md: its commands run in a copy of the repository, and a scripted edit does what a person would. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const LEFT_OUT = ['node_modules', '.git', 'dist', '.data', '.env', 'coverage'];
/** Seven programs start one after the other, which takes minutes on a busy machine. */
const TIME_LIMIT_MS = 600_000;
const ID = 'license-expired';

let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'ktrdr-bot-'));
  cpSync(ROOT, copy, { recursive: true, filter: (path) => !LEFT_OUT.includes(relative(ROOT, path)) });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

test(
  'its commands lead to a tested cause',
  async () => {
    const commands = commandsIn(readFileSync(join(copy, 'CONTRIBUTING.md'), 'utf8'));
    expect(commands[0]).toEqual({ line: `npm run new-cause ${ID}`, fails: false });
    expect(commands.map(({ line }) => line)).toContain('npm run generate');

    let output = '';
    for (const { line, fails } of commands) {
      // What is filled in by hand comes between creating the files and generating.
      if (line === 'npm run generate') fillIn();
      const ran = await run(line);
      expect(ran.code === 0, `${line}\n${ran.output}`).toBe(!fails);
      if (fails) expect(ran.output).toMatch(/rule[.]ts:\d+: .*TODO/);
      output = ran.output;
      if (line.startsWith('npm run new-cause')) {
        const atOnce = await run(`npx vitest run test/diagnosis/rules/${ID} test/diagnosis/corpus.test.ts -t ${ID}`);
        expect(atOnce.code, `Everything works from the start:\n${atOnce.output}`).toBe(0);
      }
    }
    expect(output).toContain('The license of the data provider has expired');
    expect(readFileSync(join(copy, 'docs/causes.md'), 'utf8')).toContain('## Expired data license');
    expect((await run(`npx tsc --noEmit -p ${onlyTheNewFiles()}`)).output).toBe('');
  },
  TIME_LIMIT_MS,
);

test(
  'the command for a variant writes its fixture, and names what to add by hand',
  async () => {
    const [, line = ''] =
      /`(npm run new-cause \w+\/[^`]+)`/.exec(readFileSync(join(copy, 'CONTRIBUTING.md'), 'utf8')) ?? [];
    const [, cause = '', type = '', message = ''] = /new-cause (\S+) "(\w+): (.+)"/.exec(line) ?? [];
    const ran = await run(line);
    expect(ran).toEqual({ code: 0, output: expect.stringContaining('rule.ts, add "') });
    const [, pattern = ''] = /^ {3}\/(.+)\/$/m.exec(ran.output) ?? [];
    expect(`${type}: ${message}`).toMatch(new RegExp(pattern));
    expect(`The log quotes “${message}”.`).not.toMatch(new RegExp(pattern));
    for (const file of ['legacy.json', 'v3.json']) {
      const trace = readFileSync(join(copy, 'fixtures', cause, 'example', file), 'utf8');
      expect(trace).not.toMatch(/TODO|RuntimeError/);
      expect(trace).toContain(`${type}: ${message}`);
    }
  },
  TIME_LIMIT_MS,
);

test.each([
  ['nothing/at-all', /"nothing" isn't a rule/],
  ['resources/gpu-memory', /"resources\/gpu-memory" exists already: see src\/diagnosis\/rules\/resources\/rule[.]ts/],
  ['resources/GPU', /"GPU" isn't kebab-case/],
  ['license-expired Data license', /Unexpected argument "license"[.] Quote the error/],
  ['data-missing', /"data-missing" exists already: see src\/diagnosis\/rules\/data-missing/],
  ['License_Expired', /"License_Expired" isn't kebab-case/],
  ['', /Name the new cause/],
])('new-cause refuses "%s"', async (id, reason) => {
  const { code, output } = await run(`npm run --silent new-cause ${id}`);
  expect([code, output]).toEqual([2, expect.stringMatching(reason)]);
});

/** The lines of blocks marked `sh`; `sh fails` marks a command whose failure shows what is left to do. */
function commandsIn(markdown: string): readonly { readonly line: string; readonly fails: boolean }[] {
  return [...markdown.matchAll(/^```sh( fails)?\n([\s\S]*?)^```$/gm)].flatMap(([, fails, block = '']) =>
    block
      .trim()
      .split('\n')
      .map((line) => ({ line, fails: fails !== undefined })),
  );
}

const WORDS: readonly (readonly [todo: RegExp, words: string])[] = [
  [/TODO: a noun phrase for what is wrong/, 'Expired data license'],
  [/TODO: what a person sees[.]/, 'Training runs and backtests fail while they load data.'],
  [/TODO: what in the traces or the record proves it[.]/, 'The error message.'],
  [/TODO: what went wrong in this/, 'The license of the data provider has expired during this'],
  [/TODO: how that ended the operation[.]/, 'The provider rejects every request without a valid license.'],
  [/TODO: what to do about it[.]/, 'Renew the license of the data provider.'],
  [/TODO: the error message/, 'Data license expired'],
  [/TODO: a similar error[^']*/, 'The word license is in this message'],
  [
    /TODO: when this cause applies, in one sentence[.]/,
    'The data provider rejects requests because the license has expired.',
  ],
  [/TODO: words that only this error has[.]/, 'As the provider words it.'],
];

function fillIn(): void {
  for (const folder of [`src/diagnosis/rules/${ID}`, `test/diagnosis/rules/${ID}`, `fixtures/${ID}`]) {
    for (const entry of readdirSync(join(copy, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const text = readFileSync(path, 'utf8');
      const filled = WORDS.reduce((all, [todo, words]) => all.replace(new RegExp(todo, 'g'), words), text);
      writeFileSync(path, filled);
    }
  }
}

/** A whole type check takes too long here. */
function onlyTheNewFiles(): string {
  const files = [`src/diagnosis/rules/${ID}/rule.ts`, `test/diagnosis/rules/${ID}/rule.test.ts`];
  writeFileSync(join(copy, 'tsconfig.new.json'), JSON.stringify({ extends: './tsconfig.json', include: [], files }));
  return 'tsconfig.new.json';
}

/** Without Vitest's own variables, which would reach the Vitest inside. */
function run(line: string): Promise<{ readonly code: number; readonly output: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_ENV$|^TEST$/.test(name)),
  );
  return new Promise((resolve) => {
    execFile('bash', ['-c', line], { cwd: copy, env: { ...env, NO_COLOR: '1' } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` }),
    );
  });
}
