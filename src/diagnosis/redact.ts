/**
 * Secrets leave a message here. What answers the question stays: operation, trace, span and worker ids, paths, hosts, ports.
 * Every pattern is bounded, so that a hostile text costs linear time.
 */
export const REDACTED = '[redacted]';

type Rule = readonly [pattern: RegExp, replacement: string | ((...groups: string[]) => string)];

const SECRET_NAME =
  'pass(?:word|wd|phrase|code)|pwd|secret|credential|(?:api|access|private|signing|encryption|account|shared|master|auth)[_ -]?key|apikey|(?:access|auth|bot|id|refresh|session|api|bearer|csrf)[_ -]?token';
const ASSIGNED = String.raw`["']?(?:\s{0,3}(?:=>|[:=])\s{0,3}|\s(?=["']))`;
const VALUE = String.raw`(?:"[^"\n]{0,2000}"|'[^'\n]{0,2000}'|[^\s"',;&)}\]]{1,2000}\]?)`;

const RULES: readonly Rule[] = [
  [/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z0-9 ]{0,40}-----)?/g, REDACTED],
  // Credentials of an address; host, port and path stay.
  [/(?<=[a-z0-9+.-]:\/\/)[^\s/"'<>]{1,300}@/gi, `${REDACTED}@`],
  [/\b((?:proxy-)?authorization|set-cookie|cookie)(["']?\s{0,3}[:=]\s{0,3}["']?)[^\n"'}]{1,4000}/gi, `$1$2${REDACTED}`],
  [/\b(bearer)\s+[A-Za-z0-9._~+/=-]{12,4000}/gi, `$1 ${REDACTED}`],
  [/\b(bearer|basic)\s+(?=[^\s"',]{0,60}[0-9=._+/-])[A-Za-z0-9._~+/=-]{8,4000}/gi, `$1 ${REDACTED}`],
  [/\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{16}\b/g, REDACTED],
  [/\bx(?:ox[a-z]|app)(?:\.xox[a-z])?-[A-Za-z0-9-]{6,400}/g, REDACTED],
  [/(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[A-Za-z0-9/_-]{8,200}/g, `$1${REDACTED}`],
  [
    /\b(?:gh[pousr]_|github_pat_|glpat-|npm_|hf_|pypi-|sk-|[rs]k_(?:live|test)_|dop_v1_)[A-Za-z0-9_-]{16,400}/g,
    REDACTED,
  ],
  [/\bAIza[A-Za-z0-9_-]{30,60}/g, REDACTED],
  [/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{0,1000})?/g, REDACTED],
  [new RegExp(`((?:(?:${SECRET_NAME})s?|(?<![A-Za-z])token)${ASSIGNED})${VALUE}`, 'gi'), `$1${REDACTED}`],
  [new RegExp(`(--(?:${SECRET_NAME}|token)[ =])${VALUE}`, 'gi'), `$1${REDACTED}`],
  [/([?&](?:token|key|sig|signature|auth)=)[^&\s"'<>]{1,2000}/gi, `$1${REDACTED}`],
  [/(\bcurl\b[^\n]{0,300}?\s(?:-u|--user)[ =])[^\s:]{1,100}:[^\s]{1,200}/g, `$1${REDACTED}`],
  [
    /\b(tokens?|keys?|secrets?|signatures?|credentials?)\b([^\n]{0,24}?)(?<![A-Za-z0-9+/_.-])([A-Za-z0-9+/_=-]{20,4000})/gi,
    nearSecretWord,
  ],
  [
    /(?<!\bssh |[A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b/g,
    '[redacted e-mail]',
  ],
];

/** Redaction can bring a secret next to a word such as “token”, which then needs another pass; more passes never occur. */
const MOST_PASSES = 20;

/** The text without secrets; `extra` comes from the operator's `REDACT`. Doing it twice changes nothing. */
export function redact(text: string, extra: readonly RegExp[] = []): string {
  let result = text;
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const before = result;
    result = redactOnce(result, extra);
    if (result === before) break;
  }
  return result;
}

function redactOnce(text: string, extra: readonly RegExp[]): string {
  let result = text;
  for (const [pattern, replacement] of RULES) {
    result =
      typeof replacement === 'string' ? result.replace(pattern, replacement) : result.replace(pattern, replacement);
  }
  for (const pattern of extra) {
    const everywhere = pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`);
    result = result.replace(everywhere, REDACTED);
  }
  return result;
}

/** Long random text behind a word like “token” is one; an id, a path or a long word is not. */
function nearSecretWord(all: string, word: string, between: string, value: string): string {
  const known =
    /^(?:op|worker)_/i.test(value) ||
    /^(?:[a-z0-9]+-)+[0-9a-f]{6,}$/.test(value) ||
    (value.includes('/') && (/^\/|[_-]/.test(value) || value === value.toLowerCase())) ||
    (/^[0-9a-f]{16}$|^[0-9a-f]{32}$/i.test(value) && /trace|span|operation/i.test(between));
  const random = /\d/.test(value) && /[A-Za-z]/.test(value);
  return known || !random ? all : `${word}${between}${REDACTED}`;
}
