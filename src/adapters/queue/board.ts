/** bull-board: the queues as a page for operators. Job data is clear text, so it stands behind the administrator's token. */
import type { RequestListener } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { QUEUES, type QueueBackend } from '../../jobs/queues.ts';

/** The board's types know Redis queues only; it works on every backend. */
type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** Read-only: retrying or deleting a job by hand could answer a person twice or never. */
export function openBoard(backend: QueueBackend, basePath: string): RequestListener {
  const serverAdapter = new ExpressAdapter().setBasePath(basePath);
  const queues = QUEUES.map((name) => {
    const queue = backend.back.queue(name) as unknown as BoardQueue;
    return new BullMQAdapter(queue, { readOnlyMode: true });
  });
  createBullBoard({ queues, serverAdapter });
  const app: RequestListener = serverAdapter.getRouter();
  return (request, response) => {
    // The board's own paths begin after the base path, as if it were mounted in a larger Express application.
    request.url = request.url?.slice(basePath.length) || '/';
    app(request, response);
  };
}
