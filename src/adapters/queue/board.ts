/** The queues as a web page, mounted where the process serves HTTP and only behind the administrator's token. */
import type { RequestListener } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { QUESTIONS, QUEUES, type QueueBackend } from '../../jobs/queue/queues.ts';
import { isQueueUnavailable } from './queue-errors.ts';

/** The board's types know Redis queues only; it works on every backend. */
type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** The board's types know only the statuses that it sends itself. */
const UNAVAILABLE: number = 503;
const UNREACHABLE = { error: 'ktrdr-bot can’t reach its queue. Try again in a minute.' };

class BoardAdapter extends ExpressAdapter {
  override setErrorHandler(handler: Parameters<ExpressAdapter['setErrorHandler']>[0]): this {
    return super.setErrorHandler((error) =>
      isQueueUnavailable(error) ? { status: UNAVAILABLE as 500, body: UNREACHABLE } : handler(error),
    );
  }
}

/** Anyone who has such an address can post as the bot. */
function withoutResponseUrls(data: unknown): unknown {
  const text = JSON.stringify(data, (key, value: unknown) => (key === 'responseUrl' && value !== null ? '…' : value));
  return text === undefined ? null : JSON.parse(text);
}

/**
 * Read-only: retrying or deleting a job by hand could answer a person twice or never. It reads on the front connection,
 * which rejects while the queue is unreachable; the one of the workers waits, and the page with it. The listener rejects
 * when the queue is unreachable before anything was sent.
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
    // The page itself reads nothing, and without the queue it would only show that it loads.
    await backend.front.queue(QUESTIONS).getJobCounts('waiting');
    // The board's own paths begin after the base path, as if it were mounted in a larger Express application.
    request.url = request.url?.slice(basePath.length) || '/';
    app(request, response);
  };
}
