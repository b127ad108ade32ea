import { expect, it } from 'vitest';
import type { HttpOutcome } from '../../../src/adapters/http/client.ts';
import { createClient } from '../../../src/adapters/jaeger/client.ts';
import { createDialectCache } from '../../../src/adapters/jaeger/known-dialect.ts';
import { micros } from '../../../src/diagnosis/trace.ts';

const MINUTE = 60_000_000;
const forever = new AbortController().signal;

function legacyReply(path: string): HttpOutcome {
  const status = path === 'api/traces' ? 400 : 404;
  const body = Buffer.from(status === 400 ? '{"errors":[{"msg":"parameter \'service\' is required"}]}' : 'not found');
  return {
    kind: 'reply',
    reply: { url: new URL('http://jaeger:16686'), status, location: null, retryAfter: null, body },
  };
}

/** A Jaeger 1.x behind a client that ends a request with its signal, like the real one. */
function setUp() {
  const requests: string[] = [];
  let now = micros(MINUTE);
  let isSilent = false;
  const client = createClient({
    host: 'jaeger:16686',
    get(path, signal) {
      requests.push(path);
      if (!isSilent) return Promise.resolve(legacyReply(path));
      const failure = { code: 'timed-out', host: 'jaeger:16686', afterMs: 1 } as const;
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'failed', failure })));
    },
  });
  return {
    known: createDialectCache(client, 'auto', () => now),
    requests,
    pass: (time: number) => {
      now = micros(now + time);
    },
    mute: (silent: boolean) => {
      isSilent = silent;
    },
  };
}

it('is detected once for requests that start together, and again after ten minutes', async () => {
  const { known, requests, pass } = setUp();
  const both = await Promise.all([known.current(forever), known.current(forever)]);
  expect(both).toEqual(Array(2).fill({ kind: 'dialect', dialect: { api: 'v1', overAll: 'refused' } }));
  pass(9 * MINUTE);
  await known.current(forever);
  expect(requests).toHaveLength(2);
  pass(2 * MINUTE);
  await known.current(forever);
  expect(requests).toHaveLength(4);
});

it('isn’t given up for a request because another one that shares the detection stopped', async () => {
  const { known, mute } = setUp();
  const impatient = new AbortController();
  mute(true);
  const first = known.current(impatient.signal);
  const second = known.current(forever);
  mute(false);
  impatient.abort();
  expect(await first).toMatchObject({ kind: 'failed' });
  expect(await second).toMatchObject({ kind: 'dialect' });
});

it('keeps no failure', async () => {
  const { known, mute } = setUp();
  const impatient = new AbortController();
  mute(true);
  const first = known.current(impatient.signal);
  impatient.abort();
  expect(await first).toMatchObject({ kind: 'failed' });
  mute(false);
  expect(await known.current(forever)).toMatchObject({ kind: 'dialect' });
});
