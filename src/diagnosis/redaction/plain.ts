/** Which values aren't secrets: placeholders, code, numbers, and words of an error message. */

import { CUT_MARK } from './mark.ts';
import type { NameKind } from './names.ts';
import { kindOfName } from './names.ts';

/** The first words of messages about a secret, and what programs write if there is none. */
const PROSE = new Set(
  "none null nil undefined nan true false yes no on off ok empty unset blank absent present hidden masked redacted removed omitted filtered sanitized secret secrets password passwords passwd token tokens key keys credential credentials api value values string str int bool float bytes object any secretstr optional list dict array type field variable env environment header parameter argument attribute property name username user users login account is isn’t isn't are was were be been being has have had do does did doesn't don't not never no longer must may might can cannot can't could couldn't should will would need needs needed required requires require optional missing invalid valid unknown unexpected expected expired expires expiring revoked rejected refused denied disabled enabled failed fails failure failing error errors exception mismatch mismatched wrong incorrect bad malformed unsupported unavailable unauthorized unauthenticated forbidden exceeded exhausted rotated rotating refreshed refreshing reset changed updated created deleted stored loaded loading found provided given set sent received used using accepted verified validated checked unchanged configured wasn't supplied specified too short long weak strong small large old new next last first same other another all some each every one two three at by for from in into of off on onto over to under until via with without within after before during and or but nor so as if then than that this these those the a an it its he she they we you your our their authentication authorization authorisation authenticated authorized signature decode decoding encode parse parsing parsed cannot unable permission permissions access scope scopes quota limit rate request response server client service basic bearer digest negotiate ntlm apikey custom default test testing prompt length must_change mandatory deprecated ignored skipped skipping pending ready active inactive locked blocked suspended cleared contains containing include includes matches match matched maximum minimum max min maximal minimal only please see check use try again retry retrying contact enter type more less least most many few several both either neither data file line column row number format pattern characters character chars digits letters audience issuer subject algorithm claim claims nbf exp iat jar north south up down done loss passed total sum average".split(
    ' ',
  ),
);

const PLACEHOLDER =
  /^(?:[*•●x.…?#_-]{2,}|[<{(]?(?:[*x]{3,}|your|my|some|the|insert|replace|redacted|hidden|masked|secret|filtered|removed)[ _-]?[\w -]{0,40}[>})]|<[\w .:-]{0,40}>|\[(?:redacted|filtered|hidden|masked|removed)[^\]]{0,20}\]|\$\{[^}]{0,200}\}?|\$\([^)]{0,200}\)?|\$[A-Za-z_]\w{0,60}|\{\{[^}]{0,200}\}{0,2}|\{[\w.!:-]{0,60}\}|%\(\w{1,60}\)s?|%[sdrvq]|:\w{0,60}|\$\d{1,2}|@\w{1,60})$/i;
/** `self.token`, `settings.DB_PASSWORD`, `os.environ`, `api_key`. */
const CODE = /^[A-Za-z_][A-Za-z_]*(?:\.[A-Za-z_]+)*(?:\[["'\w]{0,60}\]?)?$/;
const SPELLED_AS_NAME = /^[a-z_.]+$|^[A-Z_]+$|(?:Password|Token|Key|Secret)$/;
const CODE_OWNER =
  /^(?:self|cls|this|settings|config|cfg|conf|os|env|process|args|request|req|ctx|context|params|data|kwargs|opts|options|secrets|vars|var|local|module|steps|github|inputs|values)\./i;
const GETTER =
  /(?:get|env|input|prompt|field|config|load|read|lookup|var|ref|param|open|file|path|fetch|find|require|generate|create|random|decode|depends|column|header|query)\w*$/i;
const TYPE = /^(?:optional|union|list|dict|tuple|type|annotated|literal|secretstr|str|string)\b[[|]/i;
const FILE_PATH = /^(?:~|\.{1,2})?\/(?:[\w.@-]{1,64}\/){0,20}[\w.@-]{0,64}$/;
const PATH_ROOT =
  /^(?:~|\.{1,2})?\/(?:run|etc|var|app|home|usr|mnt|opt|tmp|secrets?|data|srv|root|dev|code|src|vault|workspace|api|v\d)\//;

export interface Candidate {
  readonly text: string;
  readonly kind: NameKind;
  readonly isQuoted: boolean;
  /** Whether the name and the value are only adjacent, or joined by `:` as in prose. */
  readonly isProse: boolean;
}

export function isPlain({ text, kind, isQuoted, isProse }: Candidate): boolean {
  // A value that contains a mark was judged before.
  if (text === '' || text.includes(CUT_MARK) || /^[^A-Za-z0-9]{1,2}$/.test(text)) return true;
  if (kind === 'perhaps') return !looksRandom(text);
  if (isReference(text) || isNumber(text, kind)) return true;
  const words = text.toLowerCase().split(/[\s,;.!?)\]]/, 2);
  if (PROSE.has(words[0] ?? '') && /^[a-z’']+(?:[\s,;.!?)\]]|$)/i.test(text)) return true;
  if (kind === 'secret' && isProse && !isQuoted)
    return /^(?![prs]k-)[a-z-]{1,15}$/.test(text) || /^[A-Z][a-z]{1,14}$/.test(text);
  return false;
}

function isNumber(text: string, kind: NameKind): boolean {
  return kind === 'password' ? /^\d{1,3}$/.test(text) : /^-?\d{1,9}(?:\.\d{1,9})?%?$/.test(text);
}

/** What replaces a value: a placeholder, a variable, a path of a file, an address, which is judged by itself. */
function isReference(text: string): boolean {
  if (PLACEHOLDER.test(text) || TYPE.test(text)) return !looksRandom(text.replace(/^[<{]|[>}]$/g, ''));
  if (/^[a-z][a-z0-9+.-]{1,20}:\/\//i.test(text)) return true;
  if (FILE_PATH.test(text) && PATH_ROOT.test(text)) return true;
  if (!CODE.test(text)) return false;
  return CODE_OWNER.test(text) || (SPELLED_AS_NAME.test(text) && kindOfName(text) !== null);
}

/** `get_password(`, `os.environ.get(`: what is inside names the secret. */
export function isGetter(call: string): boolean {
  return GETTER.test(call);
}

/** First words of a sentence about the thing, not the thing itself. */
export function isProseWord(word: string): boolean {
  return PROSE.has(word.toLowerCase());
}

const ID =
  /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?:sha\d{1,3}[:-])?[0-9a-f]{6,128}|(?:op|worker|trace|span|task|job|run|exp|sess)_\w+)$/i;

/** Long and mixed, like machine-made keys; not an ID, hash, path, date, or list of words. */
export function looksRandom(text: string): boolean {
  if (text.length < 12 || ID.test(text) || /[\s()]/.test(text)) return false;
  if (/^[\w.-]{1,64}\/[\w./-]{1,200}\.[a-z]{1,5}$/i.test(text)) return false;
  const parts = text.split(/[^A-Za-z0-9]/);
  const isMixed =
    text.length >= 20 && /\d/.test(text) && parts.some((part) => part.length >= 10 && hasOddCapitals(part));
  return isMixed || parts.some(isRandomPart);
}

function isRandomPart(part: string): boolean {
  if (part.length < 10 || /^[0-9a-f]{1,64}$/.test(part) || !/\d/.test(part) || !/[A-Za-z]/.test(part)) return false;
  const changes = part.match(/[a-z](?=[A-Z0-9])|[A-Z](?=\d)|\d(?=[A-Za-z])|[A-Z]{2}(?=[a-z])/g)?.length ?? 0;
  return changes >= 3 && changes >= part.length / 7;
}

/** Mixed enough not to be a word: a password next to its name. */
export function looksMade(text: string): boolean {
  if (
    text.length < 6 ||
    /^(?:op|worker|trace|span|task|job|run)_/i.test(text) ||
    /^[A-Za-z]?[a-z]+[-_]?\d{1,3}$/.test(text)
  )
    return false;
  return (/\d/.test(text) && /[A-Za-z]/.test(text)) || hasOddCapitals(text);
}

/** `jBTrKuvJK`, but not `DataNotFoundError`. */
export function hasOddCapitals(text: string): boolean {
  return (
    (text.match(/[a-z][A-Z]|[A-Z]{2}[a-z]/g)?.length ?? 0) >= 3 &&
    /[A-Z]{2}[a-z]|[a-z][A-Z][^a-z]|[a-z][A-Z]$/.test(text)
  );
}
