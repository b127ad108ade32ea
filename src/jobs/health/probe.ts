/** Measures health by acting: an action runs on a timer, and its last outcome is the reported health. */
import { inTime } from './in-time.ts';

export interface PartHealth {
  readonly ok: boolean;
  /** One sentence each. A healthy part can also have problems: risks, or a first failure. */
  readonly problems: readonly string[];
}

export interface ProbePlan {
  /** Resolves with problems that don't make the part unwell; rejects with `Unwell`, or with any error, when it is. */
  act(): Promise<readonly string[]>;
  readonly everyMs: number;
  readonly limitMs: number;
}

export interface Probe {
  health(): PartHealth;
  /** Acts now, or waits for the act in progress. Never rejects. */
  check(): Promise<void>;
  close(): void;
}

export class Unwell extends Error {
  override readonly name = 'Unwell';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join(' '));
    this.problems = problems;
  }
}

/** A single miss may be a pause on a busy machine, and removing a process from a load balancer has a cost. */
const MISSES = 2;
/** The next try after a miss comes sooner, to distinguish a pause from an outage. */
const AGAIN_MS = 1_000;
const NOT_YET: readonly string[] = ['Not checked yet.'];

/** The part is unwell after two failures in a row, and until its first success; it is well again at the next success. */
export function startProbe({ act, everyMs, limitMs }: ProbePlan): Probe {
  let misses = MISSES;
  let problems = NOT_YET;
  let checking: Promise<void> | null = null;
  /** An act that exceeds its limit isn't repeated until it ends, because commands would pile up on a waiting connection. */
  let acting: Promise<readonly string[]> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  async function attempt(): Promise<void> {
    try {
      acting ??= act().finally(() => {
        acting = null;
      });
      problems = await inTime(acting, limitMs);
      misses = 0;
    } catch (error) {
      misses += 1;
      problems = error instanceof Unwell ? error.problems : [error instanceof Error ? error.message : String(error)];
    }
  }

  function check(): Promise<void> {
    checking ??= attempt().finally(() => {
      checking = null;
    });
    return checking;
  }

  /** With jitter, so that processes that were started together don't act together. */
  function schedule(): void {
    if (isClosed) return;
    const waitMs = misses === 1 ? Math.min(AGAIN_MS, everyMs) : everyMs;
    timer = setTimeout(() => void check().then(schedule), waitMs * (0.8 + 0.4 * Math.random()));
    timer.unref();
  }
  schedule();

  return {
    health: () => ({ ok: misses < MISSES, problems }),
    check,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
