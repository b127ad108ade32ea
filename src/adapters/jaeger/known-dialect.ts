/** Caches the dialect of a Jaeger, so that requests don't each have to detect it. */
import type { Clock } from '../../jobs/ports.ts';
import type { Client } from './client.ts';
import type { Dialect } from './dialect.ts';
import { createShared } from './shared.ts';

/** Long enough that most questions cost no probes, short enough that an upgrade of Jaeger is soon noticed. */
const KEPT_MS = 10 * 60 * 1000;

type Detection = Awaited<ReturnType<Client['detect']>>;

export interface DialectCache {
  current(signal: AbortSignal): Promise<Detection>;
  /** Called when a response shows that Jaeger still speaks the newer API: postpones the next probes. */
  confirm(dialect: Dialect): void;
  forget(): void;
}

export function createDialectCache(client: Client, api: 'auto' | 'v1' | 'v3', now: Clock): DialectCache {
  const detected = createShared<Extract<Detection, { kind: 'dialect' }>>(client.host, { keptMs: KEPT_MS, now });
  if (api === 'auto')
    return {
      current: (signal) => detected.get(signal, client.detect),
      confirm: (dialect) => dialect.api === 'v3' && detected.keep({ kind: 'dialect', dialect }),
      forget: detected.forget,
    };
  const dialect: Dialect = { api, overAll: api === 'v1' ? 'refused' : 'works' };
  return { current: async () => ({ kind: 'dialect', dialect }), confirm: () => {}, forget: () => {} };
}
