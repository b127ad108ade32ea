/** Starting a process or a thread from a compiled file or, run from its sources, with the program's own translation of TypeScript. */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The file of a compiled entry, and the options of Node that it needs; null: those of this process. */
export function entryFile(entry: URL): { readonly filename: string; readonly execArgv: string[] | null } {
  const filename = fileURLToPath(entry);
  if (!import.meta.url.endsWith('.ts')) return { filename, execArgv: null };
  // tsx itself registers in the main thread only.
  const translator = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api')).href;
  const register = `import { register } from '${translator.replace('.cjs', '.mjs')}'; register();`;
  const conditions = process.execArgv.filter((option) => option.startsWith('--conditions='));
  return {
    filename: filename.replace(/[.]js$/, '.ts'),
    execArgv: [...conditions, '--import', `data:text/javascript,${encodeURIComponent(register)}`],
  };
}
