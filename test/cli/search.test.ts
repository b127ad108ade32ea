import { readRecordedTraces, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { afterAll, describe, expect, it } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { runCli } from './run-cli.ts';

const NO_DATA = incidentNamed('06a-');
const REFUSED = incidentNamed('03a-');
const DAY = ['--since', '2026-11-23T00:00:00Z', '--until', '2026-11-24T00:00:00Z'];
const starting = readRecordedTraces([NO_DATA.dir, REFUSED.dir]).then((traces) =>
  startRecordedJaeger({ version: 'main', traces }),
);
afterAll(async () => (await starting).close());

async function search(...args: readonly string[]) {
  const { url } = await starting;
  return runCli(['search', ...args], { env: { JAEGER_URL: url } });
}

describe('search', () => {
  it('takes every option, and prints rows as JSON', async () => {
    const conditions = [
      ...['--service', 'ktrdr-api', '--type', 'BACKTESTING', '--status', 'FAILED', '--error', '--error-type'],
      ...['DataNotFoundError', '--symbol', 'audusd', '--timeframe', '1H', '--min-duration', '1ms', '--limit', '5'],
      ...['--tag', 'data.symbol=AUDUSD', '--tag', 'operation.is_backend_local=false', '--json'],
    ];
    const { status, stdout, stderr } = await search(...conditions, ...DAY);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { operations, gaps } = JSON.parse(stdout);
    expect(gaps).toEqual([]);
    expect(operations).toMatchObject([
      { operationId: NO_DATA.operationId, status: 'failed', cause: 'data-missing/not-cached' },
    ]);
  });

  it('prints refused starts among the others, newest first, with trace id, duration and likely cause', async () => {
    const { status, stdout } = await search('failed', 'backtests', ...DAY);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^trace ${REFUSED.ask} +not started, no operation ID  backtest`, 'm'));
    expect(stdout).toContain('workers-unavailable/none-capable: ');
    expect(stdout).toMatch(
      new RegExp(
        `^${NO_DATA.operationId} +failed {2}backtest AUDUSD 1h {2}23 Nov 2026 07:06:38 UTC {2}\\d+(?:\\.\\d+)? ms`,
        'm',
      ),
    );
    expect(stdout.indexOf(NO_DATA.operationId)).toBeLessThan(stdout.indexOf(REFUSED.ask));
    expect(stdout).not.toContain('\u001b');
  });

  it('answers with 0 when nothing matches, and says what time was searched', async () => {
    const { status, stdout } = await search('--strategy', 'nobody', ...DAY);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'No operation, 23 Nov 2026 00:00:00 UTC to 24 Nov 2026 00:00:00 UTC.\n',
    });
  });

  it('exits with 1 when Jaeger does not answer', async () => {
    const { status, stderr } = await runCli(['search'], { env: { JAEGER_URL: 'http://127.0.0.1:9' } });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Jaeger is unreachable at 127\.0\.0\.1:9/);
  });

  it.each<[readonly string[], RegExp]>([
    [['--type', 'trainng'], /--type must be one of training, backtest/],
    [['--status', 'broken'], /--status must be one of pending, running/],
    [['--since', 'someday'], /--since: “someday” isn’t a duration or a time\. Use/],
    [['--min-duration', '10'], /--min-duration: “10” isn’t a duration\. Use/],
    [['--limit', '0'], /--limit must be a number from 1 to 200/],
    [['--tag', 'novalue'], /--tag must be key=value/],
    [['--since', '1h', '--until', '2h'], /--since must be earlier than --until/],
    [['--since', '0h'], /--since must be in the past/],
    [['--tag', 'data.symbol='], /--tag must be key=value/],
    [['--symbols', 'AAPL'], /Unknown option --symbols\. Did you mean --symbol\?/],
    [['purple'], /“purple” isn’t a search word\. For example: /],
  ])('%j is wrong usage', async (args, problem) => {
    const { status, stdout, stderr } = await search(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(problem);
  });
});

describe('explain', () => {
  it('says what an attribute means and where it is written today', async () => {
    const documented = await runCli(['explain', 'worker_registry.total_workers']);
    expect(documented.status).toBe(0);
    expect(documented.stdout).toMatch(
      /only the runbook names it[\s\S]*Never written by the current ktrdr\. worker\.total_workers on workers\.select/,
    );
    const { stdout } = await runCli(['explain', 'operation.to_status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'string',
      vocabulary: 'real',
      occursOn: 'operation.state_transition',
    });
  });

  it('asks back for an attribute that is almost one', async () => {
    const { status, stderr } = await runCli(['explain', 'operation.typ']);
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean "operation.type"?');
  });
});
