/**
 * PGlite has one session, runs each statement on the event loop, and can't stop a running one. So statements take turns: those
 * of handlers come first and don't wait long, and the rest of the process runs between two statements.
 */
import type { PGlite, QueryOptions, Results } from '@electric-sql/pglite';
import type { DiskRoom } from './disk-room.ts';

export interface Session {
  query<Row>(text: string, parameters?: readonly unknown[], options?: QueryOptions): Promise<Results<Row>>;
  /** For several statements, without parameters. */
  exec(text: string, options?: QueryOptions): Promise<Results[]>;
}

export interface Turns {
  /** For handlers: rejects after 1.5 s in line, and immediately on a full disk. A rejected statement wasn't executed. */
  readonly urgent: Session;
  /** For workers: waits for its turn, and until there is room on the disk. */
  readonly patient: Session;
  /** Rejects all waiting statements. */
  end(): void;
}

interface Turn {
  run(): Promise<void>;
  reject(error: Error): void;
}

/** As for Redis: handlers must answer well within Slack's three seconds. */
const URGENT_LIMIT_MS = 1500;
/** If a statement still fails after room was available, the reason isn't the disk, so waiting longer is useless. */
const MOST_TRIES = 3;

export function takeTurns(db: PGlite, room: DiskRoom): Turns {
  const urgent: Turn[] = [];
  const patient: Turn[] = [];
  let isTaken = false;
  let isOver = false;
  room.onFree(takeNext);

  /** Waits for the event loop, because PGlite's own promises resolve without ever giving it a turn. */
  function takeNext(): void {
    if (isTaken) return;
    isTaken = true;
    setImmediate(async () => {
      const turn = urgent.shift() ?? (room.isFull() ? undefined : patient.shift());
      await turn?.run();
      isTaken = false;
      if (turn !== undefined) takeNext();
    });
  }

  function inLine<T>(line: Turn[], statement: () => Promise<T>, limitMs?: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const turn: Turn = {
        run() {
          clearTimeout(limit);
          return statement().then(resolve, reject);
        },
        reject,
      };
      const limit = limitMs === undefined ? undefined : setTimeout(giveUp, limitMs);
      function giveUp() {
        line.splice(line.indexOf(turn), 1);
        reject(new Error('Command timed out'));
      }
      if (isOver) return reject(closing());
      line.push(turn);
      takeNext();
    });
  }

  async function patiently<T>(statement: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await inLine(patient, statement);
      } catch (error) {
        if (!room.isReason(error) || tries === MOST_TRIES) throw error;
      }
    }
  }

  async function urgently<T>(statement: () => Promise<T>): Promise<T> {
    try {
      return await inLine(urgent, statement, URGENT_LIMIT_MS);
    } catch (error) {
      room.isReason(error);
      throw error;
    }
  }

  return {
    urgent: sessionOf(db, urgently),
    patient: sessionOf(db, patiently),
    end() {
      isOver = true;
      for (const turn of [...urgent.splice(0), ...patient.splice(0)]) turn.reject(closing());
    },
  };
}

function sessionOf(db: PGlite, take: <T>(statement: () => Promise<T>) => Promise<T>): Session {
  return {
    query: <Row>(text: string, parameters: readonly unknown[] = [], options?: QueryOptions) =>
      take(() => db.query<Row>(text, [...parameters], options)),
    exec: (text, options) => take(() => db.exec(text, options)),
  };
}

/** The same error as PGlite's own. */
function closing(): Error {
  return new Error('PGlite is closing');
}
