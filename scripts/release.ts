/** `npm run release <version>`: checks the tree, moves “Unreleased” of the changelog under the version, commits, and tags. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Release, releaseChangelog } from './changelog.ts';

const ROOT = join(import.meta.dirname, '..');
const CHANGELOG = join(ROOT, 'CHANGELOG.md');
const MANIFEST = join(ROOT, 'package.json');

const [version = ''] = process.argv.slice(2);
const problem = release();
if (problem !== null) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}

/** Why nothing was released; null when it was. */
function release(): string | null {
  if (git('status', '--porcelain') !== '') return 'The working tree has changes. Commit or stash them first.';
  if (git('tag', '--list', `v${version}`) !== '') return `The tag v${version} exists already.`;
  const manifest = readFileSync(MANIFEST, 'utf8');
  const current: string = JSON.parse(manifest).version;
  const today = new Date().toISOString().slice(0, 10);
  const released: Release = releaseChangelog(readFileSync(CHANGELOG, 'utf8'), { version, current, today });
  if (released.kind === 'refused') return released.reason;
  if (run('npm', 'run', 'check') !== 0) return 'npm run check failed. Nothing was released.';

  writeFileSync(CHANGELOG, released.text);
  if (run('npm', 'version', version, '--no-git-tag-version', '--allow-same-version') !== 0)
    return 'npm version failed.';
  git('commit', '--all', '--message', `Release ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', `Release ${version}`);
  process.stdout.write(`Tagged v${version}. Next: git push --follow-tags\n`);
  return null;
}

function git(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args[0]} failed: ${stderr}`);
  return stdout.trim();
}

function run(program: string, ...args: readonly string[]): number {
  return spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
}
