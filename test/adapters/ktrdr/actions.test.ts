import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';
import { createKtrdrActions } from '../../../src/adapters/ktrdr/actions.ts';
import type { ActionCall } from '../../../src/jobs/action/ktrdr-port.ts';

const CANCEL: ActionCall = { method: 'DELETE', path: '/api/v1/operations/op_1', body: { reason: 'because' } };
const never = new AbortController().signal;

let server: Server | null = null;
afterEach(() => {
  vi.useRealTimers();
  server?.closeAllConnections();
  server?.close();
  server = null;
});

async function client(listener: RequestListener) {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const address = started.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return createKtrdrActions({ url, headers: { 'x-tenant': 'a' }, caFile: null });
}

function saying(status: number, body: unknown): RequestListener {
  return (_request, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };
}

it('sends the method, the path and the body as they were confirmed, with the configured headers', async () => {
  const seen: unknown[] = [];
  const ktrdr = await client(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    seen.push([request.method, request.url, body, request.headers['content-type'], request.headers['x-tenant']]);
    response.end(JSON.stringify({ success: true, data: { operation_id: 'op_1', remote_cancelled: false } }));
  });
  expect(await ktrdr.call(CANCEL, never)).toEqual({ kind: 'accepted', newId: 'op_1', remoteCancelled: false });
  await ktrdr.call({ method: 'POST', path: '/api/v1/operations/op_1/resume', body: null }, never);
  expect(seen).toEqual([
    ['DELETE', '/api/v1/operations/op_1', '{"reason":"because"}', 'application/json', 'a'],
    ['POST', '/api/v1/operations/op_1/resume', '', undefined, 'a'],
  ]);
});

it.each([
  [400, { detail: 'Operation op_1 cannot be cancelled' }, 'Operation op_1 cannot be cancelled', null],
  [503, { detail: { error: 'No training workers available', hint: 'Wait.' } }, 'No training workers available', null],
  [
    422,
    {
      success: false,
      error: {
        code: 'VALIDATION_ERROR',
        message: 'Request validation failed',
        details: [{ field: 'body -> symbols', message: 'Field required' }],
      },
    },
    'symbols: Field required',
    'VALIDATION_ERROR',
  ],
  [
    400,
    {
      success: false,
      error: { code: 'OPERATIONS-CancelError', message: 'Failed to cancel', details: { error: 'Connect call failed' } },
    },
    'Failed to cancel: Connect call failed',
    'OPERATIONS-CancelError',
  ],
  [
    400,
    { detail: 'Strategy file not found: a.yaml (searched: /app/strategies/b.yaml, /app/c.yaml)' },
    'Strategy file not found: a.yaml',
    null,
  ],
  [500, { detail: 'No such file: /mnt/data/ktrdr/cache/EURUSD_1h.csv' }, 'No such file: …/EURUSD_1h.csv', null],
])(
  'understands a refusal of each shape, without where files are on the server: %i',
  async (httpStatus, body, message, code) => {
    const ktrdr = await client(saying(httpStatus, body));
    expect(await ktrdr.call(CANCEL, never)).toEqual({ kind: 'rejected', httpStatus, message, code });
  },
);

it.each([
  [502, '<html>Bad gateway</html>'],
  [504, ''],
  [200, '{"success": tr'],
  [200, { hello: 'world' }],
  [202, { success: true, data: {} }],
])('takes %i %j for an answer that was lost, because ktrdr may have got the request', async (status, body) => {
  const ktrdr = await client(saying(status, body));
  expect(await ktrdr.call(CANCEL, never)).toMatchObject({ kind: 'lost' });
});

it('never sends a request again when the connection breaks', async () => {
  let requests = 0;
  const ktrdr = await client((request) => {
    requests += 1;
    request.socket.destroy();
  });
  expect(await ktrdr.call(CANCEL, never)).toMatchObject({ kind: 'lost' });
  expect(await ktrdr.call({ ...CANCEL, method: 'POST' }, never)).toMatchObject({ kind: 'lost' });
  expect(requests).toBe(2);
});

it('knows that nothing can have happened without a connection, or before a login', async () => {
  const login = await client(saying(401, { detail: 'Not authenticated' }));
  expect(await login.call(CANCEL, never)).toMatchObject({ kind: 'rejected', httpStatus: 401 });
  const redirected = await client((_request, response) =>
    response.writeHead(302, { location: 'https://login.example.com/' }).end(),
  );
  expect(await redirected.call(CANCEL, never)).toMatchObject({ kind: 'not-sent' });
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const address = closed.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await new Promise((resolve) => closed.close(resolve));
  const nobody = createKtrdrActions({ url: `http://127.0.0.1:${port}`, headers: {}, caFile: null });
  expect(await nobody.call(CANCEL, never)).toMatchObject({ kind: 'not-sent' });
});

it('waits for longer than a frozen worker holds up a cancel, which is a minute', async () => {
  let answer = () => {};
  const arrived = new Promise<void>((resolve) => {
    void client((_request, response) => {
      answer = () =>
        response.end(JSON.stringify({ success: true, data: { operation_id: 'op_1', remote_cancelled: false } }));
      resolve();
    }).then((ktrdr) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      called = ktrdr.call(CANCEL, never);
    });
  });
  let called: Promise<unknown> = Promise.resolve();
  await arrived;
  await vi.advanceTimersByTimeAsync(90_000);
  answer();
  expect(await called).toMatchObject({ kind: 'accepted' });
});

it.each([
  ['operation', { detail: 'Operation not found: op_1' }, 404, 'not-found'],
  ['checkpoint', { detail: 'Checkpoint not found: op_1' }, 404, 'not-found'],
  ['operation', { detail: 'Not Found' }, 404, 'unavailable'],
  [
    'checkpoint',
    { success: false, error: { code: 'CHECKPOINTS-GetError', message: 'Failed', details: {} } },
    400,
    'database-away',
  ],
  [
    'operation',
    { success: false, error: { code: 'OPERATIONS-GetStatusError', message: 'Failed', details: {} } },
    400,
    'database-away',
  ],
  ['operation', '<html></html>', 200, 'unavailable'],
  [
    'operation',
    { success: true, data: { operation_id: 'op_1', status: 'RUNNING', operation_type: 'TRAINING' } },
    200,
    'found',
  ],
] as const)('reads an %s that says %j', async (what, body, status, kind) => {
  const ktrdr = await client(saying(status, body));
  expect(await ktrdr[what]('op_1', never)).toMatchObject({ kind });
});
