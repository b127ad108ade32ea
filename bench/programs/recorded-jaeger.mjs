/**
 * A Jaeger that costs little: it has each recorded answer made once and repeats it. Every recorded operation is also known
 * under other ids: the last four digits of the operation's id are the first four of its traces' ids, and can be any.
 */
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { readRecordedTraces, startRecordedJaeger } from '@ktrdr-bot/local-slack';

const OPERATION = /op_[a-z_]+_\d{8}_\d{6}_[0-9a-f]{8}/;
const TRACE = /(?<=\/traces\/)[0-9a-f]{32}/;
const DIGITS_IN_ANSWER = /(?<=op_[a-z_]+_\d{8}_\d{6}_[0-9a-f]{4})[0-9a-f]{4}|(?<="trace(?:Id|ID)":")[0-9a-f]{4}/;

const dirs = JSON.parse(process.env.INCIDENTS);
const latencyMs = Number(process.env.LATENCY_MS ?? 0);
const documents = await readRecordedTraces(dirs);
const recorded = await startRecordedJaeger({ version: '2.20', traces: documents });
const text = JSON.stringify(documents);
const operations = originals(text.match(new RegExp(OPERATION, 'g')), (id) => id.slice(0, -4));
const traces = originals(text.match(/(?<="traceId":")[0-9a-f]{32}/g), (id) => id.slice(4));
const answers = new Map();
let requests = 0;

const server = createServer(async (request, response) => {
  if (request.url === '/counts') {
    response.end(JSON.stringify({ requests, cpuMs: cpuMs() }));
    return;
  }
  requests += 1;
  const { path, digits } = asRecorded(request.url);
  const { status, type, pieces, body } = await (answers.get(path) ?? remember(path));
  if (latencyMs > 0) await setTimeout(latencyMs);
  response.writeHead(status, { 'content-type': type }).end(digits === null ? body : pieces.join(digits));
});
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`${JSON.stringify({ port: server.address().port, msg: 'started' })}\n`);
});
process.once('SIGTERM', () => process.exit(0));

function originals(ids, partOf) {
  return new Map(ids.map((id) => [partOf(id), id]));
}

/** The end of a search is the present, so that no two paths would be equal. */
function asRecorded(path) {
  const timeless = path.replace(/(?<=startTimeMax=)[^&]*/, encodeURIComponent('2100-01-01T00:00:00Z'));
  const [operation] = OPERATION.exec(timeless) ?? [];
  if (operation !== undefined) {
    const original = operations.get(operation.slice(0, -4)) ?? operation;
    return { path: timeless.replaceAll(operation, original), digits: operation.slice(-4) };
  }
  const [trace] = TRACE.exec(timeless) ?? [];
  if (trace === undefined) return { path: timeless, digits: null };
  return { path: timeless.replace(trace, traces.get(trace.slice(4)) ?? trace), digits: trace.slice(0, 4) };
}

function remember(path) {
  const answer = fetch(recorded.url + path).then(async (response) => {
    const body = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body,
      pieces: body.split(new RegExp(DIGITS_IN_ANSWER, 'g')),
    };
  });
  answers.set(path, answer);
  return answer;
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
