import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedJaeger, readRecordedTraces, startRecordedJaeger } from '@ktrdr-bot/local-slack';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeAll } from '../../eval/evaluate.ts';
import { correct, judge } from '../../src/jobs/answer/feedback.ts';
import { QUEUE_KINDS, type TestQueue } from '../jobs/queue-kinds.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { incidentsIn } from '../support/incidents.ts';
import { runHere } from './run-cli.ts';

const incident = incidentNamed('06a-backtest-no-data');
const CAUSE = 'data-missing/not-cached';

describe.each(QUEUE_KINDS)('feedback in $kind', ({ skipped, open }) => {
  describe.skipIf(skipped)('on this machine', () => {
    let queue: TestQueue;
    let jaeger: RecordedJaeger;
    let folder: string;
    let env: Record<string, string>;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'feedback-'));
      jaeger = await startRecordedJaeger({ version: '2.20', traces: await readRecordedTraces([incident.dir]) });
      queue = await open(pino({ level: 'silent' }));
    });
    afterAll(async () => {
      await queue.reopen();
      await Promise.all([queue.remove(), jaeger.close(), rm(folder, { recursive: true })]);
    });

    it('is nothing before anybody has answered', async () => {
      const { kind, place } = await queue.lend();
      env = { JAEGER_URL: jaeger.url, ...(kind === 'redis' ? { REDIS_URL: place } : { DATA_DIR: place }) };
      expect(await runHere(['feedback'], { env })).toMatchObject({
        status: 0,
        stdout: 'No feedback yet.\n',
      });
    });

    it('is counted by cause, and what was wrong is listed once for each person', async () => {
      if (env['DATA_DIR'] !== undefined) await queue.reopen();
      const { store } = queue.backend.front;
      const judged = (userId: string, answerId = 'a1') => ({
        teamId: 'T1',
        answerId,
        userId,
        channel: 'C1',
        cause: CAUSE,
      });
      await judge(store, { ...judged('U1'), verdict: 'right' });
      await judge(store, { ...judged('U2'), verdict: 'right' });
      const secret = ['hunter', '2', 'hunter', '2'].join('');
      for (const instead of ['model', 'worker']) {
        await judge(store, { ...judged('U3'), verdict: 'wrong' });
        await correct(store, judged('U3'), {
          instead,
          words: `its disk, password=${secret}`,
          about: incident.operationId,
        });
      }
      await judge(store, { ...judged('U4'), verdict: 'wrong' });
      await correct(store, judged('U4'), { instead: 'data', words: '', about: 'op_training_20250101_000000_deadbeef' });
      // Somebody who has changed their mind.
      await judge(store, { ...judged('U5'), verdict: 'wrong' });
      await correct(store, judged('U5'), { instead: 'data', words: 'no longer', about: incident.operationId });
      await judge(store, { ...judged('U5'), verdict: 'right' });
      await queue.lend();

      const { stdout, status } = await runHere(['feedback', '--json'], { env });
      expect(status).toBe(0);
      const { causes, wrong } = JSON.parse(stdout);
      expect(causes).toEqual([{ cause: CAUSE, right: 3, wrong: 2, rightShare: 0.6 }]);
      expect(wrong.map(({ instead }: { instead: string }) => instead)).toEqual(['worker', 'data']);
      const text = (await runHere(['feedback'], { env })).stdout;
      expect(text).toContain('60% right of 5');
      expect(text).not.toContain(secret);
    });

    it('is exported as cases without secrets, which eval reads; what is gone is said', async () => {
      const cases = join(folder, 'cases');
      const { stdout, status } = await runHere(['feedback', '--export', cases], { env });
      expect(status).toBe(0);
      expect(stdout).toContain('1 case written.');
      expect(stdout).toMatch(/op_training_20250101_000000_deadbeef: neither Jaeger nor the ktrdr API has data/);
      const [name = ''] = await readdir(cases);
      const saved = join(cases, name, 'saved.json');
      expect((await stat(saved)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(await readFile(join(cases, name, 'case.json'), 'utf8'))).toMatchObject({
        operationId: incident.operationId,
        causes: expect.arrayContaining(['worker-lost']),
        about: expect.stringContaining('[redacted]'),
      });
      const judgements = judgeAll(incidentsIn(cases));
      expect(judgements.length).toBeGreaterThan(0);
      for (const { answer, isRight } of judgements) expect([answer, isRight]).toEqual([CAUSE, false]);
    });
  });
});

describe('feedback without its queue', () => {
  it('says which one does not answer', async () => {
    const { status, stderr } = await runHere(['feedback'], { env: { REDIS_URL: 'redis://127.0.0.1:1' } });
    expect(status).toBe(1);
    expect(stderr).toContain('REDIS_URL');
  });
});
