/** Gathers, diagnoses and formats the operations whose ids are posted to it, some at a time, and does nothing else. */
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { buildDiagnoser } from '../../dist/app/sources.js';
import { loadConfig } from '../../dist/config/environment.js';
import { formatAnswer } from '../../dist/formatters/answer/answer.js';

const config = loadConfig(process.env);
const diagnose = await buildDiagnoser(config);

const server = createServer(async (request, response) => {
  const ids = (await json(request)).values();
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: config.queue.concurrency }, () => work(ids)));
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  response.end(JSON.stringify({ tookMs, cpuMs: (user + system) / 1000 }));
});
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`${JSON.stringify({ port: server.address().port, msg: 'started' })}\n`);
});
process.once('SIGTERM', () => process.exit(0));

async function work(ids) {
  for (const operationId of ids) {
    const subject = { kind: 'operation', operationId };
    const diagnosis = await diagnose(subject, null, new AbortController().signal);
    if (diagnosis.verdict === 'unavailable' || diagnosis.verdict === 'not-found') {
      throw new Error(`${operationId}: ${diagnosis.headline}`);
    }
    formatAnswer(diagnosis, {
      subject,
      symptom: null,
      jaegerPublicUrl: config.jaeger.publicUrl,
      grafanaUrl: config.grafanaUrl,
      redact: config.redact,
      now: Date.now() * 1000,
    });
  }
}
