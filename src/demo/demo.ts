/** The whole bot on one machine: a local Slack workspace, recorded Jaeger and ktrdr servers, the embedded queue. */
import type { Logger } from 'pino';
import { startApp } from '../app/roles.ts';
import { buildGatherer, clockFrom, type Diagnoser, diagnoseOptions } from '../app/sources.ts';
import { loadConfig } from '../config/environment.ts';
import type { Subject } from '../diagnosis/case.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { type Micros, micros } from '../diagnosis/trace.ts';
import { type RecordedIncident, readIncidents, suggestions } from './incidents.ts';
import { readRecordedTraces } from './recorded-jaeger/recordings.ts';
import { startRecordedJaeger } from './recorded-jaeger/server.ts';
import { startRecordedKtrdr } from './recorded-ktrdr.ts';
import { startWorkspace } from './workspace.ts';

export interface DemoOptions {
  /** Of the page; 0 for any free port. */
  readonly port: number;
  /** Where the embedded queue keeps its files. */
  readonly dataDir: string;
  readonly log: Logger;
}

export interface Demo {
  readonly url: string;
  stop(): Promise<void>;
}

const COMMANDS = [
  {
    command: '/ktrdr',
    about: 'Diagnose ktrdr operations',
    usages: [
      {
        text: 'diagnose <operation id, trace id or link> [stuck|slow|failed] [--private]',
        about: 'Why is it stuck, slow or failed? Privately: as a direct message',
      },
      {
        text: 'diagnose last [training|backtest|download|agent]',
        about: 'The newest attempt, refused starts included',
      },
      { text: 'failed [24h] [training] [AAPL]', about: 'What failed lately, with the likely causes' },
      { text: 'search <words>', about: 'Operations by status, type, symbol, error, worker or time' },
      { text: 'digest <now|show|set|off>', about: 'What failed, grouped by cause, now or by the clock' },
      { text: 'watch <operation id>', about: 'Follows a running operation and tells you when it ends' },
      { text: 'explain [cause]', about: 'What a cause means and what proves it' },
      { text: 'mute [channel] [for 2h|off]', about: 'No answers to pasted ids here for a while' },
      { text: 'status', about: 'What answers, and how answers were judged' },
      { text: 'help', about: 'Everything the bot understands' },
    ],
  },
] as const;

const SHORTCUTS = [
  { type: 'message', callbackId: 'diagnose_operation', name: 'Diagnose operation' },
  { type: 'global', callbackId: 'diagnose_anywhere', name: 'Diagnose an operation' },
] as const;

/** Where links lead; nobody is there, but an address of this machine would make no links and no previews at all. */
const JAEGER = 'https://jaeger.example.com';
const GRAFANA = 'https://grafana.example.com';
/** Pasted ids are answered there. */
const AUTO_REPLY_CHANNEL = 'C0OPS';

export async function startDemo({ port, dataDir, log }: DemoOptions): Promise<Demo> {
  const incidents = await readIncidents();
  const dirs = incidents.map((incident) => incident.dir);
  const [jaeger, ktrdr, workspace] = await Promise.all([
    readRecordedTraces(dirs).then((traces) => startRecordedJaeger({ version: '2.20', traces })),
    startRecordedKtrdr({ fixtureDirs: dirs }),
    startWorkspace({
      port,
      commands: COMMANDS,
      shortcuts: SHORTCUTS,
      incidents: suggestions(incidents),
      unfurlDomains: ['jaeger.example.com'],
    }),
  ]);
  const { slack } = workspace;
  const config = loadConfig(
    {
      SLACK_BOT_TOKEN: slack.team.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      HOST: '127.0.0.1',
      PORT: '0',
      JAEGER_URL: jaeger.url,
      JAEGER_PUBLIC_URL: JAEGER,
      GRAFANA_URL: GRAFANA,
      AUTO_REPLY_CHANNELS: AUTO_REPLY_CHANNEL,
      KTRDR_API_URL: ktrdr.url,
      DATA_DIR: dataDir,
    },
    true,
  );
  const diagnoser: Diagnoser = async (subject, symptom, signal, onPhase) => {
    const incident = incidents.find(({ ask }) => ask === nameOf(subject));
    if (incident !== undefined) ktrdr.focus(incident.dir);
    // Each incident is looked at when it was recorded: hours later a killed worker would be an old story.
    const gather = await buildGatherer(config, { now: incident?.now ?? endOf(incidents) });
    return diagnose(await gather(subject, symptom, signal, onPhase), diagnoseOptions(config));
  };
  const app = await startApp(config, log, diagnoser, clockFrom(endOf(incidents)));
  slack.connectBot({ kind: 'http', eventsUrl: `http://127.0.0.1:${app.port}/slack/events` });

  return {
    url: workspace.url,
    async stop() {
      await app.stop();
      await Promise.all([workspace.close(), jaeger.close(), ktrdr.close()]);
    },
  };
}

function nameOf(subject: Subject): string | null {
  return subject.kind === 'operation' ? subject.operationId : subject.kind === 'trace' ? subject.traceId : null;
}

/** A minute after the last recording: “last” then finds the newest. */
function endOf(incidents: readonly RecordedIncident[]): Micros {
  return micros(Math.max(...incidents.map((incident) => incident.now ?? 0)) + 60_000_000);
}
