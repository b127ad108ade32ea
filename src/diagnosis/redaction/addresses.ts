/** Passwords in addresses (`scheme://user:password@host`), and people's e-mail addresses. */
import type { Hidden } from './mark.ts';
import { CUT_MARK, REDACTED_MAIL } from './mark.ts';
import { isPlain, looksRandom } from './plain.ts';
import { isAt } from './sticky.ts';

const SCHEME = /(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.-]{0,30}(?::\/\/|%(?:25)*3A%(?:25)*2F%(?:25)*2F)/g;
/** What may follow the `@` before a host. */
const HOST = /(?:[A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\]|%\w+)(?::\d{1,5})?(?=[/?#\\,;'")\]}&%|]|[.:]?(?:$|\s))/y;
/** One whose host cannot be a part of a password. */
const CLEAR_HOST =
  /(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*:\d{1,5}|localhost|[\w-]+(?:\.[\w-]+)+)(?=[/?#,;'")\]}]|$|\s)/y;
const DATABASE =
  /^(?:postgres|mysql|mariadb|redis|valkey|mongo|amqp|mqtt|nats|kafka|clickhouse|mssql|oracle|jdbc|ldap|ftp|sftp|smtp|imap|cockroach|snowflake|sqlserver|influx|neo4j|bolt)/i;

export function addressesIn(text: string): readonly Hidden[] {
  const schemes = [...text.matchAll(SCHEME)];
  return [
    ...schemes.flatMap((match, i) => passwordOf(text, match, schemes[i + 1]?.index ?? text.length)),
    ...mailsIn(text),
  ];
}

/** `limit` is where the next address begins, which ends this one. */
function passwordOf(text: string, scheme: RegExpExecArray, limit: number): readonly Hidden[] {
  const start = scheme.index + scheme[0].length;
  const length = text.slice(start, limit).search(/[\s"<>`]|\\["nrt]|&(?:quot|lt|gt|#39|#x27);|%(?:20|22|0A)/i);
  const end = length === -1 ? limit : start + length;
  const isDatabase = DATABASE.test(scheme[0]);
  const at = lastAt(text, start, end, isDatabase);
  const user = text.slice(start, at ?? end);
  const colon = user.search(/:|%(?:25)*3A/i);
  if (at === null) return cutOff(text, { start, end, colon, isDatabase });
  if (colon === -1) return looksRandom(user) || /^[0-9a-f]{32}$/.test(user) ? [{ start, end: at }] : [];
  const password =
    start + colon + (user[colon] === ':' ? 1 : (/^%(?:25)*3A/i.exec(user.slice(colon))?.[0].length ?? 1));
  const isTokenFirst = /^x-oauth-basic$|^x-token-auth$|^$/.test(text.slice(password, at));
  if (isTokenFirst) return colon === 0 ? [] : [{ start, end: start + colon }];
  return isPlaceholder(text.slice(password, at)) ? [] : [{ start: password, end: at }];
}

/** Where the host begins. A password may hold `/` and `@`; a path that holds `@` has a host and perhaps a port before. */
function lastAt(text: string, start: number, end: number, isDatabase: boolean): number | null {
  const part = text.slice(start, end);
  const slash = part.search(/[/?#]/);
  const beforeSlash = slash === -1 ? part : part.slice(0, slash);
  const isHostFirst =
    !isDatabase && slash !== -1 && !beforeSlash.includes('@') && /^[^:]*$|:\d{1,5}$|\]$/.test(beforeSlash);
  if (isHostFirst) return null;
  let last: number | null = null;
  const encoded = /%(?:25)*40(?=[\w.-]+%(?:25)*(?:3A|2F))/gi;
  for (const { index } of part.matchAll(/@/g)) {
    const at = start + index;
    if (isAt(CLEAR_HOST, text, at + 1)) {
      const isInHost = last !== null && slash !== -1 && slash < index;
      if (!isInHost) last = at;
      if (slash !== -1 && index > slash) break;
    } else if (last === null || !isAt(CLEAR_HOST, text, last + 1)) {
      if (isAt(HOST, text, at + 1)) last = at;
    }
  }
  if (last !== null) return last;
  return Array.from(part.matchAll(encoded), ({ index }) => start + index).at(-1) ?? null;
}

interface Part {
  readonly start: number;
  readonly end: number;
  /** Offset from `start`; -1 without one. */
  readonly colon: number;
  readonly isDatabase: boolean;
}

/** `scheme://user:passw` at the end of a text that was cut. */
function cutOff(text: string, { start, end, colon, isDatabase }: Part): readonly Hidden[] {
  if (colon === -1) return [];
  const rest = text.slice(start + colon + 1, end);
  const isLast = /^…?(?:\n\[\d+ more|\s*$)/.test(text.slice(end, end + 40));
  if (/^\d{1,5}(?:[/?#,;:.'")\]}\\&|].*)?$|^$/.test(rest) || isPlaceholder(rest) || /^[:[]/.test(text.slice(start))) {
    if (!(isDatabase && text[start] === ':' && rest !== '')) return [];
  }
  return isLast || isDatabase ? [{ start: start + colon + 1, end }] : [];
}

function isPlaceholder(password: string): boolean {
  return (
    password.includes(CUT_MARK) ||
    /^(?:\w*port\b|\{[\w.]{0,40}\}|\$\w{1,40}|\$\{\w{1,40}\}|<\w{1,40}>|%[sd])(?:[/?#]|$)/i.test(password) ||
    (/^[<{$%*[x]/i.test(password) && isPlain({ text: password, kind: 'password', isQuoted: true, isProse: false }))
  );
}

const MAIL =
  /(?<![A-Za-z0-9._%+@/:-])([A-Za-z0-9][A-Za-z0-9._%+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,8}([A-Za-z]{2,24}))(?![\w@])/g;
/** Accounts of machines, not of people. */
const ACCOUNT =
  /^(?:root|git|ubuntu|ec2-user|postgres|ktrdr|deploy|pi|debian|centos|fedora|admin|node|www-data|nobody|docker|jenkins|runner|vagrant|core|azureuser|opc)$/i;
const NO_DOMAIN =
  /^(?:service|socket|timer|target|slice|scope|mount|local|internal|lan|svc|home|py|js|ts|json|yaml|yml|txt|pt|csv|log|whl|gz)$/i;
const REMOTE = /\b(?:ssh|scp|sftp|rsync|autossh|mosh|ssh-copy-id)\b[^\n]{0,80}$/;

function mailsIn(text: string): readonly Hidden[] {
  if (!text.includes('@')) return [];
  const found: Hidden[] = [];
  for (const match of text.matchAll(MAIL)) {
    const [all, account = '', , domain = ''] = match;
    const end = match.index + all.length;
    const isMachine = ACCOUNT.test(account) || NO_DOMAIN.test(domain) || /^:[~/]/.test(text.slice(end, end + 2));
    if (isMachine || REMOTE.test(text.slice(Math.max(0, match.index - 100), match.index))) continue;
    found.push({ start: match.index, end, mark: REDACTED_MAIL });
  }
  return found;
}
