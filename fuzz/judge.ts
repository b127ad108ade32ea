/** Runs a reader over many cases. A case fails when it throws, leaves a rejection behind, shows a secret, or blocks everybody. */
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import type { Reader } from './reader.ts';
import { secretsIn } from './secrets.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** How many cases; as many as the time allows when absent. */
  readonly cases?: number;
  readonly minutes?: number;
  /** Processor time that one case may take, in milliseconds; not measured when absent. */
  readonly mostMs?: number;
}

export interface FuzzResult {
  readonly cases: number;
  /** Null when all is well. Otherwise it names the seed, the path to the case, and the smallest input found. */
  readonly problem: string | null;
  readonly slowestMs: number;
}

const INTERNAL = /\binternal error\b|\bTypeError\b|Maximum call stack/;

export async function fuzz({ open }: Pick<Reader, 'open'>, options: FuzzOptions): Promise<FuzzResult> {
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);
  process.on('unhandledRejection', note);
  const reader = await open();
  let [cases, slowestMs] = [0, 0];
  try {
    const property = fc.asyncProperty(reader.cases, async (input) => {
      cases += 1;
      const before = process.cpuUsage();
      const outputs = await reader.run(input);
      const { user, system } = process.cpuUsage(before);
      const tookMs = (user + system) / 1000;
      slowestMs = Math.max(slowestMs, tookMs);
      await setImmediate();
      const left = rejections.splice(0).map((reason) => `an unhandled rejection: ${textOf(reason)}`);
      const internal = outputs.filter((output) => INTERNAL.test(output) && !INTERNAL.test(String(input)));
      const slow = options.mostMs !== undefined && tookMs > options.mostMs ? [`it took ${Math.round(tookMs)} ms`] : [];
      const problems = [...left, ...internal.map((output) => output.slice(0, 500)), ...secretsIn(outputs), ...slow];
      if (problems.length > 0) throw new Error(problems.join('\n'));
    });
    const run = await fc.check(property, {
      seed: options.seed,
      numRuns: options.cases ?? Number.MAX_SAFE_INTEGER,
      ...(options.minutes === undefined ? {} : { interruptAfterTimeLimit: options.minutes * 60_000 }),
    });
    return { cases, slowestMs, problem: run.failed ? described(run) : null };
  } finally {
    process.off('unhandledRejection', note);
    await reader.close();
  }
}

const MOST_SHOWN = 4_000;

function described({ seed, counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[unknown]>): string {
  const [input] = counterexample ?? [];
  const shown = typeof input === 'string' ? input : JSON.stringify(input);
  return [
    `seed ${seed}, path ${counterexamplePath ?? 'none'}`,
    textOf(errorInstance),
    `input: ${shown?.slice(0, MOST_SHOWN)}`,
  ].join('\n');
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 8).join('\n') : String(error);
}
