/** Why an answer is of no use, as the phrase that completes a sentence about the host. */
import type { SourceFailure } from '../../jobs/ports.ts';
import { parseJson } from './answer.ts';
import type { Reply } from './http.ts';

/** Refusals that no API of Jaeger makes itself: they come from what stands before it, and no retry helps. */
export function refusalOf(reply: Reply, host: string): SourceFailure | null {
  const { status: httpStatus } = reply;
  if (httpStatus === 401 || httpStatus === 403) {
    const text = excerpt(reply);
    const reason = /tenant/i.test(text)
      ? `it says "${text}": set the tenant header in JAEGER_HEADERS`
      : 'it wants other credentials: check JAEGER_HEADERS';
    return { code: 'refused', host, httpStatus, reason };
  }
  if (httpStatus < 300 || httpStatus >= 400) return null;
  const reason = `it redirects${targetOf(reply)}, as a login does: set credentials in JAEGER_HEADERS, or an address behind the login`;
  return { code: 'refused', host, httpStatus, reason };
}

/** An answer in a shape that this API never has. */
export function strangeAnswer(reply: Reply, host: string): SourceFailure {
  const { status: httpStatus } = reply;
  if (isPage(reply)) {
    const what = httpStatus < 400 ? 'a login page, or JAEGER_URL lacks the base path' : `status ${httpStatus}`;
    return { code: 'unreadable', host, reason: `with a web page instead of data (${what})` };
  }
  const text = excerpt(reply);
  if (/^[[{]/.test(text) && parseJson(reply.body.toString('utf8')) === undefined) {
    return { code: 'unreadable', host, reason: 'with JSON that breaks off' };
  }
  if (httpStatus === 404) return { code: 'refused', host, httpStatus, reason: NO_API };
  if (httpStatus >= 400) return { code: 'refused', host, httpStatus, reason: text === '' ? 'without a reason' : text };
  const reason = /^[[{]/.test(text) ? 'with JSON that is not of Jaeger' : `with "${text}" instead of JSON`;
  return { code: 'unreadable', host, reason };
}

const NO_API =
  'there is no Jaeger query API under this address: check port and base path in JAEGER_URL; other trace stores need their Jaeger-compatible address';

function isPage(reply: Reply): boolean {
  return reply.body.subarray(0, 200).toString('utf8').trimStart().startsWith('<');
}

function excerpt(reply: Reply): string {
  return reply.body
    .subarray(0, 400)
    .toString('utf8')
    .replace(/[\s\p{C}\uFFFD]+/gu, ' ')
    .trim()
    .slice(0, 120);
}

function targetOf(reply: Reply): string {
  if (reply.location === null || !URL.canParse(reply.location)) return '';
  return ` to ${new URL(reply.location).host}`;
}
