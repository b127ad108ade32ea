/** The script of the HTML report, from the modules in `report/`. */
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export function renderPageScript(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('../report/main.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    minifySyntax: true,
    minifyWhitespace: true,
  });
  const script = outputFiles[0]?.text.trim() ?? '';
  if (/<\/script|<!--/i.test(script)) throw new Error('The script of the report would end its own element.');
  return [
    '// Generated from `report/` by `npm run generate`; not edited by hand.',
    `export const PAGE_SCRIPT =\n  ${JSON.stringify(script)};`,
    '',
  ].join('\n');
}
