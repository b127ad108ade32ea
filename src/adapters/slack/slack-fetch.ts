import { request } from 'undici';

/** Statuses whose answers have no body, not even an empty one. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * What Slack's client sends its requests with. Every answer is a handful of calls, and `fetch` spends more on the streams of
 * each than its few bytes are worth. An answer that Slack would not give in this form is an error, as with `fetch`: whether
 * the call was heard is then not known.
 */
export const slackFetch: typeof fetch = async (url, init = {}) => {
  const { method = 'GET', headers, body, signal } = init;
  // Files are no business of the client's here: uploads go to another address.
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
