import { setTimeout } from 'node:timers/promises';

/** The first value that is not null or false, asked for again and again; throws after the time. */
export async function until<T>(
  what: string,
  probe: () => T | null | false | Promise<T | null | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}.`);
    await setTimeout(20);
  }
}
