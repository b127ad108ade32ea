import { Redis } from 'ioredis';

/**
 * Sends what one turn of the event loop has for Redis in one write. Jobs ask for a few small things at once, all the time,
 * and each write of its own costs more than the command. ioredis's automatic pipelining does the same with pipelines, and
 * breaks where a script is defined after its first command, as BullMQ does.
 */
export class OneWriteRedis extends Redis {
  #isHeld = false;

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
}
