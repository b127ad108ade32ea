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
  /** The call takes effect at once and the answer comes late. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The call takes effect at once and the answer comes when the promise resolves. */
  | { readonly kind: 'held'; readonly until: Promise<void> };

export interface FaultRule {
  /** Number of calls; default 1. */
  readonly times?: number;
  /** Which calls; default all of the method. */
  readonly where?: (args: JsonObject) => boolean;
}

export interface Faults {
  /** `method` is a Web API method, `response_url`, `upload`, or `*` for all. Rules play in the order they were added. */
  add(method: string, fault: Fault, rule?: FaultRule): void;
  take(method: string, args: JsonObject): Fault | null;
  clear(): void;
}

export function createFaults(): Faults {
  const rules: { method: string; fault: Fault; left: number; where: (args: JsonObject) => boolean }[] = [];
  return {
    add(method, fault, { times = 1, where = () => true } = {}) {
      rules.push({ method, fault, left: times, where });
    },
    take(method, args) {
      const rule = rules.find(
        (candidate) =>
          candidate.left > 0 && (candidate.method === '*' || candidate.method === method) && candidate.where(args),
      );
      if (rule === undefined) return null;
      rule.left -= 1;
      return rule.fault;
    },
    clear() {
      rules.length = 0;
    },
  };
}
