import type { Logger } from 'pino';
import type { TokenSource } from './token-source.ts';

/** Renews tokens ahead of time until it is closed, also those of workspaces in which nothing happens. */
export function startRenewals(
  { renewDue }: Pick<TokenSource, 'renewDue'>,
  log: Logger,
  intervalMs = 5_000,
): { close(): Promise<void> } {
  const ending = new AbortController();
  let isFailing = false;
  let round: Promise<void> | null = null;

  async function renew(): Promise<void> {
    try {
      await renewDue(ending.signal);
      isFailing = false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isFailing) log.warn({ reason }, 'bot tokens cannot be renewed now; trying again until they can');
      isFailing = true;
    } finally {
      round = null;
    }
  }

  const timer = setInterval(() => {
    round ??= renew();
  }, intervalMs);
  return {
    async close() {
      ending.abort();
      clearInterval(timer);
      await round;
    },
  };
}
