/** Tracks whether the embedded queue's disk has room, because PostgreSQL reports a full disk only per failed statement. */
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { isDiskFull } from '../queue-errors.ts';

export interface DiskRoom {
  isFull(): boolean;
  /** Whether a full disk made the statement fail; the disk then counts as full until there is room again. */
  isReason(error: unknown): boolean;
  onFree(listener: () => void): void;
  end(): void;
}

export const DISK_IS_FULL = 'The disk of DATA_DIR is full: free some space.';

const TRY_EVERY_MS = 1000;
/** More than a few statements need, so that a nearly full disk is one outage and not many. */
const ROOM_BYTES = 4 * 1024 * 1024;

export function watchRoom(directory: string, log: Logger): DiskRoom {
  const listeners: (() => void)[] = [];
  let trying: NodeJS.Timeout | null = null;

  async function tryAgain(): Promise<void> {
    const hasRoom = await checkRoom(directory).then(
      () => true,
      () => false,
    );
    if (!hasRoom) return void trying?.refresh();
    if (trying === null) return;
    trying = null;
    log.info({ directory }, 'the disk of the queue has room again');
    for (const listener of listeners) listener();
  }

  return {
    isFull: () => trying !== null,
    isReason(error) {
      if (!isDiskFull(error)) return false;
      if (trying !== null) return true;
      log.error({ directory }, 'the disk of the queue is full; trying again until there is room');
      trying = setTimeout(tryAgain, TRY_EVERY_MS);
      return true;
    },
    onFree: (listener) => void listeners.push(listener),
    end() {
      if (trying !== null) clearTimeout(trying);
      trying = null;
    },
  };
}

/**
 * Rejects with the system's error when nothing can be written. It writes instead of asking for free space, because that space
 * may be reserved for others, or a quota may apply.
 */
export async function checkRoom(directory: string): Promise<void> {
  const path = join(directory, 'room-check');
  try {
    await writeFile(path, randomBytes(ROOM_BYTES), { mode: 0o600 });
  } finally {
    await rm(path, { force: true });
  }
}
