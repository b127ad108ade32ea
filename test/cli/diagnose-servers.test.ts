import { readRecordedTraces, startRecordedJaeger, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { afterEach, describe, expect, it } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { runCli } from './run-cli.ts';

const NO_DATA = incidentNamed('06a-');
const NOW = ['--now', NO_DATA.expected.now ?? ''];
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function servers() {
  const jaeger = await startRecordedJaeger({ version: 'main', traces: await readRecordedTraces([NO_DATA.dir]) });
  const ktrdr = await startRecordedKtrdr({ fixtureDirs: [NO_DATA.dir] });
  closers.push(jaeger.close, ktrdr.close);
  return { jaeger, ktrdr, env: { JAEGER_URL: jaeger.url, KTRDR_API_URL: ktrdr.url } };
}

describe('diagnose', () => {
  it('asks both servers', async () => {
    const { env } = await servers();
    const { status, stdout, stderr } = await runCli(['diagnose', NO_DATA.operationId, ...NOW, '--json'], { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'explained',
      statusSource: 'ktrdr-api',
      sources: [
        { name: 'jaeger', state: 'ok' },
        { name: 'ktrdr-api', state: 'ok' },
      ],
    });
  });

  it('takes a link, and asks for the newest attempt', async () => {
    const { env } = await servers();
    const link = `http://jaeger.example/search?tags=%7B%22operation.id%22%3A%22${NO_DATA.operationId}%22%7D`;
    for (const what of [[link], ['last', 'backtest']]) {
      const { stdout } = await runCli(['diagnose', ...what, ...NOW, '--json'], { env });
      expect(JSON.parse(stdout).operationId).toBe(NO_DATA.operationId);
    }
  });

  it('exits with 1 when nothing could be asked, and names the address without its credentials', async () => {
    const { env, jaeger } = await servers();
    await jaeger.close();
    const { host } = new URL(env.JAEGER_URL);
    const away = { JAEGER_URL: `http://reader:geheim@${host}` };
    const { status, stdout } = await runCli(['diagnose', NO_DATA.operationId, ...NOW], { env: away });
    expect(status).toBe(1);
    expect(stdout).toContain(host);
    expect(stdout).not.toContain('geheim');
  });

  it('uses saved answers of the ktrdr API in place of asking it', async () => {
    const { env, ktrdr } = await servers();
    const saved = ['--operations', `${NO_DATA.dir}/operation.json`, '--workers', `${NO_DATA.dir}/workers.json`];
    const { status, stdout } = await runCli(['diagnose', NO_DATA.operationId, ...NOW, ...saved, '--json'], { env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ statusSource: 'ktrdr-api', verdict: 'explained' });
    expect(ktrdr.requests).toEqual([]);
  });

  it('answers an id that nobody knows', async () => {
    const { env } = await servers();
    const { status, stdout } = await runCli(['diagnose', 'op_training_20250101_000000_deadbeef', '--json'], { env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout).verdict).toBe('not-found');
  });
});

describe('doctor', () => {
  it('prints a line for each dependency and exits with 0 when what is configured works', async () => {
    const { env } = await servers();
    const { status, stdout } = await runCli(['doctor'], { env });
    expect(status).toBe(0);
    const states = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/ +/, 2));
    expect(states).toEqual([
      ['jaeger', 'ok'],
      ['ktrdr-api', 'ok'],
      ['queue', 'off'],
      ['slack', 'off'],
    ]);
  });

  it('says what to change and exits with 1 when something does not', async () => {
    const { env, ktrdr } = await servers();
    ktrdr.setFault('login-page');
    const broken = {
      ...env,
      REDIS_URL: `redis://:geheim@${new URL(env.JAEGER_URL).host}`,
      SLACK_BOT_TOKEN: 'xoxb-geheim',
      SLACK_API_URL: `${env.KTRDR_API_URL}/api/`,
    };
    const { status, stdout } = await runCli(['doctor', '--json'], { env: broken });
    expect(status).toBe(1);
    const checks: readonly { name: string; state: string; change: string | null }[] = JSON.parse(stdout);
    expect(checks.map(({ name, state }) => [name, state])).toEqual([
      ['jaeger', 'ok'],
      ['ktrdr-api', 'unavailable'],
      ['queue', 'unavailable'],
      ['slack', 'unavailable'],
    ]);
    expect(checks.map(({ change }) => change?.match(/[A-Z]+_[A-Z_]+/)?.[0] ?? null)).toEqual([
      null,
      'KTRDR_API_URL',
      'REDIS_URL',
      'SLACK_API_URL',
    ]);
    expect(stdout).not.toContain('geheim');
  });
});
