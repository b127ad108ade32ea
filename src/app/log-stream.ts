/** The log of a running bot: written to stderr without waiting for its reader. */
import { type DestinationStream, destination } from 'pino';

const STDERR = 2;
/** Characters that may wait for a slow reader: a few minutes of a busy bot's log. Later lines are dropped and counted. */
const MOST_WAITING = 4_000_000;
/** A reader that has taken nothing for this long counts as stuck. */
const STUCK_MS = 1_000;
/** Lines are written in batches: for a busy bot, a write per line costs more than the line itself. */
const WRITTEN_TOGETHER = { minLength: 4_096, periodicFlush: 100 };

/**
 * A paused terminal or a stuck log collector stops only the log, not the bot or its shutdown. A normal exit writes the
 * remaining lines; a kill loses the most recent ones.
 */
export function openLogStream(): DestinationStream {
  let waitingSinceMs: number | null = null;
  let dropped = 0;
  // Registered before pino's own listener, which would wait for the reader without a limit.
  process.once('exit', () => {
    if (waitingSinceMs !== null && performance.now() - waitingSinceMs >= STUCK_MS) stderr.destroy();
  });
  const stderr = destination({ dest: STDERR, sync: false, maxLength: MOST_WAITING, ...WRITTEN_TOGETHER });
  stderr.on('write', () => {
    waitingSinceMs = performance.now();
  });
  stderr.on('drain', () => {
    waitingSinceMs = null;
    if (dropped > 0) stderr.write(droppedLine(dropped));
    dropped = 0;
  });
  stderr.on('drop', () => {
    dropped += 1;
  });
  return {
    write(line) {
      waitingSinceMs ??= performance.now();
      stderr.write(line);
    },
  };
}

/** Shaped like the lines of pino. */
function droppedLine(lines: number): string {
  const msg = 'log lines were dropped because no one read them';
  return `${JSON.stringify({ level: 40, time: Date.now(), pid: process.pid, lines, msg })}\n`;
}
