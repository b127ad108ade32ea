/** Why a workspace has no usable token. The messages are for people there, so they don't name the workspace. */
import type { NoToken } from '../../jobs/ports.ts';

/** Retrying won't help until the app is installed or the configuration is fixed. */
export class TokenMissing extends Error {
  override readonly name = 'TokenMissing';
  readonly reason: Exclude<NoToken, 'token_late'>;

  constructor(reason: TokenMissing['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The token has expired and could not be renewed yet. Nothing was sent to Slack. */
export class TokenLate extends Error {
  override readonly name = 'TokenLate';
  readonly reason = 'token_late';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, message: string) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

export function notInstalled(): TokenMissing {
  return new TokenMissing('not_installed', 'ktrdr-bot isn’t installed in this workspace.');
}

export function installationUnreadable(): TokenMissing {
  return new TokenMissing(
    'installation_unreadable',
    'The installation for this workspace can’t be decrypted, because it was stored with another TOKEN_ENCRYPTION_KEY. Set that key again, or reinstall the app.',
  );
}
