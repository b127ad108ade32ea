import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeReceiver } from '@slack/bolt';
import { WebAPIPlatformError } from '@slack/web-api';
import type { Logger } from 'pino';
import { boltLog } from './bolt-log.ts';

export interface SocketIntake {
  readonly receiver: SocketModeReceiver;
  /** Resolves after the first attempt, also a vain one; rejects when Slack refuses the token: trying again cannot help then. */
  start(): Promise<void>;
  stop(): Promise<void>;
  connected(): boolean;
}

const LONGEST_PAUSE_MS = 30_000;
const CLOSE_PATIENCE_MS = 2_000;

/**
 * Keeps a socket open by itself. The package's own reconnecting waits 5 s and more each time Slack recycles a connection, and
 * ends the process by an unhandled rejection when Slack cannot be reached meanwhile.
 */
export function createSocketIntake(appToken: string, apiUrl: string | undefined, log: Logger): SocketIntake {
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    logger: boltLog(log),
    // `app.error` has logged it already. Unacknowledged, it is delivered again.
    processEventErrorHandler: async () => false,
    installerOptions: {
      clientOptions: {
        ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: 10_000,
      },
    },
  });
  const { client } = receiver;
  const stopping = new AbortController();
  let connected = false;
  let onLost = () => {};
  client.on('disconnected', () => {
    connected = false;
    onLost();
  });

  /** Resolves when connected, with a promise of the end of that connection. */
  async function open(): Promise<{ lost: Promise<void> }> {
    const lost = new Promise<void>((resolve) => {
      onLost = resolve;
    });
    await client.start();
    // The package goes on connecting when it is told to disconnect meanwhile.
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
      await pause(failures);
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

  /** Never nothing, in case Slack closes every connection at once. */
  async function pause(failures: number): Promise<void> {
    const ms = Math.min(LONGEST_PAUSE_MS, 250 * 2 ** failures);
    await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  return {
    receiver,
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
      const late = sleep(CLOSE_PATIENCE_MS, 'late', { ref: false });
      // A second call no longer waits for the other side to say goodbye.
      if ((await Promise.race([closed, late])) === 'late') await client.disconnect();
    },
    connected: () => connected,
  };
}
