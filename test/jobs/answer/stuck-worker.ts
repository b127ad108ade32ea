/** Asks a question, takes it, says so, and never answers: it is there to be killed. */
import { pino } from 'pino';
import { openQueueBackend } from '../../../src/adapters/queue/open-queue-backend.ts';
import { startDiagnosisWorker } from '../../../src/jobs/answer/diagnosis-worker.ts';
import { answerOf, messages, questionsOn, requestFor } from './question-set.ts';

const [kind, place = ''] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const backend = await openQueueBackend({
  redisUrl: kind === 'redis' ? place : null,
  dataDir: place,
  log,
});
await questionsOn(backend.front).diagnose(requestFor(`${kind}-killed`));
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
