import type { Logger } from 'pino';
import type { TokenSource } from './token-source.ts';

const REMOVABLE = {
  info: ': when every process has it, TOKEN_ENCRYPTION_KEY_PREVIOUS can be removed',
  error: ' except those that neither it nor TOKEN_ENCRYPTION_KEY_PREVIOUS can decrypt: reinstall the app there',
};

export interface Renewals extends Pick<TokenSource, 'renewDue'> {
  /** Runs before anything else; null when there are no earlier keys. */
  readonly encryptAgain: TokenSource['encryptAgain'] | null;
}

/** Renews tokens ahead of time until it is closed, even for inactive workspaces. */
export function startRenewals(
  { renewDue, encryptAgain }: Renewals,
  log: Logger,
  intervalMs = 5_000,
): { close(): Promise<void> } {
  const ending = new AbortController();
  let isFailing = false;
  let round: Promise<void> | null = null;
  let isEncrypted = encryptAgain === null;

  async function encrypt(): Promise<void> {
    if (isEncrypted || encryptAgain === null) return;
    const count = await encryptAgain(ending.signal);
    isEncrypted = true;
    const level = count.unreadable === 0 ? 'info' : 'error';
    log[level](count, `TOKEN_ENCRYPTION_KEY is now the key of all installations${REMOVABLE[level]}`);
  }

  async function renew(): Promise<void> {
    try {
      await encrypt();
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
