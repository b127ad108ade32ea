/** Which names announce a secret: snake_case, kebab-case, camelCase, UPPER_CASE, dotted, with any prefix. */

/**
 * What may follow a name:
 * - `password`: anything that is not a placeholder, also several words or a number;
 * - `secret`: the same, but no plain number;
 * - `perhaps`: only what looks made by a machine, because the name is also an ordinary word (`key`, `signature`);
 * - `header`: the rest of the line or of the quotation (`Authorization`, `Cookie`).
 */
export type NameKind = 'password' | 'secret' | 'perhaps' | 'header';

const PASSWORD =
  /(?:password|passwd|passphrase|passcode|passwort|kennwort|requirepass|pwd)s?$|^(?:psw|pword|userpw|dbpw|pw|totp|otp)$/;
const RUN_TOGETHER_PASS = /^(?:db|user|my|root|admin|sql|pg|pgsql|mysql|redis|smtp|mail|ftp|ssh|rabbit|mongo|ib)pass$/;
const SECRET = /secrets?$|(?:github|gitlab|azure|devops)pat$|^(?:credentials?|creds?|masterauth|psk)$/;
const TOKEN = /tokens?$/;
const API_KEY =
  /(?:api|secret|access|private|priv|auth|signing|encryption|master|account|license|service|storage|app|consumer|client|webhook|deploy|session)_?keys?$/;

/** Words before `key` that make it a key that opens something. */
const OPENS = new Set(
  'api apis access secret private priv auth signing sign signature encryption encrypt encrypted decryption master account shared client service subscription license licence app application consumer storage ssh gpg pgp deploy admin root jwt hmac aes rsa fernet vault webhook write live token bot server host ssl tls crypto security credential credentials age wireguard recovery unseal openai anthropic polygon fred alpaca finnhub alphavantage tiingo quandl iex coinbase binance kraken github gitlab stripe twilio sendgrid google gcp aws azure openrouter groq mistral cohere'.split(
    ' ',
  ),
);
/** Words before `key` or `token` that make it an ordinary one. */
const ORDINARY = new Set(
  'cache primary foreign feature features sort partition group hot public index dict column row map config lookup unique composite join routing idempotency dedup object bucket state result parameter param missing unknown invalid duplicate required json registry symbol model data natural surrogate translation license_plate max min total input output prompt completion stop special pad padding eos bos unk cls mask num used cached reasoning remaining per vocab unexpected next new_max word sub'.split(
    ' ',
  ),
);
/** The last word of names that refer to a secret without holding it. */
const ABOUT = new Set(
  'type types count counts limit limits length len size policy file files filename path paths dir url uri endpoint host name names field fields expiry expires expired expiration ttl age min max id ids arn ref refs version format error errors status state required missing valid invalid enabled disabled env var variable rotation manager store provider source header headers param parameter prefix algorithm alg used usage budget per window index cost price reset changed change hint prompt label title description message reason mode scheme method class kind scope scopes issuer audience service table column created updated at on is bytes bits strength score check checker validator validation encoder decoder handler middleware helper util utils factory generator cache reset_at mismatch retries attempts'.split(
    ' ',
  ),
);
/** The last words of names that hold a secret anyway. */
const NEUTRAL =
  /^(?:\d+|v\d*|val|value|values|base|prod|production|dev|development|staging|stage|test|live|old|new|current|previous|prev|default|hash|hashed|raw|text|plain|plaintext|str|string|encoded|encrypted|b64|base64|hex|bytes?64|primary|secondary|main|backup|override|local|remote|one|two|a|b|x)$/;
const PERHAPS = new Set(
  'key keys auth jwt bearer salt signature sig sas session sid sessionid csrf xsrf nonce license licence hmac code hash pin seed mnemonic'.split(
    ' ',
  ),
);
const LOGIN_OWNERS = new Set('ib ibkr tws ibgateway ibc interactivebrokers'.split(' '));
const LOGINS = new Set('user userid username login account accounts acct accountid'.split(' '));

const WORD = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g;

/** The kind of a name as it is written in a text; null for an ordinary one. */
export function kindOfName(name: string): NameKind | null {
  const isPlural = /[A-Z]s$/.test(name);
  return (
    (isPlural ? null : kindOf(name)) ?? (isPlural || /(?:[^s]|ss)s$/.test(name) ? kindOf(name.slice(0, -1)) : null)
  );
}

function kindOf(name: string): NameKind | null {
  const last = name.slice(name.lastIndexOf('.') + 1);
  return (/^keys?$/i.test(last) ? null : kindOfWords(last)) ?? kindOfWords(name);
}

function kindOfWords(name: string): NameKind | null {
  const words = (name.match(WORD) ?? []).map((word) => word.toLowerCase());
  while (words.length > 1 && NEUTRAL.test(words.at(-1) ?? '')) words.pop();
  const last = words.at(-1);
  if (last === undefined) return null;
  const before = words.slice(0, -1);
  const owner = before.at(-1) ?? null;
  if (isLogin(last, before)) return 'password';
  if (ABOUT.has(last)) return null;
  return (
    kindOfLast(last, owner) ??
    (last === 'pat' && (owner !== null || name.endsWith('PAT')) ? 'secret' : null) ??
    (before.some((word, i) => isSure(word, before[i - 1] ?? null)) ? 'perhaps' : null)
  );
}

function kindOfLast(last: string, owner: string | null): NameKind | null {
  if (last === 'authorization' || /^(?:set)?cookies?$/.test(last)) return 'header';
  if (PASSWORD.test(last) || last === 'pass' || RUN_TOGETHER_PASS.test(last)) return 'password';
  if (SECRET.test(last) || API_KEY.test(last)) return 'secret';
  if (owner !== null && ORDINARY.has(owner)) return null;
  if (TOKEN.test(last)) return 'secret';
  if (/^keys?$/.test(last) && owner !== null && OPENS.has(owner)) return 'secret';
  if (/^(?:auth|bearer|jwt)$/.test(last) && owner === 'x') return 'secret';
  return PERHAPS.has(last) ? 'perhaps' : null;
}

function isSure(word: string, owner: string | null): boolean {
  const kind = kindOfLast(word, owner);
  return kind === 'password' || kind === 'secret';
}

/** Names of users and accounts at Interactive Brokers, which log in to its gateway. */
function isLogin(last: string, before: readonly string[]): boolean {
  if (/^(?:tws|ibkr|ib)(?:userid|username|user|login|account)$/.test(last)) return true;
  const isId = last === 'id' && ['user', 'account'].includes(before.at(-1) ?? '');
  return (isId || LOGINS.has(last)) && before.some((word) => LOGIN_OWNERS.has(word));
}
