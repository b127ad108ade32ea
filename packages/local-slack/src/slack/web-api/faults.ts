import type { JsonObject } from '../json.ts';

/** One trouble of the network or of Slack, played once per call that it matches. */
export type Fault =
  /** 429 with `Retry-After`; nothing happens to the workspace. */
  | { readonly kind: 'rate-limited'; readonly retryAfterS: number }
  /** `{ok: false, error}` with status 200, e.g. `ratelimited`, `internal_error`, `edit_window_closed`. */
  | { readonly kind: 'error'; readonly error: string }
  /** An HTTP error. `after`: the call has already taken effect, as with a lost answer. */
  | { readonly kind: 'status'; readonly status: number; readonly when: 'before' | 'after' }
  /** The connection breaks without an answer. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** The answer comes late. The call takes effect at once or, with `before`, after the delay too. */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly when?: 'before' }
  /** The call takes effect at once and the answer comes when the promise resolves. */
  | { readonly kind: 'held'; readonly until: Promise<void> };

/** Drawn anew for every call; null leaves the call alone. */
export type DrawFault = (method: string, args: JsonObject) => Fault | null;

export interface FaultRule {
  /** Number of calls; default 1. */
  readonly times?: number;
  /** Which calls; default all of the method. */
  readonly where?: (args: JsonObject) => boolean;
}

export interface Faults {
  /** `method` is a Web API method, `response_url`, `upload`, or `*` for all. Rules play in the order they were added. */
  add(method: string, fault: Fault | DrawFault, rule?: FaultRule): void;
  take(method: string, args: JsonObject): Fault | null;
  clear(): void;
}

export function createFaults(): Faults {
  const rules: { method: string; draw: DrawFault; left: number; where: (args: JsonObject) => boolean }[] = [];
  return {
    add(method, fault, { times = 1, where = () => true } = {}) {
      rules.push({ method, draw: typeof fault === 'function' ? fault : () => fault, left: times, where });
    },
    take(method, args) {
      for (const rule of rules) {
        if (rule.left <= 0 || !['*', method].includes(rule.method) || !rule.where(args)) continue;
        const fault = rule.draw(method, args);
        if (fault === null) continue;
        rule.left -= 1;
        return fault;
      }
      return null;
    },
    clear() {
      rules.length = 0;
    },
  };
}
