/** `loop-delay.mjs URL TRACE_ID`: how late the event loop of the process is while it diagnoses a trace. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { computeInProcesses } from '../../dist/app/processes.js';
import { loadConfig } from '../../dist/config/environment.js';

const RESOLUTION_MS = 5;

const [url, traceId] = process.argv.slice(2);
const config = loadConfig({ JAEGER_URL: url, JAEGER_API: 'v1', JAEGER_TIMEOUT: '60s' });
const computing = computeInProcesses(config, { log: pino({ level: 'silent' }) });
await setTimeout(1000);
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
const startedMs = performance.now();
const question = { subject: { kind: 'trace', traceId }, symptom: null };
const { diagnosis } = await computing.diagnose(question, new AbortController().signal);
const tookMs = performance.now() - startedMs;
delay.disable();
await computing.close();
// The histogram holds whole intervals between two looks; the delay is what they are longer than the resolution.
const late = (nanos) => Math.max(0, nanos / 1e6 - RESOLUTION_MS);
const spans = diagnosis.traces[0]?.spanCount;
const report = {
  p50: late(delay.percentile(50)),
  p99: late(delay.percentile(99)),
  max: late(delay.max),
  tookMs,
  spans,
};
process.stdout.write(JSON.stringify(report), () => process.exit());
