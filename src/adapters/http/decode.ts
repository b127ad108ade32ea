/** Undoes the Content-Encoding of a response, up to a limit of decompressed bytes. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

/** Compression shrinks Jaeger's JSON to about 1/40. */
export const ACCEPT_ENCODING = 'gzip, deflate, br';

export type Decoded =
  | { readonly kind: 'decoded'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  /** `reason` completes "Jaeger responded …". */
  | { readonly kind: 'unreadable'; readonly reason: string };

interface Limits {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
}

type Decoder = (body: Buffer, limits: Limits) => Promise<Buffer>;

const unzip: Decoder = promisify(gunzip);
const unbrotli: Decoder = promisify(brotliDecompress);
const unwrapped: Decoder = promisify(inflateRaw);
const inflated: Decoder = promisify(inflate);

const DECODERS: ReadonlyMap<string, Decoder> = new Map([
  ['gzip', unzip],
  ['x-gzip', unzip],
  ['br', unbrotli],
  ['deflate', (body, limits) => (hasZlibHeader(body) ? inflated(body, limits) : unwrapped(body, limits))],
]);

/** With zlib's default of 16 KiB, a large body would pass between threads thousands of times. */
const CHUNK_BYTES = 256 * 1024;
const MOST_ENCODINGS = 3;

export async function decode(body: Buffer, contentEncoding: string | null, limitBytes: number): Promise<Decoded> {
  const encodings = namesIn(contentEncoding);
  const unknown = encodings.find((encoding) => !DECODERS.has(encoding));
  if (body.length > 0 && encodings.length > 0 && isText(body)) return { kind: 'decoded', body };
  if (unknown !== undefined || encodings.length > MOST_ENCODINGS)
    return { kind: 'unreadable', reason: `in an unsupported encoding (${encodings.join(', ').slice(0, 40)})` };
  let current = body;
  for (const encoding of encodings.toReversed()) {
    if (current.length === 0) break;
    const decoded = await undo(current, encoding, limitBytes);
    if (decoded.kind !== 'decoded') return decoded;
    current = decoded.body;
  }
  return { kind: 'decoded', body: current };
}

async function undo(body: Buffer, encoding: string, limitBytes: number): Promise<Decoded> {
  const limits = { maxOutputLength: limitBytes, chunkSize: Math.min(CHUNK_BYTES, Math.max(1024, limitBytes)) };
  try {
    return { kind: 'decoded', body: (await DECODERS.get(encoding)?.(body, limits)) ?? body };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too-large' };
    const what = code === 'Z_BUF_ERROR' ? 'a truncated' : 'an invalid';
    return { kind: 'unreadable', reason: `with ${what} ${encoding} body` };
  }
}

function namesIn(contentEncoding: string | null): readonly string[] {
  const names = (contentEncoding ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity');
}

/** Some servers send raw deflate data without the wrapper that the standard asks for. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && (body.readUInt8(0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

/** A few proxies declare an encoding but send plain text. Compressed data soon contains a byte that text never has. */
function isText(body: Buffer): boolean {
  const start = body.subarray(0, 256);
  return (
    start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) &&
    /^\s*[[{<]/.test(start.toString('latin1'))
  );
}
