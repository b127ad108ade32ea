/** A Redis connection that notices when it has become useless, and replaces itself. */
import { Redis, type RedisOptions } from 'ioredis';
import { reasonOf, UnusableQueue } from '../queue-errors.ts';

/** BullMQ's own waits grow to twenty seconds. */
const LONGEST_WAIT_MS = 2000;
/**
 * After a temporary error reply, the next connection waits this long. Any other error reply reaches workers after this delay,
 * because BullMQ retries immediately.
 */
const REFUSAL_PAUSE_MS = 1000;
/** Timeouts in case the heartbeat fails. A worker's own connection waits up to ten seconds for jobs. */
const SILENCE_MS = 10_000;
const BLOCKED_SILENCE_MS = 13_000;
const COMMON = {
  connectTimeout: 5000,
  disconnectTimeout: 500,
  maxLoadingRetryTime: 1000,
  socketTimeout: SILENCE_MS,
};

type ErrorReply = Parameters<Redis['handleReconnection']>;

export class QueueConnection extends Redis {
  readonly #isPatient: boolean;
  readonly #refusal: { isRecent: boolean };
  #isHeld = false;

  constructor(options: RedisOptions) {
    const isPatient = options.maxRetriesPerRequest === null;
    const refusal = { isRecent: false };
    super({
      ...COMMON,
      ...(options as object),
      retryStrategy(attempt) {
        const waitMs = refusal.isRecent ? REFUSAL_PAUSE_MS : Math.min(attempt * 200, LONGEST_WAIT_MS);
        refusal.isRecent = false;
        return waitMs;
      },
      // The command itself stays pending or is rejected: see `handleReconnection`.
      reconnectOnError: (error) => (isPatient ? isTemporary(error) && 2 : isDemotion(error) && 1),
    });
    this.#isPatient = isPatient;
    this.#refusal = refusal;
  }

  /** BullMQ calls this to create the connection on which a worker waits for jobs. */
  override duplicate(options: Partial<RedisOptions> = {}): ReturnType<Redis['duplicate']> {
    const copy: Redis = new QueueConnection({ ...this.options, ...options, socketTimeout: BLOCKED_SILENCE_MS });
    return copy as ReturnType<Redis['duplicate']>;
  }

  /**
   * Sends all commands of one turn of the event loop in one write. Jobs send a few small commands in each turn, and a separate
   * write costs more than the command. ioredis's automatic pipelining does the same with pipelines, but breaks where a script
   * is defined after its first command, as BullMQ does.
   */
  override sendCommand(...sent: Parameters<Redis['sendCommand']>): unknown {
    const { stream } = this;
    if (!this.#isHeld && stream?.writable) {
      this.#isHeld = true;
      stream.cork();
      setImmediate(() => {
        this.#isHeld = false;
        stream.uncork();
      });
    }
    return super.sendCommand(...sent);
  }

  /**
   * When ioredis can't select the configured database, it continues in database 0. This connection instead never becomes ready.
   */
  override async select(index: number | string): Promise<'OK'> {
    try {
      return await super.select(index);
    } catch (error) {
      this.emit(
        'error',
        new UnusableQueue(`Redis doesn’t give this bot access to database ${index}: ${reasonOf(error)}.`),
      );
      this.disconnect(true);
      return new Promise(() => {});
    }
  }

  /** Called by ioredis with every error reply. */
  override handleReconnection(error: ErrorReply[0], item: ErrorReply[1]): void {
    // ioredis adds the arguments of the command, and a log must show neither requests nor passwords.
    if ('command' in error) delete error.command;
    const { name } = item.command as { readonly name?: string };
    if (name === 'info' && error.message.startsWith('NOPERM ')) {
      this.#infoFromGreeting().then(item.command.resolve, item.command.reject);
      return;
    }
    const handOver = () => super.handleReconnection(error, item);
    if (isTemporary(error)) this.#refusal.isRecent = true;
    else if (this.#isPatient && !error.message.startsWith('NOSCRIPT ')) {
      setTimeout(handOver, REFUSAL_PAUSE_MS);
      return;
    }
    handOver();
  }

  /** Ignores repeated calls: every rejected command calls this, and each call would wait again for the connection to end. */
  override disconnect(isToReconnect = false): void {
    if (!isToReconnect || this.stream?.writable !== false) super.disconnect(isToReconnect);
  }

  /** The fields of INFO that BullMQ, ioredis, and this bot read, for Redis users who aren't allowed to run INFO. */
  async #infoFromGreeting(): Promise<string> {
    const said = fieldsIn(await this.hello());
    const role = said.get('role') === 'replica' ? 'slave' : said.get('role');
    return `redis_version:${said.get('version')}\r\nredis_mode:${said.get('mode')}\r\nrole:${role}\r\n`;
  }
}

/** The server became a replica: the new master is behind the same address, or the Sentinels know it. */
function isDemotion({ message }: Error): boolean {
  return message.startsWith('READONLY ') || message.startsWith('UNBLOCKED ');
}

/** Patient callers resend such a command on a new connection, ahead of later commands. */
function isTemporary(error: Error): boolean {
  const isUnable = /^(?:OOM|MISCONF|LOADING|MASTERDOWN|NOREPLICAS|BUSY|CLUSTERDOWN|TRYAGAIN) /.test(error.message);
  return isUnable || isDemotion(error);
}

/** Fields of a map in a reply: a list of names and values, or an object, depending on the protocol. */
function fieldsIn(reply: unknown): ReadonlyMap<unknown, unknown> {
  if (!Array.isArray(reply)) return new Map(Object.entries(Object(reply)));
  return new Map(Array.from({ length: reply.length / 2 }, (_, index) => [reply[2 * index], reply[2 * index + 1]]));
}
