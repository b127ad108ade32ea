import { setTimeout } from 'node:timers/promises';
import type { JsonObject } from '../json.ts';
import type { Team } from '../state/model.ts';
import type { Store } from '../state/store.ts';
import { type BotEndpoint, type Delivery, deliver, type Receipt, type Retry } from './delivery.ts';
import { eventCallback } from './events.ts';
import type { SocketMode } from './socket-mode.ts';

/** Everything on its way from the workspace to the app. */
export interface Outbox {
  connect(bot: BotEndpoint): void;
  /** Once, without retries. */
  send(delivery: Delivery): Promise<Receipt>;
  /** With Slack's retries; resolves with the last receipt. */
  sendEvent(event: JsonObject, team: Team): Promise<Receipt>;
  /** Sends in the background. An app that listens nowhere misses its events, as it would at Slack after the retries. */
  announce(event: JsonObject, team: Team): void;
  isBusy(): boolean;
  lastReceiptAt(): number;
  close(): void;
}

export function createOutbox(options: {
  readonly store: Store;
  readonly socketMode: SocketMode;
  readonly signingSecret: string;
  readonly bot: BotEndpoint | null;
  readonly ackTimeoutMs: number;
  readonly retryDelaysMs: readonly number[];
}): Outbox {
  const { store, socketMode } = options;
  const closing = new AbortController();
  let bot = options.bot;
  let underway = 0;
  let lastReceiptAt = Date.now();

  function endpoint(): BotEndpoint | null {
    return bot ?? (socketMode.connectionCount() > 0 ? { kind: 'socket' } : null);
  }

  async function send(delivery: Delivery): Promise<Receipt> {
    const to = endpoint();
    if (to === null) return { outcome: 'failed', status: null, wantsNoRetry: false };
    underway += 1;
    try {
      const signing = { secret: options.signingSecret };
      return await deliver(delivery, to, { socketMode, signing, timeoutMs: options.ackTimeoutMs });
    } finally {
      underway -= 1;
      lastReceiptAt = Date.now();
    }
  }

  async function sendEvent(event: JsonObject, team: Team): Promise<Receipt> {
    const payload = eventCallback(event, team, store);
    let receipt = await send({ kind: 'event', payload });
    for (const [index, delayMs] of options.retryDelaysMs.entries()) {
      if (receipt.outcome === 'acknowledged' || (receipt.outcome === 'failed' && receipt.wantsNoRetry)) break;
      const retry: Retry = { attempt: index + 1, reason: retryReason(receipt) };
      if (!(await pause(delayMs, closing.signal))) break;
      receipt = await send({ kind: 'event', payload, retry });
    }
    return receipt;
  }

  return {
    connect(endpointOfBot) {
      bot = endpointOfBot;
    },
    send,
    sendEvent,
    announce(event, team) {
      if (endpoint() !== null) void sendEvent(event, team);
    },
    isBusy: () => underway > 0,
    lastReceiptAt: () => lastReceiptAt,
    close: () => closing.abort(),
  };
}

function retryReason(receipt: Receipt): Retry['reason'] {
  if (receipt.outcome === 'timed-out') return 'http_timeout';
  return receipt.outcome === 'failed' && receipt.status === null ? 'connection_failed' : 'http_error';
}

/** False when the workspace closes first. */
function pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
  return setTimeout(delayMs, true, { signal }).catch(() => false);
}
