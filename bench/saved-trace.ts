import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Dialect, traceText } from './trace-text.ts';
import { type Shape, trainingTrace } from './training-trace.ts';

export interface SavedTrace {
  readonly path: string;
  readonly megabytes: number;
}

/** A made-up answer of Jaeger as a file. */
export async function saveTrace(
  workDir: string,
  spans: number,
  dialect: Dialect,
  shape: Shape = 'training',
): Promise<SavedTrace> {
  const path = join(workDir, `${shape}-${spans}.${dialect}.json`);
  const text = traceText(trainingTrace(spans, shape), dialect);
  await writeFile(path, text);
  return { path, megabytes: text.length / 1e6 };
}
