/** What is installed with the bot: under which licences, in which versions, and what it runs at installation. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EXCEPTIONS, PERMISSIVE, productionLicences } from '../../scripts/licences.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const versions = z.record(z.string(), z.string());
const manifest = z
  .object({
    dependencies: versions,
    devDependencies: versions,
    overrides: versions,
    allowScripts: z.record(z.string(), z.boolean()),
  })
  .parse(JSON.parse(read('package.json')));
const lock = read('package-lock.json');
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      hasInstallScript: z.boolean().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

describe('packages', () => {
  it('in production have a permissive licence, but for exceptions with a reason', () => {
    const allowed = [...PERMISSIVE, ...Object.keys(EXCEPTIONS)];
    expect(productionLicences(lock).filter(({ licence }) => !allowed.includes(licence))).toEqual([]);
    const used = new Set(productionLicences(lock).map(({ licence }) => licence));
    expect(allowed.filter((licence) => !used.has(licence) && licence in EXCEPTIONS)).toEqual([]);
  });

  it('with another licence, or none, are found', () => {
    const packages = {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '1.0.0', license: 'GPL-3.0' },
      'node_modules/a/node_modules/@b/c': { version: '2.0.0' },
      'node_modules/d': { version: '1.0.0', license: 'GPL-3.0', dev: true },
    };
    expect(productionLicences(JSON.stringify({ packages }))).toEqual([
      { name: 'a 1.0.0', licence: 'GPL-3.0' },
      { name: '@b/c 2.0.0', licence: 'unknown' },
    ]);
  });

  it('are named with exact versions', () => {
    const { dependencies, devDependencies, overrides } = manifest;
    const loose = Object.entries({ ...dependencies, ...devDependencies, ...overrides }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });

  it('are what the lock file says, byte for byte', () => {
    const { packages } = lockSchema.parse(JSON.parse(lock));
    const unchecked = Object.entries(packages).filter(
      ([path, { integrity, link }]) => path.startsWith('node_modules/') && link !== true && integrity === undefined,
    );
    expect(unchecked).toEqual([]);
  });

  it('run no script when they are installed, and npm knows it', () => {
    const { packages } = lockSchema.parse(JSON.parse(lock));
    const withScript = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript === true ? [path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)] : [],
    );
    // Each is decided on: undecided ones make npm warn.
    expect(manifest.allowScripts).toEqual(Object.fromEntries(withScript.map((name) => [name, false])));
  });
});

describe('updates', () => {
  const rules = z
    .object({
      extends: z.array(z.string()),
      packageRules: z.array(z.record(z.string(), z.unknown())),
      automerge: z.boolean().optional(),
    })
    .parse(JSON.parse(read('renovate.json')));

  it('pin versions, and nothing is merged without a person', () => {
    expect(rules.extends).toContain(':pinAllExceptPeerDependencies');
    expect(rules.automerge).toBe(false);
    expect(rules.packageRules.filter(({ automerge }) => automerge === true)).toEqual([]);
  });
});
