/** The thread of the demo's bot: the bot itself, and the recorded Jaeger and ktrdr servers that it queries. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Exchange } from '@ktrdr-bot/local-slack';
import { destination, multistream } from 'pino';
import { createLog } from '../../app/log.ts';
import { startApp } from '../../app/roles.ts';
import { buildGatherer, type Diagnoser, diagnoseOptions } from '../../app/sources.ts';
import { type Config, loadConfig } from '../../config/environment.ts';
import type { Subject } from '../../diagnosis/case.ts';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { questionKey } from '../../jobs/queue/queues.ts';
import type { BotEvent } from './bot-events.ts';
import { JAEGER_HOST } from './commands.ts';
import { createGivenTraces } from './given-traces.ts';
import { createMorning, MORNING_PEOPLE } from './morning.ts';
import { startRecordings } from './recordings.ts';
import type { DemoBotOptions, FromThread, ToThread } from './start-bot.ts';

const GRAFANA_URL = 'https://grafana.example.com';
/** Pasted IDs are answered there. */
const AUTO_REPLY_CHANNEL = 'C0OPS';
/** Says which diagnosis a request belongs to. */
const RUN_HEADER = 'x-diagnosis';
/** Of a look for failures. */
const LOOKED_FOR = 'state_transition';
/** Searches and digests see what runs as of then, at most. */
const ADVANCE_MS = 30_000;

const options: DemoBotOptions = workerData;
const { incidents } = options;
const recordings = await startRecordings({ ...options, onExchange: noteExchange });
const given = createGivenTraces((exchange) => noteExchange('Jaeger', exchange));
const config = loadConfig(
  {
    SLACK_BOT_TOKEN: options.botToken,
    SLACK_SIGNING_SECRET: options.signingSecret,
    SLACK_API_URL: options.apiUrl,
    HOST: '127.0.0.1',
    PORT: '0',
    JAEGER_URL: recordings.jaeger.url,
    JAEGER_PUBLIC_URL: `https://${JAEGER_HOST}`,
    GRAFANA_URL,
    AUTO_REPLY_CHANNELS: AUTO_REPLY_CHANNEL,
    KTRDR_API_URL: recordings.ktrdr.url,
    KTRDR_API_PUBLIC_URL: 'http://localhost:8000',
    DATA_DIR: options.dataDir,
    ACTIONS: 'start-again',
    ACTION_USERS: MORNING_PEOPLE.join(),
  },
  true,
);
const morning = createMorning({ incidents, recordings });
let runs = 0;
/** Diagnoses in progress. */
let underway = 0;
const app = await startApp(config, openLog(options.logLevel), { diagnoser: diagnoseRecorded });
const advancing = setInterval(() => void advance(), ADVANCE_MS);
const stopped = new Promise<void>((resolve) => {
  parentPort?.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'stop':
        return resolve();
      case 'begin-morning':
        return morning.begin();
      case 'take':
        return void take(message.id, message.bytes);
    }
  });
});
send({ kind: 'ready', port: app.port });
await stopped;
clearInterval(advancing);
morning.end();
await app.stop();
await Promise.all([recordings.close(), given.close()]);
// Ends this thread only, also when a client still tries to reconnect.
process.exit();

async function diagnoseRecorded(...[subject, symptom, signal, onPhase]: Parameters<Diagnoser>) {
  await advance();
  underway += 1;
  try {
    runs += 1;
    const run = String(runs);
    tell({ kind: 'begun', at: Date.now(), run, key: questionKey(subject, symptom) });
    const ask = nameOf(subject);
    const incident = incidents.find((one) => one.ask === ask);
    if (incident !== undefined) recordings.ktrdr.focus(incident.dir);
    const gather = await buildGatherer(configFor(ask, run));
    const diagnosis = diagnose(await gather(subject, symptom, signal, onPhase), diagnoseOptions(config));
    const { verdict, primary, others, notChecked, analysisMs } = diagnosis;
    const findings = [...(primary === null ? [] : [primary]), ...others];
    tell({
      kind: 'concluded',
      at: Date.now(),
      run,
      verdict,
      causes: findings.map(({ cause, confidence }) => `${cause} (${confidence})`),
      notChecked: notChecked.map(({ cause }) => cause),
      analysisMs,
    });
    return diagnosis;
  } finally {
    underway -= 1;
  }
}

/** While nothing is diagnosed: two readings of the progress must be of the same recording. */
async function advance(): Promise<void> {
  if (underway === 0) await recordings.advance();
}

/** ktrdr knows nothing about a trace that someone provided, so it gets no requests. */
function configFor(ask: string | null, run: string): Config {
  const { jaeger, ktrdr } = config;
  const headers = { [RUN_HEADER]: run };
  const url = given.jaegerOf(ask);
  return {
    ...config,
    jaeger: { ...jaeger, url: url ?? jaeger.url, headers },
    ktrdr: { ...ktrdr, apiUrl: url === null ? ktrdr.apiUrl : null, headers },
  };
}

function nameOf(subject: Subject): string | null {
  return subject.kind === 'operation' ? subject.operationId : subject.kind === 'trace' ? subject.traceId : null;
}

function noteExchange(server: 'Jaeger' | 'ktrdr', { at, ms, method, path, headers, status }: Exchange): void {
  if (path.includes(LOOKED_FOR)) morning.looked();
  const run = headers[RUN_HEADER];
  if (typeof run === 'string') tell({ kind: 'asked', at, run, server, ms, request: `${method} ${path}`, status });
}

function openLog(level: string) {
  const note = {
    write(line: string) {
      const { time, ...fields } = JSON.parse(line);
      tell({ kind: 'logged', at: time, fields });
    },
  };
  const streams = multistream([
    { level, stream: destination(2) },
    { level: 'info', stream: note },
  ] as Parameters<typeof multistream>[0]);
  return createLog(['trace', 'debug'].includes(level) ? level : 'info', streams);
}

async function take(id: number, bytes: Uint8Array): Promise<void> {
  const result = await given
    .take(bytes)
    .catch((error: unknown) => ({ sentence: `The file can’t be read: ${String(error)}` }));
  send({ kind: 'taken', id, result });
}

function tell(event: BotEvent): void {
  send({ kind: 'event', event });
}

function send(message: FromThread): void {
  parentPort?.postMessage(message);
}
