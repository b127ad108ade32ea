/** The text of a file in whatever form it was saved: compressed with gzip, in any Unicode encoding. */
import { brotliDecompressSync, constants, gunzipSync } from 'node:zlib';
import { asUtf8 } from '../language/unicode.ts';
import { bad, good, type Reading } from './io.ts';

const GZIP = Buffer.from([0x1f, 0x8b]);

/** The first bytes of formats that aren't supported, and what to do about them. */
const OTHERS: readonly (readonly [start: Buffer, kind: string])[] = [
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'is compressed with Zstandard. Decompress it first: zstd -d'],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), 'is compressed with xz. Decompress it first: xz -d'],
  [Buffer.from('BZh'), 'is compressed with bzip2. Decompress it first: bzip2 -d'],
  [Buffer.from([0x04, 0x22, 0x4d, 0x18]), 'is compressed with LZ4. Decompress it first: lz4 -d'],
  [Buffer.from('PK\x03\x04'), 'is a ZIP archive. Unpack it and pass the file inside'],
  [Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), 'is a 7z archive. Unpack it and pass the file inside'],
  [Buffer.from([0x89, 0x50, 0x4e, 0x47]), 'is a picture'],
  [Buffer.from('%PDF-'), 'is a PDF document'],
];

/**
 * `mostBytes` limits what a compressed file may unpack to, and `advice` says what to do about one that is larger. The problem
 * completes "--file F …".
 */
export function textIn(
  content: Buffer,
  mostBytes: number,
  advice = '. Raise JAEGER_MAX_BYTES to read it',
): Reading<string> {
  if (!startsWith(content, GZIP)) return decoded(content);
  try {
    const unzipped = gunzipSync(content, { maxOutputLength: mostBytes });
    if (startsWith(unzipped, GZIP)) return bad('is a gzip file inside a gzip file. Decompress it once: gzip -d');
    return decoded(unzipped);
  } catch (error) {
    const problem = GZIP_PROBLEMS[codeOf(error)];
    if (problem === undefined) throw error;
    return bad(problem(Math.floor(mostBytes / 1024 ** 2), advice));
  }
}

const GZIP_PROBLEMS: Readonly<Record<string, (mib: number, advice: string) => string>> = {
  ERR_BUFFER_TOO_LARGE: (mib, advice) => `unpacks to more than ${mib} MiB${advice}`,
  Z_BUF_ERROR: () => "can't be read: the gzip file is truncated",
  Z_DATA_ERROR: () => "can't be read: the gzip file is damaged",
};

function decoded(content: Buffer): Reading<string> {
  const other = OTHERS.find(([start]) => startsWith(content, start));
  if (other !== undefined) return bad(other[1]);
  const text = asUtf8(withMark(content)).toString('utf8');
  if (/[\0\uFFFD]/.test(text.slice(0, 200)) && isBrotli(content))
    return bad('is compressed with Brotli. Decompress it first: brotli -d');
  return good(text);
}

/** JSON in UTF-16 without a byte order mark: its first character takes two bytes, of which one is zero. */
function withMark(content: Buffer): Buffer {
  const [first = 0, second = 0] = content;
  const isJson = (byte: number) => byte === 0x7b || byte === 0x5b;
  if (isJson(first) && second === 0) return Buffer.concat([Buffer.from([0xff, 0xfe]), content]);
  if (first === 0 && isJson(second)) return Buffer.concat([Buffer.from([0xfe, 0xff]), content]);
  return content;
}

const PROBE_BYTES = 16_384;

/** Brotli has no magic bytes, so the beginning must unpack to the beginning of JSON. */
function isBrotli(content: Buffer): boolean {
  try {
    const unpacked = brotliDecompressSync(content.subarray(0, PROBE_BYTES), {
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
      maxOutputLength: 64 * 1024 ** 2,
    });
    return /^\s*[[{]/.test(unpacked.toString('latin1', 0, 100));
  } catch (error) {
    return codeOf(error) === 'ERR_BUFFER_TOO_LARGE';
  }
}

function startsWith(content: Buffer, start: Buffer): boolean {
  return content.subarray(0, start.length).equals(start);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
