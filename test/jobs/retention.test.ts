import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { QUEUES } from '../../src/jobs/queue/queues.ts';
import { readRetention } from '../support/retention.ts';

const SRC = join(import.meta.dirname, '..', '..', 'src');
/** The key of a value in the store: `part:id`. */
const KEY = /[`']([a-z][a-z-]*)(-\$\{stage\})?:(?:\$\{|places)/g;
const STAGES = ['placeholder', 'phase', 'answer', 'cancelled'];

function namesIn(folder: string): readonly string[] {
  const files = readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((file) =>
    [...readFileSync(join(SRC, folder, file), 'utf8').matchAll(KEY)].flatMap(([, name = '', perStage]) =>
      perStage === undefined ? [name] : STAGES.map((stage) => `${name}-${stage}`),
    ),
  );
}

it('says of every value and queue how long it is kept, and of no other', () => {
  const { values, jobs } = readRetention();
  const stored = new Set([...namesIn('jobs'), ...namesIn('adapters/slack'), ...namesIn('app')]);
  // The queue's name for the job of a schedule.
  stored.delete('repeat');
  expect([...stored].filter((name) => !values.has(name))).toEqual([]);
  // These have no id.
  const single = [
    ...['encryption-key-check', 'jaeger-slots', 'owner', 'reconciler', 'reconciler-seen', 'lane', 'probe'],
    ...['alert-lease', 'alert-lease-seen', 'alert-turn'],
  ];
  expect([...values.keys()].filter((name) => !stored.has(name) && !single.includes(name))).toEqual([]);
  // Nothing is added to the queue of earlier versions.
  expect([...jobs.keys()].toSorted()).toEqual(QUEUES.filter((name) => name !== 'diagnoses').toSorted());
});
