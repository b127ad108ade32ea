import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { DelayedError } from 'bullmq';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { type DiagnosisWorkerOptions, startDiagnosisWorker } from '../../../src/jobs/answer/diagnosis-worker.ts';
import { readWanted } from '../../../src/jobs/deliver/wanted.ts';
import { QUESTIONS } from '../../../src/jobs/queue/queues.ts';
import type { RunningWorker } from '../../../src/jobs/queue/run-worker.ts';
import type { Place, Questions } from '../../../src/jobs/requests.ts';
import { until } from '../../adapters/queue/until.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { answerOf, diagnosisSaying, messages, placeIn, questionsOn, requestFor } from './question-set.ts';

const log = pino({ level: 'silent' });
const QUICK_RECOVERY = { lockDuration: 2000, stalledInterval: 1000 };

describe.each(QUEUE_KINDS)('questions on $kind', ({ kind, skipped, open }) => {
  describe.skipIf(skipped)('with that queue here', () => {
    let queue: TestQueue;
    let questions: Questions;
    const workers: RunningWorker[] = [];

    beforeAll(async () => {
      queue = await open(log);
      questions = questionsOn(queue.backend.front);
    });
    afterEach(async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.close()));
      await queue.backend.front.queue(QUESTIONS).obliterate({ force: true });
    });
    afterAll(() => queue.remove());

    function work(diagnose: DiagnosisWorkerOptions['diagnose'], more: Partial<DiagnosisWorkerOptions> = {}): void {
      const { backend } = queue;
      const format = ({ headline }: Diagnosis) => answerOf(headline, 'why', 'fix');
      workers.push(
        startDiagnosisWorker({
          backend,
          diagnose,
          format,
          messages,
          concurrency: 5,
          log,
          settings: QUICK_RECOVERY,
          ...more,
        }),
      );
    }

    async function said(requestId: string): Promise<string | null> {
      return (await readWanted(queue.backend.back.store, requestId))?.answer.summary.text ?? null;
    }

    async function untilAnswered(requestIds: readonly string[], timeoutMs?: number): Promise<void> {
      const { store } = queue.backend.back;
      await until(
        'everybody is answered',
        async () => {
          const all = await Promise.all(requestIds.map((requestId) => readWanted(store, requestId)));
          return all.every((wanted) => wanted?.stage === 'answer');
        },
        timeoutMs,
      );
    }

    const isIdle = async () => {
      const counts = await queue.backend.front.queue(QUESTIONS).getJobCounts('waiting', 'active', 'delayed');
      return Object.values(counts).every((count) => count === 0);
    };

    it('answers twenty people who ask at once with one diagnosis', async () => {
      let runs = 0;
      const requesters = Array.from({ length: 20 }, (_, i) => `${kind}-crowd-${i}`);
      await Promise.all(
        requesters.map((requestId, i) => questions.diagnose(requestFor(requestId, { place: placeIn(`C${i}`) }))),
      );
      work(async () => diagnosisSaying(`Run ${++runs}.`));
      await untilAnswered(requesters);
      await until('the queue is idle', isIdle);
      expect(runs).toBe(1);
    });

    it('answers who asks while the diagnosis runs', async () => {
      let finish = (): void => undefined;
      let runs = 0;
      work(async () => {
        runs += 1;
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return diagnosisSaying('Done.');
      });
      await questions.diagnose(requestFor(`${kind}-early`));
      await until('the diagnosis runs', () => runs > 0);
      await Promise.all(['a', 'b', 'c'].map((name) => questions.diagnose(requestFor(`${kind}-late-${name}`))));
      const finisher = setInterval(() => finish(), 20);
      await untilAnswered(['early', 'late-a', 'late-b', 'late-c'].map((name) => `${kind}-${name}`));
      await until('the queue is idle', isIdle);
      clearInterval(finisher);
    });

    it('answers who asks when the others were answered and the job has not ended', async () => {
      let asked: Promise<unknown> | null = null;
      // The line is written between the two.
      const write = (line: string) => {
        if (line.includes('"diagnosed"')) asked ??= questions.diagnose(requestFor(`${kind}-last-moment`));
      };
      work(async () => diagnosisSaying('Done.'), { log: pino({ level: 'info' }, { write }) });
      await questions.diagnose(requestFor(`${kind}-in-time`));
      await untilAnswered([`${kind}-in-time`, `${kind}-last-moment`]);
      await asked;
    });

    it('loses nobody when people ask in every moment of a run', async () => {
      const requesters = Array.from({ length: 60 }, (_, i) => `${kind}-stream-${i}`);
      work(async () => {
        await setTimeout(15);
        return diagnosisSaying('Done.');
      });
      for (const requestId of requesters) {
        await questions.diagnose(requestFor(requestId));
        await setTimeout(3);
      }
      await untilAnswered(requesters, 60_000);
    }, 120_000);

    it('asks once when the same gesture comes twice', async () => {
      let runs = 0;
      work(async () => diagnosisSaying(`Run ${++runs}.`));
      await questions.diagnose(requestFor(`${kind}-twice`));
      await untilAnswered([`${kind}-twice`]);
      await questions.diagnose(requestFor(`${kind}-twice`, { askedAt: 1 }));
      await until('the queue is idle', isIdle);
      expect(runs).toBe(1);
      expect(await said(`${kind}-twice`)).toBe('Run 1.');
    });

    it('diagnoses once for each symptom', async () => {
      const symptoms: unknown[] = [];
      work(async (_subject, symptom) => {
        symptoms.push(symptom);
        return diagnosisSaying(`About ${symptom}.`);
      });
      await Promise.all([
        questions.diagnose(requestFor(`${kind}-plain`)),
        questions.diagnose(requestFor(`${kind}-slow`, { symptom: 'slow' })),
      ]);
      await untilAnswered([`${kind}-plain`, `${kind}-slow`]);
      expect(symptoms.toSorted()).toEqual(['slow', null].toSorted());
      expect(await said(`${kind}-slow`)).toBe('About slow.');
    });

    it('tries a bug once more, then owns up to everybody', async () => {
      let runs = 0;
      work(async () => {
        runs += 1;
        throw new Error('a bug');
      });
      await Promise.all(['x', 'y'].map((name) => questions.diagnose(requestFor(`${kind}-bug-${name}`))));
      await untilAnswered([`${kind}-bug-x`, `${kind}-bug-y`]);
      expect(runs).toBe(2);
      expect(await said(`${kind}-bug-y`)).toMatch(/Could not answer .*; the reference is diagnosis-\S+\.$/);
    });

    it('ends a diagnosis that never ends', async () => {
      work(() => new Promise(() => undefined), { timeLimitMs: 100 });
      await questions.diagnose(requestFor(`${kind}-endless`));
      await untilAnswered([`${kind}-endless`]);
      expect(await said(`${kind}-endless`)).toContain('Could not answer');
    });

    it('owns up when no version understands a job', async () => {
      const odd = { ...requestFor(`${kind}-odd`), symptom: 'of another version' };
      const jobs = queue.backend.front.queue(QUESTIONS);
      await jobs.add('diagnose', odd);
      work(async () => diagnosisSaying('Never.'));
      // It is left to other workers for some seconds.
      const promoting = setInterval(async () => {
        for (const job of await jobs.getDelayed()) await job.promote().catch(() => undefined);
      }, 50);
      await untilAnswered([odd.requestId]);
      clearInterval(promoting);
      expect(await said(odd.requestId)).toContain('from another version');
    });

    it('owns up when the workers of a job died again and again', async () => {
      const request = requestFor(`${kind}-deadly`);
      await questions.diagnose(request);
      const jobs = queue.backend.front.queue(QUESTIONS);
      let runs = 0;
      // Each start is counted; a job that is put back starts again.
      const impatient = queue.backend.worker(
        QUESTIONS,
        async (job, token) => {
          runs += 1;
          await job.moveToDelayed(Date.now(), token);
          throw new DelayedError();
        },
        {},
      );
      await until('it began eight times', () => runs >= 8);
      await impatient.close();
      work(async () => diagnosisSaying('Never.'));
      await untilAnswered([request.requestId]);
      expect(await said(request.requestId)).toContain('Could not answer');
      expect(await jobs.getFailedCount()).toBe(0);
    });

    it('points a second person of a channel to the message of the first', async () => {
      let finish = (): void => undefined;
      let runs = 0;
      work(async () => {
        runs += 1;
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return diagnosisSaying('Done.');
      });
      const responseUrl = 'https://hooks.slack.com/commands/T0KTRDR/1/x';
      const asked = (name: string, place: Partial<Place>) =>
        questions.diagnose(requestFor(`${kind}-${name}`, { place: placeIn('C0OPS', { responseUrl, ...place }) }));
      await asked('speaker', {});
      await until('the diagnosis runs', () => runs > 0);
      await asked('second', { userId: 'U0BEN' });
      await asked('other-channel', { channel: 'C0OTHER' });
      await asked('mention', { responseUrl: null, threadTs: '1.2' });
      await asked('direct', { channel: 'U0BEN' });
      const names = ['speaker', 'second', 'other-channel', 'mention', 'direct'].map((name) => `${kind}-${name}`);
      const { store } = queue.backend.back;
      await until('the second is pointed there', async () => (await readWanted(store, names[1] ?? '')) !== null);
      expect((await readWanted(store, names[1] ?? ''))?.elsewhere?.requestId).toBe(names[0]);
      const finisher = setInterval(() => finish(), 20);
      await untilAnswered(names);
      clearInterval(finisher);
      const wanted = await Promise.all(names.map((name) => readWanted(store, name)));
      expect(wanted.map((one) => one?.elsewhere?.requestId ?? null)).toEqual([null, names[0], null, null, null]);
    });

    it('tells what takes long', async () => {
      let finish = (): void => undefined;
      work(async (_subject, _symptom, _signal, onPhase) => {
        onPhase('reading traces');
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return diagnosisSaying('Done.');
      });
      await questions.diagnose(requestFor(`${kind}-long`));
      await until(
        'the phase is shown',
        async () => (await said(`${kind}-long`))?.startsWith('Now reading traces') ?? false,
      );
      finish();
      await untilAnswered([`${kind}-long`]);
      expect(await said(`${kind}-long`)).toBe('Done.');
    });

    it('finishes what runs before it closes', async () => {
      let finish = (): void => undefined;
      let started = false;
      work(async () => {
        started = true;
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return diagnosisSaying('Drained.');
      });
      await questions.diagnose(requestFor(`${kind}-drain`));
      await until('the diagnosis runs', () => started);
      const closing = workers.splice(0).map((worker) => worker.close());
      finish();
      await Promise.all(closing);
      expect(await said(`${kind}-drain`)).toBe('Drained.');
    });

    it('leaves what does not finish in time to the next process', async () => {
      let started = false;
      work(() => {
        started = true;
        return new Promise(() => undefined);
      });
      await questions.diagnose(requestFor(`${kind}-handover`));
      await until('the diagnosis runs', () => started);
      await Promise.all(workers.splice(0).map((worker) => worker.close(50)));
      work(async () => diagnosisSaying('By the next one.'));
      await untilAnswered([`${kind}-handover`]);
      expect(await said(`${kind}-handover`)).toBe('By the next one.');
    });

    it('answers once when the process is killed in the middle', async () => {
      const script = new URL('stuck-worker.ts', import.meta.url).pathname;
      const { place } = await queue.lend();
      const doomed = spawn(process.execPath, ['--import', 'tsx', script, kind, place], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => doomed.stdout.once('data', resolve));
      const ended = new Promise((resolve) => doomed.once('exit', resolve));
      doomed.kill('SIGKILL');
      await ended;
      await queue.reopen();
      let runs = 0;
      work(async () => diagnosisSaying(`Run ${++runs}.`));
      await untilAnswered([`${kind}-killed`]);
      await until('the queue is idle', isIdle);
      expect(runs).toBe(1);
    });
  });
});
