/** What the packages that run in production may be used under, from the lock file. */
import { z } from 'zod';

/** Anything may be done with such code, for a notice or less. */
export const PERMISSIVE: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
];
/** Others, with why they are all right. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  'MPL-2.0': 'Used unchanged. If a file of it is changed, that file must be published; other code is not affected.',
};

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

export interface Licensed {
  /** `name version` */
  readonly name: string;
  readonly licence: string;
}

/** `lock` is the text of package-lock.json. Packages of development and the project's own aren't in it. */
export function productionLicences(lock: string): readonly Licensed[] {
  const FOLDER = 'node_modules/';
  return Object.entries(lockSchema.parse(JSON.parse(lock)).packages).flatMap(([path, entry]) => {
    if (!path.includes(FOLDER) || entry.dev === true || entry.link === true) return [];
    const name = entry.name ?? path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
    return [{ name: `${name} ${entry.version ?? ''}`, licence: entry.license ?? 'unknown' }];
  });
}

export function renderLicences(lock: string): string {
  const all = productionLicences(lock);
  const licences = [...new Set(all.map(({ licence }) => licence))].toSorted();
  const rows = licences.map((licence) => {
    const names = new Set(all.filter((one) => one.licence === licence).map(({ name }) => name));
    return `| ${licence} | ${names.size} | ${[...names].toSorted().join(', ')} |`;
  });
  const remarks = Object.entries(EXCEPTIONS).map(([licence, why]) => `${licence}: ${why}`);
  return [
    '# Licences',
    '',
    'Of all packages that run in production, those of other platforms included. Generated from `package-lock.json` by',
    '`npm run generate`; `npm run sbom` prints a software bill of materials (CycloneDX) of the same packages.',
    '',
    '| licence | packages | which |',
    '|---|---|---|',
    ...rows,
    '',
    ...remarks,
    '',
  ].join('\n');
}
