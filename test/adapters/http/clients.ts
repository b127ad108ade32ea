/** Both users of the HTTP client behind one function. */
import { createJaegerSource } from '../../../src/adapters/jaeger/source.ts';
import { createKtrdrApi } from '../../../src/adapters/ktrdr/api.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import type { SourceFailure } from '../../../src/jobs/ports.ts';
import { LIMIT } from './misbehaviors.ts';

const now = () => micros(0);

interface Options {
  readonly timeoutMs?: number;
  readonly caFile?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Client {
  readonly name: string;
  readonly variable: string;
  /** Null when the response was read. */
  connect(url: string, options?: Options): Ask;
  /** Each call sends a request of its own: no other's is shared, and no earlier answer is kept. */
  connectApart(url: string): Ask;
}

type Ask = (signal?: AbortSignal) => Promise<SourceFailure | null>;

function connectKtrdr(url: string, { timeoutMs = 60_000, caFile, headers = {} }: Options = {}): Ask {
  const api = createKtrdrApi({ url, headers, timeoutMs, caFile: caFile ?? null, clock: now });
  return async (signal = new AbortController().signal) => {
    const answer = await api.workers(signal);
    return answer.kind === 'unavailable' ? answer.failure : null;
  };
}

export const CLIENTS: readonly Client[] = [
  {
    name: 'Jaeger',
    variable: 'JAEGER',
    connect(url, { timeoutMs = 60_000, caFile, headers = {} } = {}) {
      const where = { url, api: 'v1', headers, caFile: caFile ?? null } as const;
      const source = createJaegerSource({ ...where, preferredServices: [], timeoutMs, maxBytes: LIMIT, now });
      return async (signal = new AbortController().signal) => {
        const answer = await source.services(signal);
        return answer.kind === 'unavailable' ? answer.failure : null;
      };
    },
    connectApart(url) {
      const where = { url, api: 'v1', headers: {}, caFile: null } as const;
      const source = createJaegerSource({ ...where, preferredServices: [], timeoutMs: 60_000, maxBytes: LIMIT, now });
      const window = { from: micros(0), to: micros(1) };
      let calls = 0;
      return async (signal = new AbortController().signal) => {
        calls += 1;
        const answer = await source.search({ service: `service-${calls}`, window, limit: 1 }, signal);
        return answer.kind === 'unavailable' ? answer.failure : null;
      };
    },
  },
  {
    name: 'ktrdr',
    variable: 'KTRDR_API',
    connect: connectKtrdr,
    connectApart: connectKtrdr,
  },
];
