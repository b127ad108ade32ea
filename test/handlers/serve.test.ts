import { afterEach, describe, expect, it } from 'vitest';
import type { Services } from '../../src/jobs/services.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

let workspace: Workspace | undefined;
afterEach(async () => {
  await workspace?.close();
  workspace = undefined;
});

interface Status {
  readonly said: string;
  readonly lines: readonly LogLine[];
  readonly errors: readonly LogLine[];
}

async function statusWith(status: Services['status']): Promise<Status> {
  workspace = await openWorkspace('http', { services: { status } });
  const { error, reply } = await workspace.slack.as('U0ANNA').command('/ktrdr', 'status', { channel: 'C0OPS' });
  expect(error).toBeNull();
  const lines = workspace.logged.map((line): LogLine => JSON.parse(line));
  return { said: reply?.text ?? '', lines, errors: lines.filter(({ level }) => level >= 50) };
}

interface LogLine {
  readonly level: number;
  readonly reference?: string;
  readonly reason?: string;
  readonly err?: {
    readonly type: string;
    readonly message: string;
    readonly stack: string;
    readonly command?: unknown;
  };
}

describe('a service that fails', () => {
  it.each(["Stream isn't writeable and enableOfflineQueue options is false", 'PGlite is closed'])(
    'because of the queue (%s) is reported as such',
    async (message) => {
      const { said, errors } = await statusWith(() => Promise.reject(new Error(message)));
      expect(said).toContain('can’t reach its queue');
      expect(errors).toEqual([expect.objectContaining({ reason: message })]);
    },
  );

  it.each(['Command timed out', 'Connection is closed.'])(
    'and may have been done all the same (%s) is not reported as a failure',
    async (message) => {
      const { said, lines, errors } = await statusWith(() => Promise.reject(new Error(message)));
      expect(said).toBe('Redis is slow. If nothing appears here within a minute, try again.');
      expect(errors).toEqual([]);
      expect(lines).toContainEqual(expect.objectContaining({ reason: message, reference: expect.any(String) }));
    },
  );

  it.each<[string, Services['status']]>([
    ['later', async () => JSON.parse('{broken')],
    [
      'at once',
      () => {
        throw new SyntaxError('broken');
      },
    ],
  ])('because of a bug (%s) is logged in full, and the reply has its reference', async (_when, status) => {
    const { said, errors } = await statusWith(status);
    expect(said).not.toContain('queue');
    expect(errors).toEqual([
      expect.objectContaining({ err: expect.objectContaining({ type: 'SyntaxError', stack: expect.any(String) }) }),
    ]);
    const reference = errors[0]?.reference ?? 'none';
    expect(said).toContain(reference);
  });

  it('never logs the command that Redis rejected: it can hold a response address', async () => {
    const error = Object.assign(new Error('WRONGTYPE Operation against a key'), {
      command: { name: 'set', args: ['https://hooks.example.com/secret'] },
    });
    const { errors } = await statusWith(() => Promise.reject(error));
    expect(JSON.stringify(errors)).not.toContain('hooks.example.com');
    expect(errors).toHaveLength(1);
  });

  it('does not blame the queue when it takes longer than Slack waits', async () => {
    const { said } = await statusWith(() => new Promise(() => {}));
    expect(said).toContain('taking longer than usual');
  });
});
