/** What a question costs before it can be acknowledged, next to one bare job on the same queue. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openQueueBackend } from '../src/adapters/queue/open-queue-backend.ts';
import { formatQueued } from '../src/formatters/placeholder.ts';
import { createQuestions } from '../src/jobs/answer-question.ts';
import { DIAGNOSES } from '../src/jobs/queues.ts';

const WARM_UP = 200;
const ROUNDS = 1000;

export interface AckTimes {
  readonly queue: string;
  readonly bareAddMs: Percentiles;
  readonly questionMs: Percentiles;
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** On a queue of its own in a temporary directory; the two are measured in turns, because machines are uneven. */
export async function measureAck(redisUrl: string | null = null): Promise<AckTimes> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ktrdr-bench-'));
  const backend = await openQueueBackend({ redisUrl, dataDir, log: pino({ level: 'silent' }) });
  const questions = createQuestions(backend, { placeholder: ({ subject }) => formatQueued(subject) });
  const nowhere = { threadTs: null, responseUrl: null, messageTs: null };
  const place = { teamId: 'T0BENCH', channel: 'C0BENCH', userId: 'U0BENCH', ...nowhere };
  const queue = backend.front.queue(DIAGNOSES);
  const bare: number[] = [];
  const asked: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const subject = { kind: 'operation' as const, operationId: `op_training_20260109_060025_${round}` };
    const request = { requestId: `bench-${round}`, subject, symptom: null, place, askedAt: Date.now() };
    bare.push(await timed(() => queue.add('bench', { subject })));
    asked.push(await timed(() => questions.diagnose(request)));
  }
  const times = { queue: backend.describe(), bareAddMs: percentiles(bare), questionMs: percentiles(asked) };
  await queue.obliterate({ force: true });
  await backend.close();
  await rm(dataDir, { recursive: true, force: true });
  return times;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function percentiles(all: readonly number[]): Percentiles {
  const sorted = all.slice(WARM_UP).toSorted((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? Number.NaN) * 1000) / 1000;
  return { p50: at(0.5), p99: at(0.99) };
}
