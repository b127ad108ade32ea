import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
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

/** Answers every request with the file, on a port of its own. */
export async function serveFile(path: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    createReadStream(path).pipe(response.setHeader('content-type', 'application/json'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
