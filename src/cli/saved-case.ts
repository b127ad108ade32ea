/** What `--save` and `--save-raw` write. */
import { open } from 'node:fs/promises';
import type { Case } from '../diagnosis/case.ts';
import { cleanText } from '../diagnosis/clean.ts';
import { createValueCleaner } from '../formatters/clean.ts';

const PRIVATE = 0o600;

/** The case without secrets, to be sent to others. No text is cut: the diagnosis of the copy is that of the original. */
export function cleanCase(input: Case, extra: readonly RegExp[]): unknown {
  const cleanValue = createValueCleaner(extra, Number.MAX_SAFE_INTEGER);

  function clean(value: unknown, name: string): unknown {
    if (typeof value === 'string') return cleanValue(value, name);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => clean(item, name));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key, extra), clean(item, key)]));
  }

  return clean(input, '');
}

/** A file that only its owner can read, even if it replaces one that others could read. */
export async function writePrivately(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', PRIVATE);
  try {
    if ((await file.stat()).isFile()) await file.chmod(PRIVATE);
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}
