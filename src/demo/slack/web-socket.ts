/** The server's half of RFC 6455, as far as Socket Mode needs it: text, ping, pong and close. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

export interface ServerSocket {
  send(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  destroy(): void;
}

export interface SocketListeners {
  onText(text: string): void;
  onClose(): void;
}

/** Answers the upgrade request; null (and a closed connection) when it is not a WebSocket handshake. */
export function acceptWebSocket(
  request: IncomingMessage,
  stream: Duplex,
  listeners: SocketListeners,
): ServerSocket | null {
  const key = request.headers['sec-websocket-key'];
  if (key === undefined || request.headers.upgrade?.toLowerCase() !== 'websocket') {
    stream.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    return null;
  }
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64');
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );

  let closing = false;
  function close(payload: Buffer): void {
    if (closing) return;
    closing = true;
    stream.end(frame(OPCODE.close, payload));
  }
  readFrames(stream, (opcode, payload) => {
    if (opcode === OPCODE.text) listeners.onText(payload.toString('utf8'));
    if (opcode === OPCODE.ping) stream.write(frame(OPCODE.pong, payload));
    if (opcode === OPCODE.close) close(payload);
  });
  stream.on('close', () => listeners.onClose());
  stream.on('error', () => stream.destroy());

  return {
    send: (text) => void (closing || stream.write(frame(OPCODE.text, Buffer.from(text)))),
    ping: () => void (closing || stream.write(frame(OPCODE.ping, Buffer.from('ping')))),
    close(code, reason) {
      const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
      payload.writeUInt16BE(code);
      payload.write(reason, 2);
      close(payload);
    },
    destroy: () => void stream.destroy(),
  };
}

/** A server's frames are whole and unmasked. */
function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  if (length < 126) {
    head[1] = length;
  } else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** A client's frames are masked, may be split over packets, and text may be split over frames. */
function readFrames(stream: Duplex, deliver: (opcode: number, payload: Buffer) => void): void {
  let buffered = Buffer.alloc(0);
  let parts: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (let next = parseFrame(buffered); next !== null; next = parseFrame(buffered)) {
      buffered = buffered.subarray(next.size);
      if (next.opcode !== OPCODE.text && next.opcode !== OPCODE.continuation) {
        deliver(next.opcode, next.payload);
        continue;
      }
      parts.push(next.payload);
      if (next.isFinal) {
        deliver(OPCODE.text, Buffer.concat(parts));
        parts = [];
      }
    }
  });
}

interface Frame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
  readonly size: number;
}

/** Null until the whole frame has arrived. */
function parseFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const maskStart = 2 + lengthBytes;
  const payloadStart = maskStart + 4;
  if (bytes.length < payloadStart) return null;
  const length =
    lengthBytes === 0 ? short : Number(bytes.readUIntBE(2 + Math.max(0, lengthBytes - 6), Math.min(6, lengthBytes)));
  const size = payloadStart + length;
  if (bytes.length < size) return null;
  const mask = bytes.subarray(maskStart, payloadStart);
  const payload = Buffer.from(bytes.subarray(payloadStart, size)).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { opcode: first & 0x0f, isFinal: (first & 0x80) !== 0, payload: Buffer.from(payload), size };
}
