import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addForget, forgetWorkspaces, type Installs } from '../../../src/jobs/background/forget.ts';
import { BACKGROUND_JOBS, DELIVERIES, QUESTIONS, QUEUES, REPORTS } from '../../../src/jobs/queue/queues.ts';
import { QUEUE_KINDS, type TestQueue } from '../queue-kinds.ts';

const log = pino({ level: 'silent' });
const GONE = 'T0GONE';
const STAYS = 'T0STAYS';
const HOUR_MS = 3_600_000;
const NEVER = new AbortController().signal;

describe.each(QUEUE_KINDS)('what an uninstalled workspace leaves in $kind', ({ skipped, open }) => {
  describe.skipIf(skipped)('on this machine', () => {
    let queue: TestQueue;
    let isInstalled: boolean;
    const installs: Installs = {
      workspacesOf: async (owner) => (owner === 'E0ORG' ? [GONE, owner] : [owner]),
      isInstalled: async () => isInstalled,
      keep: (owner) => [`installation:${owner}`],
    };
    const client = () => queue.backend.front;

    beforeAll(async () => {
      queue = await open(log);
    });
    afterAll(() => queue.remove());
    beforeEach(async () => {
      isInstalled = false;
      for (const name of QUEUES) await client().queue(name).obliterate({ force: true });
      for (const team of [GONE, STAYS]) await fill(team);
    });

    it('is deleted from the store and from the queues, and nothing of others', async () => {
      await forget(GONE);
      expect(await keptOf(GONE)).toEqual({ values: 1, jobs: [] });
      expect(await keptOf(STAYS)).toEqual({
        values: 3,
        jobs: ['completed', 'delayed', 'delayed', 'failed', 'waiting'],
      });
    });

    it('is deleted with the organization whose installation served it', async () => {
      await forget('E0ORG');
      expect(await keptOf(GONE)).toMatchObject({ jobs: [] });
      const [again] = await client().queue(BACKGROUND_JOBS).getJobs(['delayed'], 0, 100).then(forgetJobs);
      expect(again?.data).toEqual({ kind: 'forget', owner: 'E0ORG', workspaces: [GONE, 'E0ORG'] });
    });

    it('is looked for once more, and then not again', async () => {
      await forget(GONE);
      const second = () => client().queue(BACKGROUND_JOBS).getJobs(['delayed'], 0, 100).then(forgetJobs);
      expect((await second()).map(({ data }) => data)).toEqual([{ kind: 'forget', owner: GONE, workspaces: [GONE] }]);
      await fill(GONE);
      await forget(GONE, [GONE]);
      expect(await keptOf(GONE)).toEqual({ values: 1, jobs: [] });
      expect(await second()).toHaveLength(1);
    });

    it('stays when the app is installed again', async () => {
      isInstalled = true;
      await forget(GONE);
      expect(await keptOf(GONE)).toEqual(await keptOf(STAYS));
    });

    it('stays from the moment at which the app is installed again', async () => {
      const { store } = client();
      // Not all at once: on a busy machine the last would wait for longer than a command may.
      for (let from = 0; from < 1500; from += 100)
        await Promise.all(Array.from({ length: 100 }, (_, n) => store.set(`outbox:${GONE}-${from + n}`, 'x', HOUR_MS)));
      let looks = 0;
      const back: Installs = { ...installs, isInstalled: async () => ++looks > 1 };
      await forgetWorkspaces(jobFor(GONE), { client: client(), installs: back }, NEVER);
      const left = await store.getMany(Array.from({ length: 1500 }, (_, n) => `outbox:${GONE}-${n}`));
      expect(left.filter((value) => value !== null).length).toBeGreaterThan(0);
      expect((await keptOf(GONE)).jobs).toEqual((await keptOf(STAYS)).jobs);
      await forget(GONE);
    });

    it('is one job however often Slack tells of the uninstall', async () => {
      for (const _ of [1, 2]) await addForget(client(), GONE, 1_000);
      const jobs = await client().queue(BACKGROUND_JOBS).getJobs(['waiting'], 0, 100).then(forgetJobs);
      expect(jobs.map(({ data }) => data)).toEqual([{ kind: 'forget', owner: GONE, workspaces: null }]);
    });

    function forget(owner: string, workspaces: readonly string[] | null = null): Promise<void> {
      return forgetWorkspaces({ ...jobFor(owner), workspaces }, { client: client(), installs }, NEVER);
    }

    async function fill(teamId: string): Promise<void> {
      const { store } = client();
      await store.set(`installation:${teamId}`, 'x');
      await store.set(`outbox:${teamId}-1`, 'x', HOUR_MS);
      await store.append(`watches:${teamId}-U1`, 'x', HOUR_MS);
      const place = { teamId, channel: 'C1', threadTs: null, userId: 'U1', responseUrl: null, messageTs: null };
      await client().queue(QUESTIONS).add('diagnose', { place }, { delay: HOUR_MS });
      await client().queue(REPORTS).add('search', { place });
      await client()
        .queue(BACKGROUND_JOBS)
        .add('watch', { kind: 'watch', watchId: `${teamId}-1`, check: 1 }, { delay: HOUR_MS });
      const worker = queue.backend.worker(
        DELIVERIES,
        async ({ name }) => {
          if (name === 'fails') throw new Error('not today');
        },
        {},
      );
      const ended = new Promise<void>((resolve) => {
        let left = 2;
        const one = () => (--left === 0 ? resolve() : undefined);
        worker.on('completed', one);
        worker.on('failed', one);
      });
      for (const name of ['fails', 'works']) await client().queue(DELIVERIES).add(name, { place });
      await ended;
      await worker.close();
    }

    async function keptOf(teamId: string): Promise<{ readonly values: number; readonly jobs: readonly string[] }> {
      const { store } = client();
      const values = await store.getMany([`installation:${teamId}`, `outbox:${teamId}-1`]);
      const listed = await store.list(`watches:${teamId}-U1`);
      const states: string[] = [];
      for (const name of QUEUES) {
        const jobs = await client().queue(name).getJobs(['waiting', 'delayed', 'completed', 'failed'], 0, 1000);
        const theirs = jobs.filter(
          ({ name: kind, data }) => kind !== 'forget' && JSON.stringify(data).includes(teamId),
        );
        states.push(...(await Promise.all(theirs.map((job) => job.getState()))));
      }
      return { values: values.filter((value) => value !== null).length + listed.length, jobs: states.toSorted() };
    }
  });
});

function jobFor(owner: string) {
  return { kind: 'forget', owner, workspaces: null } as const;
}

function forgetJobs<Job extends { readonly name: string }>(jobs: readonly Job[]): readonly Job[] {
  return jobs.filter(({ name }) => name === 'forget');
}
