/** Remembers the dialect for a while, so that not every question costs two more requests. */
import type { Clock } from '../../jobs/ports.ts';
import type { Client, Failed } from './client.ts';
import type { Dialect } from './dialect.ts';

const KEEP_MICROS = 10 * 60 * 1_000_000;

export interface KnownDialect {
  current(signal: AbortSignal): Promise<{ readonly kind: 'dialect'; readonly dialect: Dialect } | Failed>;
  forget(): void;
}

export function rememberDialect(client: Client, api: 'auto' | 'v1' | 'v3', now: Clock): KnownDialect {
  let known: { readonly dialect: Dialect; readonly until: number } | null = null;
  return {
    async current(signal) {
      if (api !== 'auto') return { kind: 'dialect', dialect: { api, both: false } };
      if (known !== null && now() < known.until) return { kind: 'dialect', dialect: known.dialect };
      const detected = await client.detect(signal);
      if (detected.kind === 'dialect') known = { dialect: detected.dialect, until: now() + KEEP_MICROS };
      return detected;
    },
    forget() {
      known = null;
    },
  };
}
