import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { micros } from '../../../src/diagnosis/trace.ts';
import { type DiagnosisWorkerOptions, startDiagnosisWorker } from '../../../src/jobs/answer/diagnosis-worker.ts';
import { readWanted, type WantedMessages } from '../../../src/jobs/deliver/wanted.ts';
import { QUESTIONS } from '../../../src/jobs/queue/queues.ts';
import type { RunningWorker } from '../../../src/jobs/queue/run-worker.ts';
import type { Questions } from '../../../src/jobs/requests.ts';
import { until } from '../../adapters/queue/until.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';
import { answerOf, diagnosisSaying, messages, placeIn, questionsOn, requestFor } from './question-set.ts';

const log = pino({ level: 'silent' });
const ANNA = { teamId: 'T0KTRDR', userId: 'U0ANNA' };
const BEN = { teamId: 'T0KTRDR', userId: 'U0BEN' };

describe.each(QUEUE_KINDS)('a question that is cancelled, on $kind', ({ kind, skipped, open }) => {
  describe.skipIf(skipped)('with that queue here', () => {
    let queue: TestQueue;
    let questions: Questions;
    let finish = (): void => undefined;
    let aborted: unknown = null;
    let runs = 0;
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

    /** A worker whose diagnosis ends when the test says so, or when it is told to stop. */
    function work(more: Partial<DiagnosisWorkerOptions> = {}): void {
      [aborted, runs] = [null, 0];
      const options: DiagnosisWorkerOptions = {
        backend: queue.backend,
        async diagnose(_subject, _symptom, signal) {
          runs += 1;
          await new Promise<void>((resolve, reject) => {
            finish = resolve;
            signal.addEventListener('abort', () => {
              aborted = signal.reason;
              reject(signal.reason);
            });
          });
          return diagnosisSaying('Done.');
        },
        format: ({ headline }: Diagnosis) => answerOf(headline, 'why', 'fix'),
        messages,
        concurrency: 5,
        log,
        ...more,
      };
      workers.push(startDiagnosisWorker(options));
    }

    function wanted(requestId: string): Promise<WantedMessages | null> {
      return readWanted(queue.backend.back.store, requestId);
    }

    async function askAs(who: typeof ANNA, requestId: string): Promise<string> {
      await questions.diagnose(requestFor(requestId, { place: placeIn('C0OPS', who) }));
      return requestId;
    }

    const cancel = (requestId: string, who = ANNA) => {
      const { askedAt } = requestFor(requestId);
      return questions.cancel(requestId, who, micros(askedAt + 12_000_000));
    };

    const isIdle = async () => {
      const counts = await queue.backend.front.queue(QUESTIONS).getJobCounts('waiting', 'active', 'delayed', 'failed');
      return Object.values(counts).every((count) => count === 0);
    };

    it('ends with a message, and the diagnosis is stopped when nobody waits any more', async () => {
      work();
      const asked = await askAs(ANNA, `${kind}-alone`);
      await until('the diagnosis runs', () => runs > 0);
      expect(await cancel(asked)).toBe('cancelled');
      await until('it is stopped', () => aborted !== null);
      await until('the queue is idle', isIdle);
      const { stage, answer } = (await wanted(asked)) ?? {};
      expect([stage, answer?.thread]).toEqual(['cancelled', []]);
      expect(answer?.summary.text).toContain('Cancelled by <@U0ANNA> after 12 s.');
      expect(await cancel(asked)).toBe('over');
    });

    it('leaves the others their answer', async () => {
      work();
      const [mine, theirs] = await Promise.all([askAs(ANNA, `${kind}-mine`), askAs(BEN, `${kind}-theirs`)]);
      await until('the diagnosis runs', () => runs > 0);
      expect(await cancel(mine)).toBe('cancelled');
      const finisher = setInterval(() => finish(), 20);
      await until('the other is answered', async () => (await wanted(theirs))?.stage === 'answer');
      await until('the queue is idle', isIdle);
      clearInterval(finisher);
      expect((await wanted(theirs))?.answer.summary.text).toBe('Done.');
      expect((await wanted(mine))?.stage).toBe('cancelled');
      expect(aborted).toBeNull();
    });

    it('can be asked again at once', async () => {
      work();
      const first = await askAs(ANNA, `${kind}-first`);
      await until('the diagnosis runs', () => runs > 0);
      await cancel(first);
      const again = await askAs(ANNA, `${kind}-again`);
      const finisher = setInterval(() => finish(), 20);
      await until('it is answered', async () => (await wanted(again))?.stage === 'answer');
      clearInterval(finisher);
      expect((await wanted(first))?.stage).toBe('cancelled');
    });

    it('is not for others to cancel, nor by an id that nobody gave out', async () => {
      work();
      const asked = await askAs(ANNA, `${kind}-hers`);
      expect(await cancel(asked, BEN)).toBe('not-yours');
      expect(await cancel(asked, { ...ANNA, teamId: 'T0OTHER' })).toBe('over');
      for (const forged of ['', 'unknown', '../../etc', 'a:b', '<!channel>', 'x'.repeat(3000)]) {
        expect(await cancel(forged)).toBe('over');
      }
      const finisher = setInterval(() => finish(), 20);
      await until('it is answered', async () => (await wanted(asked))?.stage === 'answer');
      clearInterval(finisher);
    });

    it('is too late while the answer is being made for its asker, and after it', async () => {
      const said: string[] = [];
      work({
        diagnose: async () => diagnosisSaying('Done.'),
        async personal(answer, _diagnosis, { requestId }) {
          said.push(await cancel(requestId));
          return answer;
        },
      });
      const asked = await askAs(ANNA, `${kind}-late`);
      await until('it is answered', async () => (await wanted(asked))?.stage === 'answer');
      expect([...said, await cancel(asked)]).toEqual(['over', 'over']);
      expect((await wanted(asked))?.answer.summary.text).toBe('Done.');
    });

    it('is forgotten when its job comes again after a crash', async () => {
      work();
      const asked = await askAs(ANNA, `${kind}-crash`);
      await until('the diagnosis runs', () => runs > 0);
      await cancel(asked);
      await until('the queue is idle', isIdle);
      const job = await queue.backend.front.queue('questions').getJob(`question-${asked}`);
      await job?.remove();
      await askAs(ANNA, asked);
      const finisher = setInterval(() => finish(), 20);
      await until('the queue is idle', isIdle);
      clearInterval(finisher);
      expect((await wanted(asked))?.stage).toBe('cancelled');
    });
  });
});
