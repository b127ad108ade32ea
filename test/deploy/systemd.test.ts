import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configOf } from './settings.ts';

const UNIT = readFileSync(join(import.meta.dirname, '..', '..', 'deploy', 'systemd', 'ktrdr-bot.service'), 'utf8');
const valuesOf = (name: string) =>
  [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
const ONE_OF = (name: string) => valuesOf(name).join(' ');

// systemd itself reads it in `.ci/check-deploy-files`.
it('gives the bot settings that it can start with', () => {
  const assignments = valuesOf('Environment').flatMap((line) => line.split(' '));
  const { queue, shutdownMs } = configOf(
    Object.fromEntries(assignments.map((text) => text.split('=') as [string, string])),
  );
  // The bot refuses a DATA_DIR that contains its working directory.
  expect(queue.dataDir.startsWith(`${ONE_OF('WorkingDirectory')}/`)).toBe(true);
  expect(ONE_OF('WorkingDirectory')).toBe(`/var/lib/${ONE_OF('StateDirectory')}`);
  expect(Number(ONE_OF('TimeoutStopSec')) * 1000).toBeGreaterThan(shutdownMs);
});

it('starts what npm installs, and not again with settings that stay wrong', () => {
  expect(ONE_OF('ExecStart')).toMatch(/\/node_modules\/ktrdr-bot\/dist\/main\.js start$/);
  expect(ONE_OF('RestartPreventExitStatus')).toBe('2');
});

it('has no right that the bot can do without', () => {
  for (const name of [
    'DynamicUser',
    'NoNewPrivileges',
    'PrivateTmp',
    'PrivateDevices',
    'ProtectHome',
    'RestrictNamespaces',
  ])
    expect(ONE_OF(name), name).toBe('yes');
  expect(valuesOf('CapabilityBoundingSet')).toEqual(['']);
  // Node compiles while it runs.
  expect(valuesOf('MemoryDenyWriteExecute')).toEqual([]);
});
