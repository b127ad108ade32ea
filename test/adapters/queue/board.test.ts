import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { openBoard } from '../../../src/adapters/queue/board.ts';
import { QUESTIONS } from '../../../src/jobs/queue/queues.ts';
import { placeIn, requestFor } from '../../jobs/answer/question-set.ts';
import { QUEUE_KINDS } from '../../jobs/queue-kinds.ts';

it.each(QUEUE_KINDS.filter(({ skipped }) => !skipped))(
  'the board shows jobs without the addresses to answer at ($kind)',
  async ({ open }) => {
    const queue = await open(pino({ level: 'silent' }));
    const board = openBoard(queue.backend, '/queues');
    const server = createServer((request, response) => void board(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const responseUrl = 'https://hooks.example.com/commands/a-live-address';
      const request = requestFor('request-1', { place: placeIn('C0OPS', { responseUrl }) });
      await queue.backend.front.queue(QUESTIONS).add('diagnose', request);
      const { port } = server.address() as AddressInfo;
      const path = `/queues/api/queues?activeQueue=${QUESTIONS}&status=latest&page=1`;
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      const text = await response.text();
      expect(text).toContain('request-1');
      expect(text).not.toContain('a-live-address');
      expect(response.headers.get('x-powered-by')).toBeNull();
    } finally {
      server.closeAllConnections();
      server.close();
      await queue.remove();
    }
  },
);
