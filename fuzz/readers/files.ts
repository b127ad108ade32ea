import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { runHere } from '../../test/cli/run-cli.ts';
import { mutatedTexts } from '../mutate.ts';
import type { Reader } from '../reader.ts';
import { recorded } from './traces.ts';

const WAYS = ['--file', '--operations', '--workers'] as const;
const FORMS = ['--json', '--slack', null] as const;

/** `ktrdr-bot diagnose` with files, from their bytes to what it prints. */
export const FILES: Reader = {
  name: 'files',
  about: 'files given to --file, --operations and --workers',
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'ktrdr-fuzz-'));
    const [whole] = recorded('legacy.json');
    const good = join(folder, 'good.json');
    await writeFile(good, JSON.stringify(whole));
    const documents = ['legacy.json', 'v3.json', 'operation.json', 'workers.json'].flatMap((name) =>
      recorded(name).slice(0, 8),
    );
    const cases = fc.record({
      way: fc.constantFrom(...WAYS),
      form: fc.constantFrom(...FORMS),
      isZipped: fc.boolean(),
      text: fc.oneof({ weight: 9, arbitrary: mutatedTexts(documents) }, fc.string({ unit: 'binary' })),
    });
    return {
      cases,
      async run(input) {
        const { way, form, isZipped, text } = input as {
          way: string;
          form: string | null;
          isZipped: boolean;
          text: string;
        };
        const path = join(folder, 'given.json');
        await writeFile(path, isZipped ? gzipSync(text) : text);
        const files = way === '--file' ? [way, path] : ['--file', good, way, path];
        const { stdout, stderr } = await runHere(['diagnose', 'last', ...files, ...(form === null ? [] : [form])]);
        return [stdout, stderr];
      },
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
};
