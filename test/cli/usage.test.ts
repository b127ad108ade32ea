import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EMPTY_FOLDER, MAIN, TSX } from '../support/program.ts';
import { runCli, runHere } from './run-cli.ts';

const ID = 'op_training_20260109_060025_4183136f';

describe('help', () => {
  it.each([['--help'], ['-h'], ['help']])('%s lists the commands on stdout', async (arg) => {
    const { status, stdout, stderr } = await runHere([arg]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const command of ['start', 'diagnose', 'doctor', 'explain', 'mcp'])
      expect(stdout).toMatch(new RegExp(`^ +${command} `, 'm'));
  });

  it.each(['start', 'diagnose', 'doctor', 'explain', 'mcp'])(
    '%s explains itself without any configuration',
    async (command) => {
      const { status, stdout } = await runHere([command, '--help'], { env: { PORT: 'not a port' } });
      expect(status).toBe(0);
      expect(stdout).toContain(`Usage: ktrdr-bot ${command}`);
    },
  );
});

it.each([['--version'], ['-v']])('%s prints the version', async (arg) => {
  const { status, stdout } = await runHere([arg]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

describe('wrong usage exits with 2, prints nothing to stdout, and says what was expected', () => {
  it.each<[readonly string[], RegExp]>([
    [[], /Which command\?[\s\S]*diagnose/],
    [['diagnos'], /Unknown command "diagnos"\. Did you mean "diagnose"\?/],
    [['frobnicate'], /Unknown command "frobnicate"\. "ktrdr-bot --help"/],
    [['toString'], /Unknown command "toString"/],
    [['diagnose'], /needs an operation ID, a trace ID, a Jaeger URL, or "last"/],
    [['diagnose', 'lats'], /Did you mean "last"\?/],
    [['diagnose', 'nonsense'], /"nonsense" isn't an operation ID, a trace ID, or a Jaeger URL[\s\S]*For example/],
    [['diagnose', ID, 'stukc'], /Did you mean "stuck"\?/],
    [['diagnose', 'last', 'trainng'], /Did you mean "training"\?/],
    [['diagnose', ID, ID], /one operation at a time/],
    [['diagnose', ID, 'stuck', 'slow', 'failed'], /two symptoms at most: unexpected "failed"/],
    [['diagnose', ID, 'stuck', 'slwo'], /Did you mean "slow"\?/],
    [['diagnose', 'op_a', 'op_b'], /"op_a" isn't an operation ID/],
    [['diagnose', ID, 'op_b'], /"op_b" isn't a symptom\. Use one of stuck, /],
    [['help', 'diagnos'], /Unknown command "diagnos"\. Did you mean "diagnose"\?/],
    [['diagnose', ID, '--jso'], /Unknown option --jso\. Did you mean --json\?/],
    [['diagnose', ID, '-x'], /Unknown option -x\./],
    [['diagnose', ID, '--json=yes'], /--json doesn't take a value/],
    [['diagnose', ID, '--file'], /--file needs a value/],
    [['diagnose', ID, '--now', 'yesterday'], /--now must be a time in ISO 8601/],
    [['diagnose', ID, '--now', '2026-01-01', '--now', '2026-01-02'], /--now was given 2 times/],
    [['diagnose', ID, '--json', '--slack'], /not both/],
    [['diagnose', ID, '--file', '-', '--workers', '-'], /can be read only once/],
    [['doctor', 'jaeger'], /Unexpected argument "jaeger": doctor takes only options/],
    [['start', 'now'], /Unexpected argument "now": start takes only options/],
    [['mcp', 'now'], /Unexpected argument "now": mcp takes only options/],
    [['explain', 'worker-los'], /Did you mean "worker-lost"\?/],
    [['explain', 'no/such/thing'], /isn't a known cause/],
    [['explain', 'worker-lost/'], /isn't a known cause/],
  ])('%j', async (args, problem) => {
    const { status, stdout, stderr } = await runHere(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(problem);
  });

  it('lists every wrong variable and shows no value', async () => {
    const env = { PORT: 'secret-1', LOOKBACK: 'secret-2', SLACK_BOT_TOKEN: 'secret-3' };
    const { status, stderr } = await runCli(['start'], { env });
    expect(status).toBe(2);
    for (const name of [...Object.keys(env), 'SLACK_SIGNING_SECRET']) expect(stderr).toContain(name);
    expect(stderr).not.toContain('secret-');
  });

  it('lists what is wrong inside settings and files beside what can’t be read', async () => {
    const cron = '0 0 31 2 *';
    const env = {
      CAUSES_FILE: '/no/such/causes.yml',
      JAEGER_CA_FILE: '/no/such/ca.pem',
      PORT: 'abc',
      ALLOWED_CHANNELS: 'C0OPS',
      ALERTS: JSON.stringify([{ channel: 'C0OTHER' }]),
      DIGESTS: JSON.stringify([{ channel: 'C0OPS', cron, tz: 'UTC' }]),
    };
    const { status, stderr } = await runHere(['start'], { env });
    expect(status).toBe(2);
    expect(stderr.match(/^ {2}\w+/gm)?.map((name) => name.trim())).toEqual([
      'PORT',
      'SLACK_BOT_TOKEN',
      'SLACK_SIGNING_SECRET',
      'CAUSES_FILE',
      'DIGESTS',
      'ALERTS',
      'JAEGER_CA_FILE',
    ]);
  });

  it('does not ask for the workspace of a digest while ALLOWED_TEAMS can’t be read', async () => {
    const env = {
      ...{ SLACK_CLIENT_ID: '1.2', SLACK_CLIENT_SECRET: 'client-secret' },
      ...{ SLACK_STATE_SECRET: 'state-secret', TOKEN_ENCRYPTION_KEY: 'encryption-key' },
      ALLOWED_TEAMS: 'ktrdr',
      DIGESTS: JSON.stringify([{ channel: 'C0OPS', cron: '0 9 * * *', tz: 'UTC' }]),
    };
    const { stderr } = await runHere(['start'], { env });
    expect(stderr).toContain('ALLOWED_TEAMS must be');
    expect(stderr).not.toContain('DIGESTS');
  });
});

it('a process ends with the status that its command gave', async () => {
  expect(await runCli(['--help'])).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('Usage') });
  expect(await runCli(['diagnose', 'lats'])).toMatchObject({ status: 2, stdout: '' });
});

it.skipIf(process.platform !== 'linux')('says why the output could not be written', () => {
  // Every write there fails as on a full disk.
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, ['--import', TSX, MAIN, '--version'], {
    cwd: EMPTY_FOLDER,
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: "The output couldn't be written: no space left on device.\n",
  });
});

describe('explain', () => {
  it('prints the catalogue, and one cause of it', async () => {
    const { status, stdout } = await runHere(['explain', '--json']);
    expect(status).toBe(0);
    const catalogue: readonly { id: string; symptom: string; variants: Record<string, string> }[] = JSON.parse(stdout);
    const [first] = catalogue;
    const listed = (await runHere(['explain'])).stdout;
    for (const { id } of catalogue) expect(listed).toContain(id);
    const page = await runHere(['explain', first?.id ?? '']);
    expect(page.stdout).toContain(first?.symptom);
  });
});
