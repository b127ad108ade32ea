/** The thread of the demo's bot: the bot itself, and the recorded Jaeger and ktrdr servers that it queries. */
import { parentPort, workerData } from 'node:worker_threads';
import { readRecordedTraces, startRecordedJaeger, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { destination } from 'pino';
import { createLog } from '../../app/log.ts';
import { startApp } from '../../app/roles.ts';
import { buildGatherer, clockFrom, type Diagnoser, diagnoseOptions } from '../../app/sources.ts';
import { loadConfig } from '../../config/environment.ts';
import type { Subject } from '../../diagnosis/case.ts';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { type Micros, micros } from '../../diagnosis/trace.ts';
import { JAEGER_HOST } from './commands.ts';
import type { RecordedIncident } from './incidents.ts';
import type { DemoBotOptions } from './start-bot.ts';

const GRAFANA_URL = 'https://grafana.example.com';
/** Pasted IDs are answered there. */
const AUTO_REPLY_CHANNEL = 'C0OPS';

const options: DemoBotOptions = workerData;
const { incidents } = options;
const fixtureDirs = incidents.map(({ dir }) => dir);
const jaeger = await startRecordedJaeger({ version: '2.20', traces: await readRecordedTraces(fixtureDirs) });
const ktrdr = await startRecordedKtrdr({ fixtureDirs });
const config = loadConfig(
  {
    SLACK_BOT_TOKEN: options.botToken,
    SLACK_SIGNING_SECRET: options.signingSecret,
    SLACK_API_URL: options.apiUrl,
    HOST: '127.0.0.1',
    PORT: '0',
    JAEGER_URL: jaeger.url,
    JAEGER_PUBLIC_URL: `https://${JAEGER_HOST}`,
    GRAFANA_URL,
    AUTO_REPLY_CHANNELS: AUTO_REPLY_CHANNEL,
    KTRDR_API_URL: ktrdr.url,
    DATA_DIR: options.dataDir,
  },
  true,
);
const log = createLog(options.logLevel, destination(2));
const app = await startApp(config, log, diagnoseAsRecorded, clockFrom(endOf(incidents)));
const stopped = new Promise((resolve) => parentPort?.once('message', resolve));
parentPort?.postMessage(app.port);
await stopped;
await app.stop();
await Promise.all([jaeger.close(), ktrdr.close()]);
// Ends this thread only, also when a client still tries to reconnect.
process.exit();

/** Each incident is diagnosed as of its recording: hours later a killed worker would look different. */
async function diagnoseAsRecorded(...[subject, symptom, signal, onPhase]: Parameters<Diagnoser>) {
  const incident = incidents.find(({ ask }) => ask === nameOf(subject));
  if (incident !== undefined) ktrdr.focus(incident.dir);
  const gather = await buildGatherer(config, { now: incident?.now ?? endOf(incidents) });
  return diagnose(await gather(subject, symptom, signal, onPhase), diagnoseOptions(config));
}

function nameOf(subject: Subject): string | null {
  return subject.kind === 'operation' ? subject.operationId : subject.kind === 'trace' ? subject.traceId : null;
}

/** A minute after the last recording: “last” then finds the newest. */
function endOf(recorded: readonly RecordedIncident[]): Micros {
  return micros(Math.max(...recorded.map((incident) => incident.now ?? 0)) + 60_000_000);
}
