import { Agent, request } from 'undici';

/** Statuses whose answers have no body, not even an empty one. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** So many calls at once that none waits for another, and few enough to be used again before they are closed: TLS is dear. */
const dispatcher = new Agent({ connections: 64 });

/**
 * What Slack's client sends its requests with. Every answer is a handful of calls, and `fetch` spends more on the streams of
 * each than its few bytes are worth. Redirects are not followed; the client calls their status an error.
 */
export const slackFetch: typeof fetch = async (url, init = {}) => {
  const { method = 'GET', headers, body, signal } = init;
  // Files are no business of the client's here: uploads go to another address.
  if (typeof url !== 'string' || typeof body !== 'string') return fetch(url, init);
  const answer = await request(url, {
    dispatcher,
    method: method as 'POST',
    headers: headers as Record<string, string>,
    body,
    signal: signal ?? null,
  });
  const text = await answer.body.text();
  return new Response(BODILESS.has(answer.statusCode) ? null : text, {
    status: answer.statusCode,
    headers: Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]),
  });
};
