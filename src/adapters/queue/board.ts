/** A web page that shows the queues. It is served by the process's HTTP server, only with the administrator's token. */
import type { RequestListener } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { QUESTIONS, QUEUES, type QueueBackend } from '../../jobs/queue/queues.ts';
import { isQueueUnavailable } from './queue-errors.ts';

/** The board's types allow only Redis queues, but it works with every backend. */
type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** The board's types allow only the statuses that it sends itself. */
const UNAVAILABLE: number = 503;
const UNREACHABLE = { error: 'ktrdr-bot can’t reach its queue. Try again in a minute.' };

class BoardAdapter extends ExpressAdapter {
  override setErrorHandler(handler: Parameters<ExpressAdapter['setErrorHandler']>[0]): this {
    return super.setErrorHandler((error) =>
      isQueueUnavailable(error) ? { status: UNAVAILABLE as 500, body: UNREACHABLE } : handler(error),
    );
  }
}

/** Removes `response_url`s, because anyone who has one can post as the bot. */
function withoutResponseUrls(data: unknown): unknown {
  const text = JSON.stringify(data, (key, value: unknown) => (key === 'responseUrl' && value !== null ? '…' : value));
  return text === undefined ? null : JSON.parse(text);
}

/**
 * Read-only, because a job that is retried or deleted by hand could answer a person twice or never. It uses the front
 * connection, which rejects while the queue is unreachable, because on the workers' connection the page would hang. The
 * listener rejects if the queue is unreachable, before it sends anything.
 */
export function openBoard(
  backend: QueueBackend,
  basePath: string,
): (...request: Parameters<RequestListener>) => Promise<void> {
  const serverAdapter = new BoardAdapter().setBasePath(basePath);
  const queues = QUEUES.map((name) => {
    const queue = backend.front.queue(name) as unknown as BoardQueue;
    const adapter = new BullMQAdapter(queue, { readOnlyMode: true });
    adapter.setFormatter('data', withoutResponseUrls);
    return adapter;
  });
  createBullBoard({ queues, serverAdapter });
  const app: RequestListener & { disable(setting: string): void } = serverAdapter.getRouter();
  app.disable('x-powered-by');
  return async (request, response) => {
    // Checks the queue first: the page itself reads nothing, so without a queue it would load forever.
    await backend.front.queue(QUESTIONS).getJobCounts('waiting');
    // Strips the base path, because the board expects to be mounted in an Express application.
    request.url = request.url?.slice(basePath.length) || '/';
    app(request, response);
  };
}
