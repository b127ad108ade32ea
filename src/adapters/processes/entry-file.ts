/** Starts a process or thread from a compiled file or, when run from source, with tsx to translate TypeScript. */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The file of an entry, and the Node options with which it starts; null: those of this process. */
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
