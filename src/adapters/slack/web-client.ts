import { type Logger, LogLevel, WebClient } from '@slack/web-api';
import { request } from 'undici';

/** The client would write to the console what every outcome reports anyway. */
const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  setName: () => {},
  getLevel: () => LogLevel.ERROR,
};

/** Slack's client without retries, pauses, and pacing: those belong to the queue. */
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

/** Statuses whose answers have no body, not even an empty one. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * What Slack's client sends its requests with. An answer takes five to seven calls, and `fetch` spends more on the streams
 * of each than its few bytes are worth. A response that Slack would not send in this form is an error, as with `fetch`,
 * because it doesn't show whether the call took effect.
 */
export const slackFetch: typeof fetch = async (url, init = {}) => {
  const { method = 'GET', headers, body, signal } = init;
  // Only calls of Web API methods, whose body is text. Files are uploaded to another address.
  if (typeof url !== 'string' || typeof body !== 'string') return fetch(url, init);
  const answer = await untilAborted(
    signal,
    request(url, {
      method: method as 'POST',
      headers: { ...(headers as Record<string, string>), 'accept-encoding': 'identity' },
      body,
      signal: signal ?? null,
    }),
  );
  const { statusCode: status } = answer;
  const text = await answer.body.text();
  if (status >= 300 && status < 400 && status !== 304) throw new TypeError('the answer is a redirect');
  if ((answer.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new TypeError('the answer is compressed, though nobody asked for that');
  }
  return new Response(BODILESS.has(status) ? null : text, {
    status,
    headers: Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]),
  });
};

/** Until there is a connection, undici waits for it whatever the signal says. */
function untilAborted<Answer>(signal: AbortSignal | null | undefined, answer: Promise<Answer>): Promise<Answer> {
  if (signal == null) return answer;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
