/** Commands are run as they were rendered, with values in the spans that try to run something else. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Case } from '../../src/diagnosis/case.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { DEPLOYMENTS } from '../../src/diagnosis/fixes/deployment.ts';
import { formatAnswer } from '../../src/formatters/answer/answer.ts';
import { cleanDiagnosis } from '../../src/formatters/clean.ts';
import { formatHtml } from '../../src/formatters/html/page.ts';
import { formatText } from '../../src/formatters/terminal/text.ts';
import { howToAllow, unknownCalls } from '../support/commands.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';
import { findingsOf } from '../support/judge.ts';
import { commandsInHtml, commandsInJson, commandsInSlack, commandsInText } from '../support/rendered-commands.ts';
import { type Ran, type Runs, runCommands } from '../support/run-commands.ts';

/** An operator's own pattern, as `REDACT` has it. */
const REDACT = [/CORP-\d+/];

/** Ends a quotation and leaves a file behind, in a word without spaces and as a line. */
const ESCAPE = "';>canary;#";
const TOUCH = `';touch$${'{IFS}'}canary;#`;
const assigned = (name: string, sign: string) => `X'${name}${sign}${TOUCH}`;

/** Values that have to be typed as they are. */
const TYPED = [
  `X${ESCAPE}`,
  `X${TOUCH}`,
  "'",
  "''';>canary;'''",
  "X\\';>canary;#",
  '"$(>canary)"',
  '$(>canary)',
  '`>canary`',
  'X;>canary',
  'X|touch canary',
  'X && touch canary || touch canary',
  'X > canary',
  '$HOME ~ * ? {a,b} [a-z] !! #',
  'X’;>canary;‘ “$(>canary)”',
  'X＇;>canary;＇',
  'a&lt;b&amp;c <!channel> <@U012AB3CD>',
  `${"X'".repeat(200)};>canary`,
];

/** Values that no command can be made of. */
const UNTYPED = [
  assigned('password', '='),
  assigned('token', '='),
  assigned('secret', ': '),
  assigned('cookie', '='),
  assigned('passwd', ' '),
  `X'password='$(>canary)x7'`,
  `X-----BEGIN RSA PRIVATE KEY-----${ESCAPE}`,
  `X'curl -u 'a:b${ESCAPE}`,
  `https://ann:${'hunter2'}@host/${ESCAPE}`,
  `CORP-1234${ESCAPE}`,
  `[redacted]${ESCAPE}`,
  'X\ntouch canary\n',
  'X\r>canary\r',
  `X\u0000${ESCAPE}`,
  `X\u202e${ESCAPE}`,
  `X\u2028>canary`,
  `X\t${ESCAPE}`,
  `X\uffff${ESCAPE}`,
  `${'X'.repeat(9000)}${ESCAPE}`,
];

/** Values that a program takes for an option. */
const OPTIONS = ['-rf', '--config=evil', '--', '-', '-r/f', `-${ESCAPE}`];

/** The worker whose id no command has, so that it must stay so. */
const WORKER_ID = 'worker-ec6e8a';

interface Place {
  readonly incident: string;
  /** A value of the recorded incident, everywhere it occurs. */
  readonly value: string;
  /** What stands before it in the word of a command, so that it cannot be an option. */
  readonly after?: string;
  /** Whether a command with it is proposed whatever it is; the other rules have to find it in a message. */
  readonly isAsked?: boolean;
}

const PLACES: Readonly<Record<string, Place>> = {
  'a symbol': { incident: 'data-missing/not-cached/06a-backtest-no-data', value: 'AUDUSD' },
  'a timeframe': { incident: 'data-missing/failed-data-not-found', value: '5m' },
  'a strategy': {
    incident: 'invalid-input/strategy-version/07d-training-strategy-v2',
    value: 'PLANTED',
    after: 'strategies/',
  },
  'an operation that runs': {
    incident: 'healthy/21a-training-still-running',
    value: 'op_training_20261123_074850_7f108e27',
    isAsked: true,
  },
  'an operation that hangs': {
    incident: 'progress-stalled/stuck-progress-stalled',
    value: 'op_training_20261123_050932_9da00972',
    isAsked: true,
  },
  'an operation that was cancelled': {
    incident: 'cancelled/user/15a-training-user-cancel',
    value: 'op_training_20261123_071203_4dfb1a6b',
    isAsked: true,
  },
  'an operation whose worker was lost': {
    incident: 'worker-lost/crashed/10d-backtest-worker-kill9-restarted-orphan',
    value: 'op_backtesting_20261123_072711_a04b995f',
    isAsked: true,
  },
  'the host of a worker': {
    incident: 'worker-unreachable/refused/12a-backtest-worker-unreachable',
    value: '127.0.0.1',
    after: 'http://',
  },
  'the id of a worker': { incident: 'worker-unreachable/refused/stuck-dispatch-refused', value: WORKER_ID },
};

const VALUES = [...TYPED, ...UNTYPED, ...OPTIONS];
const INCIDENTS = new Map(incidentsIn(FIXTURES).map((incident) => [incident.name, incident]));

describe.each(Object.entries(PLACES))('%s that is hostile', (_name, place) => {
  const rendered = new Map<string, readonly string[]>();
  let runs: Runs;
  let ranOf: ReadonlyMap<string, Ran>;

  beforeAll(() => {
    for (const value of VALUES) rendered.set(value, commandsFor(place, value));
    const commands = [...new Set([...rendered.values()].flat())];
    runs = runCommands(commands);
    ranOf = new Map(runs.ran.map((ran) => [ran.command, ran]));
  }, 120_000);

  it('runs nothing but the programs that the commands name', () => {
    expect(runs.left).toEqual([]);
    expect(runs.ran.filter(({ reportedErrors }) => reportedErrors !== '')).toEqual([]);
    expect(runs.ran.filter(({ calls }) => calls.length === 0)).toEqual([]);
  });

  it('is one argument, whole, or in no command', () => {
    for (const [value, commands] of rendered) {
      const calls = commands.flatMap((command) => ranOf.get(command)?.calls ?? []);
      const { after } = place;
      const asOption = after === undefined ? [] : [`${after}${value}`];
      const unknown = unknownCalls(calls, OPTIONS.includes(value) ? asOption : [value]);
      expect(unknown, `${value}: ${howToAllow(unknown)}`).toEqual([]);
      expect(JSON.stringify(calls), value).not.toMatch(/redacted|…/);
    }
  });

  it('is typed where it can be, and only there', () => {
    const isTyped = (value: string) =>
      (rendered.get(value) ?? []).some((command) =>
        ranOf.get(command)?.calls.some((call) => call.some((word) => word.includes(value))),
      );
    const typed = TYPED.filter(isTyped);
    if (place.isAsked === true) expect(typed).toEqual(TYPED);
    expect(typed.length === 0).toBe(place.value === WORKER_ID);
    expect(UNTYPED.filter(isTyped)).toEqual([]);
  });
});

/** Every command of every rendering, and those of the other deployments. */
function commandsFor(place: Place, value: string): readonly string[] {
  const kase = withValue(place, value);
  const found = diagnose(kase, { deployment: 'local', apiUrl: null, redact: REDACT });
  for (const finding of findingsOf(found)) expect(finding.fixes.length).toBeGreaterThan(0);
  const elsewhere = DEPLOYMENTS.filter((deployment) => deployment !== 'local').map((deployment) =>
    diagnose(kase, { deployment, project: 'slot-3', apiUrl: null, redact: REDACT }),
  );
  const { subject, symptom, now } = kase;
  const slack = formatAnswer(found, { jaegerPublicUrl: null, grafanaUrl: null, redact: REDACT, subject, symptom, now });
  return [
    ...[found, ...elsewhere].flatMap((said) => commandsInJson(JSON.stringify(cleanDiagnosis(said, REDACT)))),
    ...commandsInText(formatText(found, { width: 80, colour: false, now, redact: REDACT })),
    ...commandsInHtml(formatHtml(found, { now, redact: REDACT })),
    ...commandsInSlack(JSON.parse(JSON.stringify(slack))),
  ];
}

function withValue({ incident: name, value: recorded }: Place, value: string): Case {
  const incident = INCIDENTS.get(name);
  if (incident === undefined) throw new Error(`no incident is called ${name}`);
  const kase = caseOf(incident, 'v3', { api: true });
  const json = JSON.stringify(recorded === 'PLANTED' ? planted(kase) : kase, (_key, text: unknown) =>
    typeof text === 'string' ? text.replaceAll(recorded, () => value) : text,
  );
  return JSON.parse(json);
}

/** No recorded incident of the rule names its strategy in a span. */
function planted(kase: Case): Case {
  return {
    ...kase,
    traces: kase.traces.map((trace) => ({
      ...trace,
      spans: trace.spans.map((span) => ({
        ...span,
        attributes: { ...span.attributes, 'training.strategy': 'PLANTED' },
      })),
    })),
  };
}
