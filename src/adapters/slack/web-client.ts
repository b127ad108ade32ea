import { type Logger, LogLevel, WebClient } from '@slack/web-api';
import { request } from 'undici';
import { z } from 'zod';
import { untilAborted } from '../../jobs/health/in-time.ts';
import { record } from '../../jobs/telemetry.ts';
import { parseJson } from '../../language/json.ts';

/** Silent, because the client would log to the console what the outcome of each call already reports. */
const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  setName: () => {},
  getLevel: () => LogLevel.ERROR,
};

/** Slack's client without retries, pauses, and pacing, which are the queue's job. */
export function createWebClient(apiUrl: string | undefined, timeoutMs: number): WebClient {
  return new WebClient(undefined, {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    allowAbsoluteUrls: false,
    fetch: slackFetch,
    logger: SILENT,
  });
}

const answerSchema = z.object({
  ok: z.boolean(),
  error: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .catch('other'),
});

/** Statuses whose answers have no body, not even an empty one. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * The `fetch` of Slack's client. An answer takes five to seven calls, and the streams of the built-in `fetch` cost too much for
 * such small bodies. A response that Slack would not send in this form is an error, as with `fetch`, because it doesn't show
 * whether the call took effect.
 */
export const slackFetch: typeof fetch = async (url, init = {}) => {
  const { body } = init;
  // Only calls of Web API methods, whose body is text. Files are uploaded to another address.
  if (typeof url !== 'string' || typeof body !== 'string') return fetch(url, init);
  const method = url.slice(url.lastIndexOf('/') + 1);
  try {
    const { status, text, headers } = await call(url, body, init);
    record({ kind: 'slack-call', method, outcome: outcomeName(status, text) });
    return new Response(BODILESS.has(status) ? null : text, { status, headers });
  } catch (error) {
    record({ kind: 'slack-call', method, outcome: 'no_answer' });
    throw error;
  }
};

async function call(url: string, body: string, { method = 'GET', headers, signal }: RequestInit) {
  const asking = request(url, {
    method: method as 'POST',
    headers: { ...(headers as Record<string, string>), 'accept-encoding': 'identity' },
    body,
    signal: signal ?? null,
  });
  // While undici waits for a connection, it ignores the signal.
  const answer = await (signal == null ? asking : untilAborted(asking, signal));
  const { statusCode: status } = answer;
  const text = await answer.body.text();
  if (status >= 300 && status < 400 && status !== 304) throw new TypeError('the answer is a redirect');
  if ((answer.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new TypeError('the answer is compressed, though nobody asked for that');
  }
  const received = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
  return { status, text, headers: received };
}

/** The outcome label for the metrics. */
function outcomeName(status: number, text: string): string {
  if (status === 429) return 'rate_limited';
  if (status !== 200) return `http_${status}`;
  // Nearly every response starts like this, and parsing a whole history only to count it would be expensive.
  if (text.startsWith('{"ok":true')) return 'ok';
  const answer = answerSchema.safeParse(parseJson(text)).data;
  if (answer === undefined) return 'unreadable';
  return answer.ok ? 'ok' : answer.error;
}
