/** What the thread of the bot tells the page: plain data. Times are in milliseconds. */

/** One question as the diagnosis takes it; `key` is the one of the queue. */
interface Begun {
  readonly kind: 'begun';
  readonly at: number;
  readonly run: string;
  readonly key: string;
}

/** A request to a recorded server, and its answer. */
interface Asked {
  readonly kind: 'asked';
  readonly at: number;
  readonly run: string;
  readonly server: 'Jaeger' | 'ktrdr';
  readonly ms: number;
  readonly request: string;
  readonly status: number | null;
}

interface Concluded {
  readonly kind: 'concluded';
  readonly at: number;
  readonly run: string;
  readonly verdict: string;
  /** The first has the answer. Each with how sure it is. */
  readonly causes: readonly string[];
  readonly notChecked: readonly string[];
  readonly analysisMs: number;
}

/** A line of the bot's log. */
interface Logged {
  readonly kind: 'logged';
  readonly at: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type BotEvent = Begun | Asked | Concluded | Logged;
