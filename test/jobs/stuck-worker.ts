/** Takes a question, says so, and never answers: it is there to be killed. */
import { pino } from 'pino';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { startDiagnosisWorker } from '../../src/jobs/diagnosis-worker.ts';
import { answerOf, messages } from './question-set.ts';

const log = pino({ level: 'silent' });
const backend = await openQueueBackend({ redisUrl: process.argv[2] ?? '', dataDir: '/nonexistent', log });
startDiagnosisWorker({
  backend,
  diagnose: () => {
    process.stdout.write('started\n');
    return new Promise(() => undefined);
  },
  format: () => answerOf('Never.'),
  messages,
  concurrency: 1,
  log,
  settings: { lockDuration: 2000, stalledInterval: 1000 },
});
