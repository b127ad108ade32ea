/** Secrets that are recognized without a name: tokens with a maker's prefix, key blocks, addresses that are secrets. */
import type { Hidden } from './mark.ts';
import { hasOddCapitals } from './plain.ts';

/** Not inside a word; `\n`, `%3D` and `\u0022` of an encoded text may come before. */
const EDGE = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[nrt]|%[0-9A-Fa-f]{2}|u00[0-9a-f]{2}))`;

/**
 * Makers' prefixes, and what follows them. The lengths are minimal, because a text may have been cut in the middle of a
 * token. Sources: the makers' pages; secretlint, gitleaks and GitHub's secret scanning for what changed over the years.
 */
const DISTINCT: readonly string[] = [
  // Slack, GitHub, GitLab, npm, PyPI, RubyGems, Docker
  String.raw`x(?:ox[a-z]|app)(?:\.xox[a-z])?-[\w-]{6,}`,
  String.raw`(?:gh[pousr]|github_pat)_\w{8,}`,
  String.raw`gl(?:pat|rt|ptt|ft|dt|oas|agent|cbt|imt|soat|ffct)-[\w.-]{8,}`,
  String.raw`GR1348941[\w-]{8,}`,
  String.raw`npm_[A-Za-z0-9]{20,}`,
  String.raw`pypi-AgE[\w-]{8,}`,
  String.raw`rubygems_[0-9a-f]{16,}`,
  String.raw`dckr_(?:pat|oat)_[\w-]{8,}`,
  // Clouds
  String.raw`(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{12,}`,
  String.raw`(?:FwoGZXIvYXdz|IQoJb3JpZ2lu|ABSK)[\w+/=]{16,}`,
  String.raw`AIza[\w-]{16,}`,
  String.raw`GOCSPX-[\w-]{8,}`,
  String.raw`ya29\.[\w.-]{8,}`,
  String.raw`1//0[\w-]{20,}`,
  String.raw`\w{3}8Q~[\w.~-]{20,}`,
  String.raw`LTAI[A-Za-z0-9]{12,}`,
  String.raw`do[oprt]_v1_[0-9a-f]{8,}`,
  String.raw`HRKU-[\w-]{8,}`,
  String.raw`fm[12][ar]?_[\w+/=-]{16,}`,
  String.raw`fo1_[\w-]{16,}`,
  String.raw`nfp_[A-Za-z0-9]{16,}`,
  String.raw`pscale_(?:tkn|pw|oauth)_[\w.=-]{8,}`,
  String.raw`sbp_[0-9a-f]{16,}`,
  String.raw`v1\.0-[0-9a-f]{24}-[0-9a-f]{64,}`,
  // Models
  String.raw`sk-(?:proj|ant|or|svcacct|admin|lf|None)-[\w-]{8,}`,
  String.raw`sk-(?=[\w-]{0,60}\d)[A-Za-z0-9_-]{16,}`,
  String.raw`hf_[A-Za-z0-9]{16,}`,
  String.raw`(?:gsk|r8|api_org|pplx|xai|tvly|figd|nvapi|lsv2_(?:pt|sk))[_-](?=[\w-]{0,60}(?:\d|[a-z][A-Z]))[\w-]{16,}`,
  // Payment, mail, shops
  String.raw`[rsp]k_(?:live|test|prod)_[A-Za-z0-9]{8,}`,
  String.raw`whsec_[\w+/=-]{8,}`,
  String.raw`SG\.[\w-]{12,}(?:\.[\w-]{0,})?`,
  String.raw`shp(?:at|ca|pa|ss|tka)_[0-9A-Za-z]{8,}`,
  String.raw`sq0(?:atp|csp|idp)-[\w-]{8,}`,
  String.raw`xkeysib-[0-9a-f]{16,}[\w-]{0,}`,
  String.raw`key-[0-9a-f]{32}`,
  String.raw`[0-9a-f]{32}-us\d{1,2}`,
  String.raw`(?:SK|AC)[0-9a-f]{32}`,
  String.raw`EZ[AT]K[A-Za-z0-9]{24,}`,
  String.raw`FLWSECK(?:_TEST)?-[\w-]{8,}`,
  String.raw`shippo_(?:live|test)_[0-9a-f]{8,}`,
  // Operations and work
  String.raw`hv[sbr]\.[\w-]{8,}`,
  String.raw`gl(?:sa|c)_[\w+/=-]{12,}`,
  String.raw`dapi[0-9a-f]{16,}`,
  String.raw`lin_(?:api|oauth)_\w{8,}`,
  String.raw`ntn_\w{12,}`,
  String.raw`secret_[A-Za-z0-9]{40,}`,
  String.raw`AGE-SECRET-KEY-1[0-9A-Z]{8,}`,
  String.raw`ATATT3[\w=+/-]{12,}`,
  String.raw`AT(?:BB|CTT3)[\w=+/-]{20,}`,
  String.raw`sntry[su]_[\w+/=-]{8,}`,
  String.raw`NR(?:AK|JS|AA|II)-[\w-]{8,}`,
  String.raw`dt0[a-z]\d\d\.[A-Z0-9]{12,}(?:\.[A-Z0-9]{0,})?`,
  String.raw`PMAK-[\w-]{8,}`,
  String.raw`pul-[0-9a-f]{16,}`,
  String.raw`dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{8,}`,
  String.raw`pat[A-Za-z0-9]{14}\.[0-9a-f]{8,}`,
  String.raw`pat-(?:na|eu)\d-[\w-]{8,}`,
  String.raw`CCIPAT_\w{8,}`,
  String.raw`CFPAT-[\w-]{8,}`,
  String.raw`sq[pua]_[0-9a-f]{16,}`,
  String.raw`tfp_[\w-]{16,}`,
  String.raw`pnu_[A-Za-z0-9]{16,}`,
  String.raw`AKCp[0-9A-Za-z]{10,}`,
  String.raw`ops_eyJ[\w+/=-]{8,}`,
  String.raw`sha256~[\w-]{20,}`,
  String.raw`CLOJARS_[0-9a-z]{16,}`,
  String.raw`rdme_[0-9a-z]{16,}`,
  String.raw`[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{8,}`,
  // Chat
  String.raw`\d{8,10}:AA[\w-]{20,}`,
  String.raw`[MNO][A-Za-z0-9_-]{22,27}\.[\w-]{6}\.[\w-]{8,}`,
  // JSON Web Tokens, whole or cut
  String.raw`eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]{0,}){0,3}`,
  String.raw`eyJ(?:hbGci|0eXAi|raWQi|lbmMi)[\w-]{4,}`,
];
/** To the end of the word, because a remainder would look like another word. */
const TOKENS = new RegExp(`${EDGE}(?:${DISTINCT.join('|')})[\\w-]*`, 'g');
/** Where a token may be: most words are shorter, or have neither capitals nor digits. */
const LONG_WORD = /[\w.~+/=:-]{10,}/g;

/** Addresses whose last part is the secret; the part before it says whose it is. */
const ADDRESSES: readonly RegExp[] = [
  /(?<=hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/%-]{6,}/g,
  /(?<=discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/)\d{1,20}\/[\w-]{6,}/g,
  /(?<=\.webhook\.office\.com\/)webhookb2\/[\w@/-]{6,}/g,
  /(?<=outlook\.office\.com\/webhook\/)[\w@/-]{6,}/g,
  /(?<=api\.telegram\.org\/(?:file\/)?bot)[\w:-]{6,}/g,
  /(?<=hooks\.zapier\.com\/hooks\/catch\/)[\w/-]{6,}/g,
  /(?<=maker\.ifttt\.com\/trigger\/[\w-]{1,60}\/(?:json\/)?with\/key\/)[\w-]{6,}/g,
  /(?<=\/hooks\/)[a-z0-9]{26}(?![a-z0-9])/g,
];

/** Accounts of Interactive Brokers: live (U), paper (DU), financial advisers (F, DF). */
const ACCOUNTS = /(?:(?<!%\d)D[UFI]\d{5,9}|[UF]\d{7,8})(?!\w)/g;

/** Schemes of HTTP authentication in the middle of a text. */
const BEARER = /\bbearer\s+([\w~+/=.-]{8,})/gi;
const BASIC = /\bbasic\s+([A-Za-z0-9+/_-]{8,}={0,2})/gi;

const BLOCK = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|PuTTY-User-Key-File-\d/g;
const BLOCK_END = /-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|Private-MAC: ?[0-9a-f]{1,128}/g;

export function tokensIn(text: string): readonly Hidden[] {
  const words = Array.from(text.matchAll(LONG_WORD)).filter(([word]) => isMixed(word));
  const tokens = words.flatMap(({ 0: word, index }) =>
    Array.from(wordWithEdge(text, index, word).matchAll(TOKENS), (match) => shifted(hidden(match, 0), index - 2)),
  );
  const addresses = /hook|\.org\/|with\/key/.test(text) ? ADDRESSES : [];
  const patterns = addresses.flatMap((pattern) => Array.from(text.matchAll(pattern), (match) => hidden(match, 0)));
  const accounts = Array.from(text.matchAll(ACCOUNTS), (match) => hidden(match, 0)).filter(({ start }) =>
    /(?:^|[^A-Za-z0-9@_#/-]|\\[nrt]|%[0-9A-F]{2})$/.test(text.slice(Math.max(0, start - 3), start)),
  );
  return [...tokens, ...accounts, ...patterns, ...schemesIn(text), ...blocksIn(text)];
}

function isMixed(word: string): boolean {
  return /[A-Z0-9]/.test(word) && !/^[0-9a-f.:-]+$/.test(word);
}

/** With the two preceding characters, which show whether a word starts there. */
function wordWithEdge(text: string, index: number, word: string): string {
  return text.slice(Math.max(0, index - 2), index).padStart(2) + word;
}

function shifted({ start, end }: Hidden, by: number): Hidden {
  return { start: start + by, end: end + by };
}

function schemesIn(text: string): readonly Hidden[] {
  if (!/bearer|basic/i.test(text)) return [];
  return [
    ...Array.from(text.matchAll(BEARER), (match) => hidden(match, 1)).filter(({ start, end }) =>
      isBearer(text.slice(start, end)),
    ),
    ...Array.from(text.matchAll(BASIC), (match) => hidden(match, 1)).filter(({ start, end }) =>
      isPair(text.slice(start, end)),
    ),
  ];
}

function isBearer(value: string): boolean {
  return /\d/.test(value) || value.length >= 24 || hasOddCapitals(value);
}

/** `user:password` in base 64. */
function isPair(encoded: string): boolean {
  const whole = encoded
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/={1,2}$/, '');
  return whole.length % 4 !== 1 && /^[\x20-\x7e]{0,200}:/.test(atob(whole));
}

/** From the first line to the last, or to the end of a text that was cut. */
function blocksIn(text: string): readonly Hidden[] {
  const found: Hidden[] = [];
  if (!text.includes('PRIVATE KEY') && !text.includes('PuTTY')) return found;
  let end = 0;
  for (const match of text.matchAll(BLOCK)) {
    if (match.index < end) continue;
    BLOCK_END.lastIndex = match.index + match[0].length;
    end = BLOCK_END.exec(text) === null ? text.length : BLOCK_END.lastIndex;
    found.push({ start: match.index, end });
  }
  return found;
}

function hidden(match: RegExpExecArray, group: number): Hidden {
  const end = match.index + match[0].length;
  return { start: end - (match[group]?.length ?? 0), end };
}
