/**
 * Sends the bot's own spans to a collector. Nothing waits for it: spans that can't be sent are dropped, and logged once per
 * outage.
 *
 * OpenTelemetry's SDK isn't used: its current line needs Node 22, brings nine packages and 20 MB, and generates its own IDs,
 * whereas these are derived from the request's ID.
 */
import type { Logger } from 'pino';
import { request } from 'undici';
import { onStretch } from '../../jobs/telemetry.ts';
import { attributesOf, type OtlpSpan, spansOf } from './spans.ts';

export interface ExporterOptions {
  /** Base URL of the collector's HTTP receiver; `/v1/traces` is added. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly version: string;
  /** Names this process among others. */
  readonly instance: string;
  readonly log: Logger;
  readonly everyMs?: number;
}

export interface Exporter {
  /** Sends all spans recorded so far. Never rejects. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const EVERY_MS = 5_000;
const LIMIT_MS = 5_000;
const MOST_PER_REQUEST = 512;
/** More spans than a busy process makes in a minute. */
const MOST_KEPT = 8_192;

export function startExporter({ log, everyMs = EVERY_MS, ...options }: ExporterOptions): Exporter {
  const url = `${options.url.replace(/(?<!\/)\/+$/, '')}/v1/traces`;
  const resource = {
    attributes: attributesOf({
      'service.name': 'ktrdr-bot',
      'service.version': options.version,
      'service.instance.id': options.instance,
    }),
  };
  let waiting: OtlpSpan[] = [];
  let dropped = 0;
  let isFailing = false;
  let sending: Promise<void> | null = null;

  const end = onStretch((traced) => {
    const spans = spansOf(traced);
    if (waiting.length + spans.length > MOST_KEPT) dropped += spans.length;
    else waiting.push(...spans);
  });

  async function send(spans: readonly OtlpSpan[]): Promise<void> {
    const body = JSON.stringify({
      resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'ktrdr-bot' }, spans }] }],
    });
    const headers = { ...options.headers, 'content-type': 'application/json' };
    const response = await request(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(LIMIT_MS) });
    await response.body.dump();
    if (response.statusCode >= 300) throw new Error(`The collector answered HTTP ${response.statusCode}.`);
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const spans = waiting.slice(0, MOST_PER_REQUEST);
      waiting = waiting.slice(MOST_PER_REQUEST);
      try {
        await send(spans);
        if (isFailing) log.info({ dropped }, 'the collector takes spans again');
        isFailing = false;
      } catch (error) {
        dropped += spans.length + waiting.length;
        waiting = [];
        const reason = error instanceof Error ? error.message : String(error);
        if (!isFailing)
          log.warn(
            { reason },
            'the collector of OTEL_EXPORTER_OTLP_ENDPOINT takes no spans; they are dropped until it does',
          );
        isFailing = true;
      }
    }
  }

  async function flush(): Promise<void> {
    // Spans recorded while the last batch was being sent need another batch.
    await sending;
    sending ??= sendAll().finally(() => {
      sending = null;
    });
    await sending;
  }

  const timer = setInterval(() => void flush(), everyMs);
  timer.unref();
  return {
    flush,
    async close() {
      clearInterval(timer);
      end();
      await flush();
    },
  };
}
