/** A chaos run of a few questions: processes and Redis are killed, Redis fails over, Slack fails, and everybody gets one answer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isBuilt } from '../bench/built.ts';
import { evidence } from '../chaos/report.ts';
import { runScenario } from '../chaos/run.ts';
import { SCENARIOS } from '../chaos/scenarios.ts';
import { isWithoutRedis } from './adapters/queue/redis-server.ts';

const COMMANDS = 12;

let workDir: string;
beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'ktrdr-chaos-'));
});
afterEach(() => rm(workDir, { recursive: true, force: true }));

test.skipIf(isWithoutRedis())(
  'everybody gets one answer while processes are killed, Redis fails over and Slack fails',
  async () => {
    expect(isBuilt(), 'dist/main.js: npm ci or npm run build makes it').toBe(true);
    const scenario = SCENARIOS['mixture'];
    if (scenario === undefined) throw new Error('The scenario is missing.');
    const seed = Math.floor(Math.random() * 1_000_000) + 1;
    const options = { seed, commands: COMMANDS, perSecond: 1, patienceMs: 60_000, workDir, say: () => undefined };
    const outcome = await runScenario(scenario, options);
    const found = `seed ${seed}\n${await evidence({ outcome, isEveryoneAnswered: true }, workDir, 2)}`;
    expect(outcome.verdicts, found).toEqual(Array(COMMANDS).fill('answered'));
    expect(outcome.complaints).toEqual([]);
  },
);
