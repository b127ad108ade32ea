import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject, type JsonObject, parseJson } from '../json.ts';

export async function readBytes(request: IncomingMessage): Promise<Buffer>;
/** Null when there are more; the rest is dropped. */
export async function readBytes(request: IncomingMessage, most: number): Promise<Buffer | null>;
export async function readBytes(request: IncomingMessage, most = Number.POSITIVE_INFINITY): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= most) chunks.push(chunk);
  }
  return length <= most ? Buffer.concat(chunks) : null;
}

/** The arguments of a Web API call: a form with JSON in some fields, a multipart form, or JSON. Or Slack's error. */
export async function readArguments(
  request: IncomingMessage,
  bytes: Buffer,
): Promise<{ readonly args: JsonObject } | { readonly error: string }> {
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) {
    const value = parseJson(bytes.toString('utf8'));
    return isObject(value) ? { args: value } : { error: 'invalid_json' };
  }
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
    return { args: Object.fromEntries(form) };
  }
  if (type.startsWith('application/x-www-form-urlencoded') || bytes.length === 0) {
    return { args: Object.fromEntries(new URLSearchParams(bytes.toString('utf8'))) };
  }
  return { error: 'invalid_post_type' };
}

/** The bytes of an uploaded file, sent bare or as the first file of a multipart form. */
export async function readUpload(request: IncomingMessage, bytes: Buffer): Promise<Uint8Array> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return bytes;
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
  const file = [...form.values()].find((value) => typeof value !== 'string');
  return file === undefined ? new Uint8Array() : new Uint8Array(await file.arrayBuffer());
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}
