/** What the page offers to try first. */
import type { RecordedIncident } from './incidents.ts';

export interface Suggestion {
  readonly title: string;
  readonly command: string;
  readonly about: string;
}

const INCIDENTS: readonly (readonly [name: string, title: string, about: string, symptom?: string])[] = [
  ['06a-backtest-no-data', 'A backtest that failed', 'Its market data was never downloaded.'],
  [
    '10a-training-worker-kill9-still-running',
    'A training run that is stuck',
    'Its worker was killed; ktrdr still shows it as running.',
    'stuck',
  ],
  ['03a-backtest-only-training-worker', 'A rejected start', 'No operation was created, so there is only a trace ID.'],
  ['20e-ib-gateway-down', 'A download that timed out', 'The reason is in other traces from the same time.'],
  ['09-download-no-ib-host', 'A download that failed immediately', 'A service that ktrdr needs isn’t running.'],
  ['14a-db-down-at-backtest-start', 'A backtest that ktrdr doesn’t know', 'The database was down when it started.'],
  ['08-dummy-orphan-false-positive', 'A false alarm', 'It was marked as failed while it was running.'],
  ['11b-training-worker-sigterm', 'Cancelled without a request', 'Its worker was shut down.'],
  ['21a-training-still-running', 'Not stuck', 'Its progress, and the time left.', 'stuck'],
  ['16b-backtest-healthy-2', 'Nothing wrong', 'A healthy backtest.'],
  [
    'stuck-singleton-mismatch',
    'The runbook’s worked example',
    'Two parts of one service don’t share their state.',
    'stuck',
  ],
];

/** Each shows what its title and its sentence promise, at any time; a test presses them all. */
export function suggestions(incidents: readonly RecordedIncident[]): readonly Suggestion[] {
  const askOf = (name: string) => incidents.find((one) => one.name === name)?.ask ?? '';
  return [
    ...INCIDENTS.map(([name, title, about, symptom]) => ({
      title,
      about,
      command: `/ktrdr diagnose ${[askOf(name), symptom].filter(Boolean).join(' ')}`,
    })),
    {
      title: 'The latest backtest',
      about: 'Also finds rejected starts, which have no ID.',
      command: '/ktrdr diagnose last backtest',
    },
    {
      title: 'A mistyped ID',
      about: 'It doesn’t exist; ktrdr-bot suggests a similar one.',
      command: `/ktrdr diagnose ${askOf('06a-backtest-no-data').replace(/[0-9a-f]{8}$/, 'deadbeef')}`,
    },
    {
      title: 'A request in plain words',
      about: 'Mentions also work in threads.',
      command: '@ktrdr-bot my training is stuck at 45%',
    },
    {
      title: 'What failed in the last day',
      about: 'Grouped by cause.',
      command: '/ktrdr digest now',
    },
    {
      title: 'A private diagnosis',
      about: 'A direct message from ktrdr-bot. The channel doesn’t see it.',
      command: `/ktrdr diagnose ${askOf('06a-backtest-no-data')} --private`,
    },
    {
      title: 'A pasted ID',
      about: 'Gets a reply in the thread, only in #ktrdr-ops. To stop that, mention the bot there with “mute”.',
      command: `the download is gone again: ${askOf('20e-ib-gateway-down')}`,
    },
    {
      title: 'A link to a trace',
      about: 'Gets a preview, for example in #trading-desk. The link itself doesn’t work in this demo.',
      command: `https://jaeger.example.com/trace/${askOf('03a-backtest-only-training-worker')}`,
    },
    {
      title: 'Watch a running operation',
      about: 'One message that updates. This recording never ends.',
      command: `/ktrdr watch ${askOf('21a-training-still-running')}`,
    },
    { title: 'Status', about: 'What responds, and the feedback on diagnoses.', command: '/ktrdr status' },
    { title: 'Help', about: 'All commands.', command: '/ktrdr help' },
  ];
}
