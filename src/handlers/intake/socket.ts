import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeReceiver } from '@slack/bolt';
import { WebAPIPlatformError } from '@slack/web-api';
import type { Logger } from 'pino';
import { z } from 'zod';
import { parseJson } from '../../language/json.ts';
import { boltLog } from './bolt-log.ts';
import { MalformedPayload } from './payload.ts';
import { createRateLimitNotices } from './rate-limit-notice.ts';

interface SocketIntake {
  readonly receiver: SocketModeReceiver;
  /** Resolves after the first attempt, even a failed one; rejects if Slack rejects the token, because trying again can't help. */
  start(): Promise<void>;
  stop(): Promise<void>;
  connected(): boolean;
}

const LONGEST_PAUSE_MS = 30_000;
const CLOSE_LIMIT_MS = 2_000;

type Client = SocketModeReceiver['client'];
type Reject = (reason: string, acknowledge: () => Promise<unknown>) => Promise<void>;

/** Socket mode with its own reconnecting, and with a check of every frame. */
export function createSocketIntake(appToken: string, apiUrl: string | undefined, log: Logger): SocketIntake {
  const reject: Reject = async (reason, acknowledge) => {
    log.warn({ reason }, 'malformed request');
    await acknowledge().catch((err: unknown) => log.warn({ err }, 'a malformed request could not be acknowledged'));
  };
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    logger: boltLog(log),
    async processEventErrorHandler({ error, event }) {
      // Delivering it again can't help. Any other error was logged by `app.error`, and Slack delivers again.
      if (error instanceof MalformedPayload) await reject(error.message, event.ack);
      return false;
    },
    installerOptions: {
      clientOptions: {
        ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: 10_000,
      },
    },
  });
  checkFrames(receiver.client, reject, createRateLimitNotices(log));
  return { receiver, ...keptConnection(receiver.client, log) };
}

/**
 * Reconnects whenever the connection ends. The package's own reconnecting waits 5 s and more each time Slack recycles a
 * connection, and crashes the process with an unhandled rejection if Slack is unreachable.
 */
function keptConnection(client: Client, log: Logger): Omit<SocketIntake, 'receiver'> {
  const stopping = new AbortController();
  let connected = false;
  let onLost = () => {};
  client.on('disconnected', () => {
    connected = false;
    onLost();
  });

  /** Resolves when connected, with a promise that resolves when the connection is lost. */
  async function open(): Promise<{ lost: Promise<void> }> {
    const lost = new Promise<void>((resolve) => {
      onLost = resolve;
    });
    await client.start();
    // If `disconnect` is called before the connection is open, the package keeps trying to connect.
    if (stopping.signal.aborted) void client.disconnect();
    else {
      connected = true;
      log.info('connected to Slack by socket');
    }
    return { lost };
  }

  async function keepOpen(first: { lost: Promise<void> } | null): Promise<void> {
    await first?.lost;
    for (let failures = first === null ? 1 : 0; !stopping.signal.aborted; ) {
      // Always a pause, in case Slack closes every connection immediately.
      const ms = Math.min(LONGEST_PAUSE_MS, 250 * 2 ** failures);
      await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        const { lost } = await open();
        failures = 0;
        await lost;
      } catch (error) {
        failures += 1;
        if (!stopping.signal.aborted) log.warn({ err: error, failures }, 'no socket to Slack, trying again');
      }
    }
  }

  return {
    async start() {
      const first = await open().catch((error: unknown) => {
        if (error instanceof WebAPIPlatformError) throw error;
        log.warn({ err: error }, 'no socket to Slack yet, trying again');
        return null;
      });
      void keepOpen(first);
    },
    async stop() {
      stopping.abort();
      const closed = client.disconnect();
      const late = sleep(CLOSE_LIMIT_MS, 'late', { ref: false });
      // A second call doesn't wait for Slack's close frame.
      if ((await Promise.race([closed, late])) === 'late') await client.disconnect();
    },
    connected: () => connected,
  };
}

const frameSchema = z.looseObject({
  type: z.string(),
  envelope_id: z.string().optional(),
  payload: z.unknown().optional(),
});
const eventSchema = z.looseObject({ event: z.looseObject({ type: z.string() }) });
/** Frames that carry requests; all others are about the connection. */
const ENVELOPES = ['events_api', 'interactive', 'slash_commands'];

/**
 * The package reads frames in a promise that nothing awaits, and emits event types on the same emitter as its own events. So
 * this passes on only frames that it can read and whose type isn't one of its own event names.
 */
function checkFrames(client: Client, reject: Reject, isRateLimitNotice: (payload: unknown) => boolean): void {
  const listeners = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown, ...rest: unknown[]) => {
    const frame = frameSchema.safeParse(parseJson(String(data))).data;
    const { envelope_id: id, type = '', payload } = frame ?? {};
    const acknowledge = async () => {
      if (id !== undefined) client.websocket?.send(JSON.stringify({ envelope_id: id }), () => undefined);
    };
    if (isRateLimitNotice(payload)) return void acknowledge();
    const reason = frame === undefined ? 'The frame isn’t a JSON object with a type.' : problemWith(type, payload);
    if (reason !== null) return void reject(reason, acknowledge);
    for (const listener of listeners) listener.call(client, data, ...rest);
  });

  function problemWith(type: string, payload: unknown): string | null {
    if (type === 'hello' || type === 'disconnect') return null;
    if (!ENVELOPES.includes(type)) return 'The frame has an unknown type.';
    if (type !== 'events_api') return null;
    const event = eventSchema.safeParse(payload).data?.event;
    if (event === undefined) return 'The payload has no event.';
    return client.listenerCount(event.type) > 0 ? 'The type of the event is reserved.' : null;
  }
}
