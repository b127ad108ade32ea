/** The queue answers, but this bot must not use it as it is configured. The message is a sentence for the administrator. */
export class UnusableQueue extends Error {
  override readonly name = 'UnusableQueue';
}

/** Redis's error replies while it can't take writes. Any other error reply is a bug in the bot. */
const UNABLE =
  /^(?:READONLY|LOADING|OOM|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|NOAUTH|WRONGPASS|NOPERM|BUSY|MOVED|CROSSSLOT) /;

/** Messages for commands that were never sent. ioredis and PGlite have no error classes for these. */
const NOT_SENT = /^(?:Stream isn't writeable|PGlite is clos)/;

/** The connection ended, or was abandoned, between the command and its reply. */
const NO_REPLY =
  /^(?:Command timed out$|Connection is closed|Reached the max retries per request|Command aborted due to connection close)/;

/**
 * Shows what an error of a queue client means for the command: `not-added` when it certainly has no effect, `unknown` when
 * Redis may have executed it or may execute it later, `null` when the error isn't about the queue's availability.
 */
export function outcomeOfQueueError(error: unknown): 'not-added' | 'unknown' | null {
  if (!(error instanceof Error)) return null;
  if (isDiskFull(error)) return 'not-added';
  if (error.name === 'ReplyError') return UNABLE.test(error.message) ? 'not-added' : null;
  if (NOT_SENT.test(error.message)) return 'not-added';
  return NO_REPLY.test(error.message) ? 'unknown' : null;
}

/** PostgreSQL's "disk full". */
const DISK_FULL = '53100';

/** Whether PostgreSQL couldn't write because the disk was full. The statement then had no effect. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === DISK_FULL;
}

/** Whether an error of a queue client means that the queue is unreachable or takes no writes. */
export function isQueueUnavailable(error: unknown): boolean {
  return outcomeOfQueueError(error) !== null;
}

/** The first line, without the arguments of a command that Redis repeats, which can be a request or a script. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  const [said = ''] = line.split(/,? with args beginning with/, 1);
  return said.replace(/ script: [0-9a-f]{40}, on @user_script:\d+\.?$/, '').replace(/\.$/, '');
}
