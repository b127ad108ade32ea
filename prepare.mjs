/**
 * npm's `prepare`: builds. Not for `npx ktrdr-bot` in a checkout, which first installs the checkout as a package: that would build
 * again what `npm ci` has built, without a word, and take dist/ away from what runs.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { env, platform } from 'node:process';

const isBuilt = existsSync(new URL('dist/main.js', import.meta.url));
if (!isBuilt || env.npm_command !== 'exec')
  execFileSync('npm', ['run', 'build'], { stdio: 'inherit', shell: platform === 'win32' });
