/** Documents of recorded incidents, for the store: what belongs to the operation and what was exported beside it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadFile, readText } from '../read-file.ts';

/** `directories` are incident folders with `v3.json` and, mostly, `neighbours.v3.json`. */
export async function readRecordedTraces(
  directories: readonly string[],
  read: ReadFile = readText,
): Promise<readonly unknown[]> {
  const files = directories.flatMap((directory) =>
    ['v3.json', 'neighbours.v3.json'].map((file) => join(directory, file)),
  );
  const texts = await Promise.all(files.filter((file) => existsSync(file)).map(read));
  return texts.map((text) => JSON.parse(text));
}
