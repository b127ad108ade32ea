/** Why a response is unusable, and what to do about it. Nothing here depends on the API behind the URL. */
import type { SourceFailure } from '../../jobs/ports.ts';
import { parseJson } from '../../language/json.ts';
import type { Reply, Service } from './client.ts';

const NO_DETAILS = 'no details';

/** Explains a rejection by a proxy or login in front of the API, where a retry is useless; null for everything else. */
export function refusalOf(reply: Reply, host: string, service: Service): SourceFailure | null {
  const { status: httpStatus } = reply;
  const { urlVariable, headersVariable } = service;
  if (httpStatus === 401 || httpStatus === 403) {
    const advice = `Check the credentials in ${headersVariable}.`;
    return { code: 'refused', host, httpStatus, reason: wordsIn(reply), advice };
  }
  if (httpStatus < 300 || httpStatus >= 400) return null;
  const { location, url } = reply;
  const target = location !== null && URL.canParse(location, url.href) ? new URL(location, url) : null;
  if (target?.protocol === 'https:' && url.protocol === 'http:' && target.hostname === url.hostname) {
    const advice = `Use https instead of http in ${urlVariable}.`;
    return { code: 'refused', host, httpStatus, reason: 'it redirected to https', advice };
  }
  const base = target === null ? null : movedBase(url, target);
  if (base !== null) {
    const advice = `In ${urlVariable}, use the path it redirected to.`;
    return { code: 'refused', host, httpStatus, reason: `it redirected to the path ${base}`, advice };
  }
  const reason = `it redirected${target === null ? '' : ` to ${target.host}`}, probably to a login page`;
  const advice = `Set credentials in ${headersVariable}, or use a URL that doesn’t require login.`;
  return { code: 'refused', host, httpStatus, reason, advice };
}

/** The path before `/api` when the API has only moved to another path on the same server. */
function movedBase(asked: URL, target: URL): string | null {
  const api = /\/api\/.*$/.exec(asked.pathname)?.[0];
  if (api === undefined || target.origin !== asked.origin || !target.pathname.endsWith(api)) return null;
  return plain(target.pathname.slice(0, -api.length)) || '/';
}

/** A response whose body isn't what the API would send. */
export function unusable(reply: Reply, host: string, service: Service): SourceFailure {
  const { name, urlVariable } = service;
  const text = excerpt(reply);
  const fault = /^[[{]/.test(text) ? jsonFault(reply.body.toString('utf8')) : null;
  if (fault === 'truncated' || (fault !== null && reply.status < 400))
    return { code: 'unreadable', host, reason: `with ${fault} JSON` };
  if (reply.status >= 400) return rejected(reply, host, service);
  if (isPage(reply)) {
    const advice = `It’s probably a login page, or ${urlVariable} lacks the base path.`;
    return { code: 'unreadable', host, reason: 'with a web page instead of JSON', advice };
  }
  if (text === '') return { code: 'unreadable', host, reason: 'with an empty body' };
  if (!/^[[{]/.test(text)) return { code: 'unreadable', host, reason: `with "${text}" instead of JSON` };
  const advice = `Check ${urlVariable}.`;
  return { code: 'unreadable', host, reason: `with JSON that isn’t from ${name}`, advice };
}

const TLS_EXPECTED = /\bHTTP request\b.{0,40}\bHTTPS\b/i;

/** A response with an HTTP status of 400 or more. */
function rejected(
  reply: Reply,
  host: string,
  { name, urlVariable }: Service,
): Extract<SourceFailure, { code: 'refused' }> {
  const { status: httpStatus, retryAfter } = reply;
  const failure = { code: 'refused', host, httpStatus, reason: wordsIn(reply) } as const;
  if (TLS_EXPECTED.test(reply.body.subarray(0, 2000).toString('utf8')))
    return { ...failure, reason: 'it expects TLS', advice: `Use https instead of http in ${urlVariable}.` };
  const again = retryAfter === null ? (httpStatus === 429 ? 'in a minute' : null) : retryTime(retryAfter);
  const advice = [
    ...(again === null ? [] : [`Try again ${again}.`]),
    ...(httpStatus === 404 ? [`Check ${urlVariable}.`] : []),
    ...(httpStatus >= 502 && httpStatus <= 504
      ? [`Check that ${name} is running and that ${urlVariable} points to it.`]
      : []),
  ];
  return advice.length === 0 ? failure : { ...failure, advice: advice.join(' ') };
}

function retryTime(retryAfter: string): string {
  return /^\d{1,6}$/.test(retryAfter) ? `in ${Number(retryAfter)} s` : 'later';
}

/** What the response says about itself: the message in its JSON, the title of a web page, or its text. */
function wordsIn(reply: Reply): string {
  if (isPage(reply)) {
    const title = /<title>\s*([^<]{1,80})</i.exec(reply.body.subarray(0, 4000).toString('utf8'))?.[1]?.trim();
    return title === undefined ? 'a web page instead of JSON' : `a web page instead of JSON ("${plain(title)}")`;
  }
  const text = (messageIn(reply) ?? excerpt(reply)).replace(/(?<![\s.])[\s.]+$/, '');
  return text === '' ? NO_DETAILS : `"${text}"`;
}

function messageIn(reply: Reply): string | null {
  if (reply.body.length > LONGEST_ERROR_BYTES) return null;
  const message = firstText(parseJson(reply.body.toString('utf8')));
  return message === null ? null : plain(message);
}

const LONGEST_ERROR_BYTES = 64 * 1024;
const MESSAGE_KEYS = ['message', 'msg', 'detail', 'error', 'errors'];

/** Limits recursion: a body may be nested deeply enough to overflow the stack. Error messages never are. */
const DEEPEST = 4;

function firstText(value: unknown, depth = 0): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return null;
  const inner = new Map<string, unknown>(Object.entries(value));
  const candidates = Array.isArray(value) ? value.slice(0, 1) : MESSAGE_KEYS.map((key) => inner.get(key));
  for (const candidate of candidates) {
    const text = firstText(candidate, depth + 1);
    if (text !== null) return text;
  }
  return null;
}

function isPage(reply: Reply): boolean {
  return reply.body.subarray(0, 200).toString('utf8').trimStart().startsWith('<');
}

/** Null for well-formed JSON. V8 reports where it stopped, or that the text ended. */
function jsonFault(text: string): 'truncated' | 'invalid' | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = Number(/at position (\d+)/.exec(message)?.[1] ?? -1);
    return /end of JSON|Unterminated/.test(message) || position >= text.length ? 'truncated' : 'invalid';
  }
}

function excerpt(reply: Reply): string {
  return plain(reply.body.subarray(0, 400).toString('utf8'));
}

function plain(text: string): string {
  const line = text.replace(/[\s\p{C}\uFFFD]+/gu, ' ').trim();
  return line.length <= LONGEST_EXCERPT ? line : `${line.slice(0, LONGEST_EXCERPT - 1)}…`;
}

const LONGEST_EXCERPT = 120;
