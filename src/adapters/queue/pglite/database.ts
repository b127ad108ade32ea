import type { PGlite } from '@electric-sql/pglite';

/** Creates it in an empty directory. Loaded lazily, because the package is large and a bot with Redis doesn't need it. */
export async function openDatabase(directory: string): Promise<PGlite> {
  const [{ PGlite }, { PrivateFiles }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('./private-pglite-files.ts'),
  ]);
  return PGlite.create({ fs: new PrivateFiles(directory) });
}
