import { drawPng } from '../../src/formatters/picture/png.ts';

/** Whether a suite must be left out because pictures have no words here; with REQUIRE_ALL=1 it fails instead. */
export async function isWithoutFont(): Promise<boolean> {
  const { hasText } = await drawPng({ title: '', footer: '', steps: [] });
  if (hasText) return false;
  if (process.env['REQUIRE_ALL'] === '1') throw new Error('No font is installed and REQUIRE_ALL is set.');
  process.stderr.write('Left out: tests of pictures, which need a font, and none is installed.\n');
  return true;
}
