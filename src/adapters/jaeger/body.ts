/** Parses large answers in a thread of their own, so that the event loop stays free while a hundred megabytes are read. */
import { setImmediate } from 'node:timers/promises';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Attributes, Span } from '../../diagnosis/trace.ts';
import { startThread } from '../thread.ts';
import { readTraceBody, type TraceBody } from './answer.ts';

/** What the thread posts: first the answer with empty traces, then their spans in portions. */
export type Portion = { readonly answer: TraceBody } | { readonly trace: number; readonly spans: readonly Span[] };

/** Reading a smaller answer takes about ten milliseconds, less than starting a thread. */
const LARGE_BYTES = 2 * 1024 * 1024;

/** `too-large` when the thread ran out of memory, which leaves the process unharmed; `stopped` by the signal. */
export async function readBody(body: Buffer, signal: AbortSignal): Promise<TraceBody | 'too-large' | 'stopped'> {
  if (body.length < LARGE_BYTES) return readTraceBody(body.toString('utf8'));
  const { port1, port2 } = new MessageChannel();
  const end = await runThread(body, port2, signal);
  return end === 'done' ? gather(port1) : end;
}

type End = 'done' | 'too-large' | 'stopped';

function runThread(body: Buffer, port: MessagePort, signal: AbortSignal): Promise<End> {
  const bytes = new Uint8Array(body);
  const worker = startThread(new URL('./body-thread.js', import.meta.url), {
    workerData: { bytes, port },
    transferList: [bytes.buffer, port],
  });
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    worker.once('error', (error: Error & { code?: string }) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve('too-large');
      else reject(error);
    });
    worker.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code === 0 ? 'done' : 'stopped');
    });
  });
}

/** Reads one portion per turn of the event loop, and makes equal resources one object again. */
async function gather(port: MessagePort): Promise<TraceBody> {
  let answer: TraceBody = { kind: 'strange' };
  const spans: Span[][] = [];
  const resources = new Map<string, Attributes>();
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    const portion: Portion = next.message;
    if ('answer' in portion) answer = portion.answer;
    else append(spans, portion.trace, portion.spans, resources);
    await setImmediate();
  }
  port.close();
  if (answer.kind !== 'traces') return answer;
  return { ...answer, traces: answer.traces.map((trace, index) => ({ ...trace, spans: spans[index] ?? [] })) };
}

function append(all: Span[][], trace: number, portion: readonly Span[], resources: Map<string, Attributes>): void {
  const spans = all[trace] ?? [];
  all[trace] = spans;
  const seen = new Map<Attributes, Attributes>();
  for (const span of portion) {
    const resource = seen.get(span.resource) ?? shared(span.resource, resources);
    seen.set(span.resource, resource);
    spans.push({ ...span, resource });
  }
}

function shared(resource: Attributes, resources: Map<string, Attributes>): Attributes {
  const content = JSON.stringify(resource);
  const known = resources.get(content) ?? resource;
  resources.set(content, known);
  return known;
}
