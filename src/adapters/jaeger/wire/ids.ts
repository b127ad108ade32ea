/** Ids arrive as hex of any case and length, with dashes, or as base64 (Jaeger 1.53's v3, protobuf JSON). */

/** 32 lower-case hex digits; null when it isn't an ID or is all zeros. */
export function normaliseTraceId(id: unknown): string | null {
  return normalise(id, 32);
}

/** 16 lower-case hex digits; null when it isn't an ID or is all zeros. */
export function normaliseSpanId(id: unknown): string | null {
  return normalise(id, 16);
}

const ZERO = { 16: '0'.repeat(16), 32: '0'.repeat(32) };
const BASE64 = { 16: /^[A-Za-z0-9+/_-]{11}=?$/, 32: /^[A-Za-z0-9+/_-]{22}(?:==)?$/ };

function normalise(id: unknown, digits: 16 | 32): string | null {
  if (typeof id !== 'string') return null;
  const hex = isReady(id, digits) ? id : toHex(id, digits);
  return hex === ZERO[digits] ? null : hex;
}

/** A loop, because a regular expression takes three times as long, and a large trace has two ids per span. */
function isReady(id: string, digits: number): boolean {
  if (id.length !== digits) return false;
  for (let i = 0; i < digits; i += 1) {
    const code = id.charCodeAt(i);
    if (code < 0x30 || code > 0x66 || (code > 0x39 && code < 0x61)) return false;
  }
  return true;
}

function toHex(id: string, digits: 16 | 32): string | null {
  const plain = id.trim().replaceAll('-', '').toLowerCase();
  if (plain.length <= digits && /^[0-9a-f]+$/.test(plain)) return plain.padStart(digits, '0');
  if (BASE64[digits].test(id)) return Buffer.from(id, 'base64').toString('hex');
  // Hand-written test traces name their spans A, B, G, so any short text is accepted as an ID.
  const bytes = Buffer.from(plain).toString('hex');
  return bytes !== '' && bytes.length <= digits && /^[a-z0-9_.:]+$/.test(plain) ? bytes.padStart(digits, 'f') : null;
}
