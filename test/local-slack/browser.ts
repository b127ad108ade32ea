import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** True when there is no browser and its tests are left out; with REQUIRE_ALL=1 that is a failure instead. */
export function isBrowserMissing(): boolean {
  if (existsSync(CHROMIUM)) return false;
  if (process.env['REQUIRE_ALL'] === '1') throw new Error(`${CHROMIUM} is missing and REQUIRE_ALL is set.`);
  process.stderr.write(`Skipped: the browser tests need ${CHROMIUM} (Debian's package chromium).\n`);
  return true;
}

export function startBrowser(): Promise<Browser> {
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'];
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-sync', ...quiet],
  });
}
