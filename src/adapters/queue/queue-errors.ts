/** What Redis answers while it can't take writes; any other answer to a command is a bug of ours. */
const UNABLE = /^(?:READONLY|LOADING|OOM|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|NOAUTH|WRONGPASS|BUSY) /;

/** ioredis and PGlite have no classes for these. */
const CONNECTION_LOST =
  /^(?:Command timed out$|Connection is closed|Stream isn't writeable|Reached the max retries per request|PGlite is clos)/;

/** PostgreSQL's "disk full". */
const DISK_FULL = '53100';

/** Whether PostgreSQL could not write for want of room. The statement then had no effect. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === DISK_FULL;
}

/** Whether an error of a queue client means that the queue is unreachable or takes no writes. */
export function isQueueUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isDiskFull(error)) return true;
  return error.name === 'ReplyError' ? UNABLE.test(error.message) : CONNECTION_LOST.test(error.message);
}
