import type { Logger } from 'pino';
import type { Store } from '../../jobs/ports.ts';

/** One line for each part of the store: a version change makes many values unreadable at once. */
export function logUnreadable(log: Logger): Store['reportUnreadable'] {
  const known = new Set<string>();
  return (key) => {
    const [part = ''] = key.split(':', 1);
    if (known.has(part)) return;
    known.add(part);
    log.warn({ part }, 'ignored a stored value that this version cannot read');
  };
}
