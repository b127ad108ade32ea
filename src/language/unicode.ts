/** UTF-8 without a byte order mark, from whichever Unicode encoding the mark names. */
export function asUtf8(body: Buffer): Buffer {
  if (body.length >= 3 && body.readUIntBE(0, 3) === 0xefbbbf) return body.subarray(3);
  const mark = body.length >= 2 ? body.readUInt16BE(0) : 0;
  if (mark !== 0xfffe && mark !== 0xfeff) return body;
  const units = Buffer.from(body.subarray(2, body.length - (body.length % 2)));
  return Buffer.from((mark === 0xfeff ? units.swap16() : units).toString('utf16le'));
}
