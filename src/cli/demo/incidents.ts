/** The recorded incidents that ship with the project, and the ones worth trying first. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Micros, micros } from '../../diagnosis/trace.ts';

export interface RecordedIncident {
  readonly dir: string;
  readonly name: string;
  /** Operation id, or the trace id where a refused start gave none. */
  readonly ask: string;
  /** When the question was asked; null for incidents that do not say. */
  readonly now: Micros | null;
}

export interface Suggestion {
  readonly title: string;
  readonly command: string;
  readonly about: string;
}

export async function readIncidents(fixturesDir: string): Promise<readonly RecordedIncident[]> {
  const files = (await readdir(fixturesDir, { recursive: true })).filter((path) => path.endsWith('case.json')).sort();
  return Promise.all(
    files.map(async (file) => {
      const { ask, operationId, now } = JSON.parse(await readFile(join(fixturesDir, file), 'utf8'));
      const dir = join(fixturesDir, dirname(file));
      return {
        dir,
        name: file.split('/').at(-2) ?? file,
        ask: ask ?? operationId,
        now: now === undefined ? null : micros(Date.parse(now) * 1000),
      };
    }),
  );
}

const TRY_THESE: readonly (readonly [name: string, title: string, about: string, symptom?: string])[] = [
  ['06a-backtest-no-data', 'A backtest that failed', 'Market data was never downloaded.'],
  [
    '10a-training-worker-kill9-still-running',
    'A training that is stuck',
    'Its worker was killed; ktrdr still shows it as running.',
    'stuck',
  ],
  ['03a-backtest-only-training-worker', 'A refused start', 'No operation was created, so there is only a trace id.'],
  ['20e-ib-gateway-down', 'A download that timed out', 'The reason is in other traces of the same minutes.'],
  ['09-download-no-ib-host', 'A download that failed at once', 'A service that ktrdr needs is not running.'],
  ['14a-db-down-at-backtest-start', 'An operation that does not exist', 'Accepted, and then unknown to ktrdr.'],
  ['08-dummy-orphan-false-positive', 'A false alarm', 'Marked as failed while it was running.'],
  ['11b-training-worker-sigterm', 'Cancelled by nobody', 'The worker was told to stop.'],
  ['21a-training-still-running', 'Nothing wrong, still running', 'How far it is, and how long it will take.', 'stuck'],
  ['16b-backtest-healthy-2', 'Nothing wrong, completed', 'The plain answer to a plain question.'],
  ['stuck-singleton-mismatch', 'The runbook’s worked example', 'In the vocabulary of the runbook.', 'stuck'],
];

export function suggestions(incidents: readonly RecordedIncident[]): readonly Suggestion[] {
  const chosen = TRY_THESE.flatMap(([name, title, about, symptom]) => {
    const incident = incidents.find((one) => one.name === name);
    if (incident === undefined) return [];
    return [{ title, about, command: `/ktrdr diagnose ${[incident.ask, symptom].filter(Boolean).join(' ')}` }];
  });
  return [
    ...chosen,
    {
      title: 'The newest backtest',
      about: 'Also finds refused starts, which have no id.',
      command: '/ktrdr diagnose last backtest',
    },
    {
      title: 'An id that nobody knows',
      about: 'Where was looked, and how to widen.',
      command: '/ktrdr diagnose op_training_20261123_070000_deadbeef',
    },
    ...ways(incidents),
    { title: 'Help', about: 'Everything the bot understands.', command: '/ktrdr help' },
  ];
}

function ways(incidents: readonly RecordedIncident[]): readonly Suggestion[] {
  const askOf = (name: string) => incidents.find((one) => one.name === name)?.ask ?? '';
  return [
    {
      title: 'A question in plain words',
      about: 'A mention works in threads as well.',
      command: '@ktrdr-bot my training is stuck at 45 %',
    },
    {
      title: 'An answer for you alone',
      about: 'A direct message from ktrdr-bot; the channel sees nothing of it.',
      command: `/ktrdr diagnose ${askOf('06a-backtest-no-data')} --private`,
    },
    {
      title: 'A pasted id',
      about: 'Answered in the thread, in #ktrdr-ops only; mention the bot there with “mute” to stop that.',
      command: `the download is gone again: ${askOf('20e-ib-gateway-down')}`,
    },
    {
      title: 'A link to a trace',
      about: 'Gets a preview, in #trading-desk for example. The link itself leads nowhere here.',
      command: `https://jaeger.example.com/trace/${askOf('03a-backtest-only-training-worker')}`,
    },
    {
      title: 'Watch a running operation',
      about: 'One message that is edited; this recording never ends.',
      command: `/ktrdr watch ${askOf('21a-training-still-running')}`,
    },
    { title: 'Status', about: 'What answers, and how answers were judged.', command: '/ktrdr status' },
  ];
}
