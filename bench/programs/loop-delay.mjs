/** `loop-delay.mjs URL TRACE_ID`: how late the event loop is while a trace is read through the client. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { createJaegerSource } from '../../dist/adapters/jaeger/source.js';

const RESOLUTION_MS = 5;

const [url, traceId] = process.argv.slice(2);
const source = createJaegerSource({
  url,
  api: 'v1',
  headers: {},
  caFile: null,
  timeoutMs: 60_000,
  maxBytes: 256 * 1024 * 1024,
  preferredServices: [],
  now: () => Date.now() * 1000,
});
await setTimeout(100);
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
const startedMs = performance.now();
const answer = await source.getTrace(traceId, new AbortController().signal);
const tookMs = performance.now() - startedMs;
delay.disable();
if (answer.kind !== 'traces') throw new Error(`There is no trace: ${JSON.stringify(answer.failure)}.`);
// The histogram holds whole intervals between two looks; the delay is what they are longer than the resolution.
const late = (nanos) => Math.max(0, nanos / 1e6 - RESOLUTION_MS);
const spans = answer.traces[0]?.spans.length;
const report = {
  p50: late(delay.percentile(50)),
  p99: late(delay.percentile(99)),
  max: late(delay.max),
  tookMs,
  spans,
};
process.stdout.write(JSON.stringify(report), () => process.exit());
