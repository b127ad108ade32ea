import { createHmac } from 'node:crypto';
import { type JsonObject, parseJson } from '../json.ts';
import type { EnvelopeType, SocketMode } from './socket-mode.ts';

/** Where Slack sends what people do. */
export type BotEndpoint = { readonly kind: 'http'; readonly eventsUrl: string } | { readonly kind: 'socket' };

export type Receipt =
  /** `body` is the parsed JSON, the bare text, or an empty string. */
  | { readonly outcome: 'acknowledged'; readonly body: unknown }
  | { readonly outcome: 'timed-out' }
  /**
   * `status` is null when there was no HTTP answer at all, and `isUnreachable` is set when there was not even a connection: the app
   * cannot have heard of it.
   */
  | {
      readonly outcome: 'failed';
      readonly status: number | null;
      readonly wantsNoRetry: boolean;
      readonly isUnreachable?: true;
    };

export type Delivery =
  | { readonly kind: 'command'; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: 'interaction'; readonly payload: JsonObject }
  | { readonly kind: 'event'; readonly payload: JsonObject; readonly retry?: Retry };

export interface Retry {
  readonly attempt: number;
  readonly reason: 'http_timeout' | 'http_error' | 'connection_failed' | 'timeout';
}

export interface Signing {
  readonly secret: string;
  /** Milliseconds; default the real time, because the receiver compares with its own clock. */
  readonly at?: number;
}

/** The headers by which an app knows that a request comes from Slack. */
export function signature(body: string, { secret, at = Date.now() }: Signing): Readonly<Record<string, string>> {
  const timestamp = Math.floor(at / 1000);
  const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': String(timestamp), 'x-slack-signature': `v0=${digest}` };
}

/** Sends once, over whichever transport the app uses. */
export function deliver(
  delivery: Delivery,
  bot: BotEndpoint,
  transport: { readonly socketMode: SocketMode; readonly signing: Signing; readonly timeoutMs: number },
): Promise<Receipt> {
  return bot.kind === 'http'
    ? deliverByHttp(delivery, bot.eventsUrl, transport)
    : deliverBySocket(delivery, transport.socketMode, transport.timeoutMs);
}

async function deliverBySocket(delivery: Delivery, socketMode: SocketMode, timeoutMs: number): Promise<Receipt> {
  const types: Readonly<Record<Delivery['kind'], EnvelopeType>> = {
    command: 'slash_commands',
    interaction: 'interactive',
    event: 'events_api',
  };
  const payload = delivery.kind === 'command' ? delivery.fields : delivery.payload;
  const retry = delivery.kind === 'event' && delivery.retry !== undefined ? { retry: delivery.retry } : {};
  const isConnected = socketMode.connectionCount() > 0;
  const answer = await socketMode.send(types[delivery.kind], payload, { timeoutMs, ...retry });
  if (answer !== null) return { outcome: 'acknowledged', body: answer };
  return isConnected ? { outcome: 'timed-out' } : { outcome: 'failed', status: null, wantsNoRetry: false };
}

async function deliverByHttp(
  delivery: Delivery,
  url: string,
  { signing, timeoutMs }: { readonly signing: Signing; readonly timeoutMs: number },
): Promise<Receipt> {
  const { type, body } = httpBody(delivery);
  const retry = delivery.kind === 'event' ? delivery.retry : undefined;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        // Exactly these: receivers compare the type without parameters.
        'content-type': type,
        ...signature(body, signing),
        ...(retry === undefined
          ? {}
          : { 'x-slack-retry-num': String(retry.attempt), 'x-slack-retry-reason': retry.reason }),
      },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (response.ok) return { outcome: 'acknowledged', body: parseJson(text) ?? text };
    const wantsNoRetry = response.headers.get('x-slack-no-retry') === '1';
    return { outcome: 'failed', status: response.status, wantsNoRetry };
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return { outcome: 'timed-out' };
    if (error instanceof TypeError) {
      return { outcome: 'failed', status: null, wantsNoRetry: false, ...(isRefused(error) && { isUnreachable: true }) };
    }
    throw error;
  }
}

function httpBody(delivery: Delivery): { readonly type: string; readonly body: string } {
  if (delivery.kind === 'event') return { type: 'application/json', body: JSON.stringify(delivery.payload) };
  const fields = delivery.kind === 'command' ? delivery.fields : { payload: JSON.stringify(delivery.payload) };
  return { type: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString() };
}

/** Whether nothing listens there, as `fetch` says it. */
function isRefused({ cause }: TypeError): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}
