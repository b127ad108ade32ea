import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRecordedJaeger, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { afterAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/formatters/message.ts';
import type { Digest } from '../../src/formatters/reports/digest.ts';
import { ACTION_IDS } from '../../src/handlers/buttons.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { FIXTURES, incidentsIn } from '../support/incidents.ts';
import { lintMessage } from '../support/message-linter.ts';
import { runCli, runHere } from './run-cli.ts';

/** Everything that was recorded on one day, and one failure that only the ktrdr API knows. */
const FORGOTTEN = incidentNamed('06c-');
const INCIDENTS = incidentsIn(FIXTURES).filter(({ expected }) => expected.now?.startsWith('2026-11-23') === true);
const DOCUMENTS = INCIDENTS.filter(({ dir }) => dir !== FORGOTTEN.dir).map(({ dir }) =>
  JSON.parse(readFileSync(join(dir, 'v3.json'), 'utf8')),
);
const servers = Promise.all([
  startRecordedJaeger({ version: '2.20', traces: DOCUMENTS }),
  startRecordedKtrdr({ fixtureDirs: [FORGOTTEN.dir] }),
]);
afterAll(async () => Promise.all((await servers).map((server) => server.close())));

async function digest(...args: readonly string[]) {
  const [jaeger, ktrdr] = await servers;
  return runHere(['digest', ...args], { env: { JAEGER_URL: jaeger.url, KTRDR_API_URL: ktrdr.url } });
}

describe('digest of the recorded day', () => {
  const since = ['--now', '2026-11-23T09:00:00Z', '--since', '12h'];

  it('counts what each recording expects: failed, refused, by either witness, and the false alarm apart', async () => {
    const { status, stdout, stderr } = await digest(...since, '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const found: Digest = JSON.parse(stdout);
    expect(found.falseAlarms).toBe(1);
    expect(found.before).toBe(0);
    const operations = found.groups.flatMap((group) => group.operations);
    expect(operations).toHaveLength(found.total);
    expect(found.groups.map(({ count }) => count)).toEqual(
      found.groups.map(({ count }) => count).toSorted((a, b) => b - a),
    );
    const names = operations.map(({ operationId }) => operationId);
    expect(names).toContain(FORGOTTEN.operationId);
    expect(names).toContain(incidentNamed('10d-').operationId);
    expect(operations.map(({ traceId }) => traceId)).toContain(incidentNamed('03a-').ask);
    for (const healthy of INCIDENTS.filter(({ expected }) => expected.healthy === true)) {
      expect(names).not.toContain(healthy.expected.operationId);
    }
    expect(names).not.toContain(incidentNamed('08-').operationId);
  });

  it('takes a type', async () => {
    const { stdout } = await digest(...since, '--type', 'BACKTEST', '--json');
    const found: Digest = JSON.parse(stdout);
    expect(found.total).toBeGreaterThan(0);
    expect(new Set(found.groups.flatMap((group) => group.operations.map(({ type }) => type)))).toEqual(
      new Set(['backtesting']),
    );
  });

  it('prints the messages that Slack would get', async () => {
    const answer: Answer = JSON.parse((await digest(...since, '--slack')).stdout);
    for (const message of [answer.summary, ...answer.thread.map((part) => part.message)]) {
      expect(lintMessage(message, { hosts: [], knownActions: ACTION_IDS })).toEqual([]);
    }
  });

  it('is readable in a pipe, and a process of its own', async () => {
    const [jaeger] = await servers;
    const { status, stdout } = await runCli(['digest', ...since], { env: { JAEGER_URL: jaeger.url } });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Failed operations, last 12 h: \d+ \(the 12 h before: 0\)\n {2}\d+ × /);
    expect(stdout).toContain(
      `Not counted: 1 false alarm of the orphan detector (the operation kept running): ${incidentNamed('08-').operationId}`,
    );
    expect(stdout).not.toContain('\u001b');
  });
});

describe('digest', () => {
  it('says when nothing failed', async () => {
    const jaeger = await startRecordedJaeger({ version: '1.53', traces: [] });
    const { status, stdout } = await runHere(['digest'], { env: { JAEGER_URL: jaeger.url } });
    await jaeger.close();
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        /^Failed operations, last 24 h: none [(]the day before: 0[)]\nSearched: .* UTC to .* UTC[.]\n$/,
      ),
    });
  });

  it('exits with 1 when Jaeger does not answer', async () => {
    const { status, stderr } = await runHere(['digest'], { env: { JAEGER_URL: 'http://127.0.0.1:9' } });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Jaeger is unreachable at 127\.0\.0\.1:9/);
  });

  it.each<[readonly string[], RegExp]>([
    [['--since', 'someday'], /--since: “someday” isn’t a duration or a time\. Use/],
    [['--since', '99d'], /at most 31d/],
    [['--now', 'noon'], /--now must be a time in ISO 8601/],
    [['--type', 'gardening'], /--type must be one of training/],
    [['now'], /Unexpected argument "now": digest takes only options/],
    [['--jsn'], /Unknown option --jsn\. Did you mean --json\?/],
  ])('%j is wrong usage', async (args, problem) => {
    const { status, stdout, stderr } = await runHere(['digest', ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(problem);
  });
});
