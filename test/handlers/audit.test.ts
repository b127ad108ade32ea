import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Questions } from '../../src/jobs/requests.ts';
import type { Services } from '../../src/jobs/services.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

const ID = 'op_training_20260109_060025_4183136f';

let workspace: Workspace | undefined;
afterEach(async () => {
  await workspace?.close();
  workspace = undefined;
});

interface Audit {
  readonly outcome: string;
  readonly requestIds?: readonly string[];
}

async function auditOf(
  text: string,
  options: { questions?: Partial<Questions>; services?: Partial<Services> } = {},
): Promise<Audit> {
  workspace = await openWorkspace('http', options);
  await workspace.slack.as('U0ANNA').command('/ktrdr', text, { channel: 'C0OPS' });
  // It is logged once the acknowledgement is sent.
  const audits = await vi.waitFor(() => {
    const lines = (workspace?.logged ?? []).flatMap((line): readonly Audit[] => JSON.parse(line).audit ?? []);
    expect(lines).not.toEqual([]);
    return lines;
  });
  expect(audits).toHaveLength(1);
  return audits[0] as Audit;
}

const failing = (error: Error) => ({ questions: { diagnose: () => Promise.reject(error) } });

describe('the audit line of a question', () => {
  it('says that it is queued, by the id under which it is answered', async () => {
    const { outcome, requestIds } = await auditOf(`diagnose ${ID}`);
    expect(outcome).toBe('queued');
    expect(requestIds).toEqual(workspace?.asked.map(({ requestId }) => requestId));
    expect(requestIds).toHaveLength(1);
  });

  it.each([
    [
      'there is no connection',
      new Error("Stream isn't writeable and enableOfflineQueue options is false"),
      'not queued',
    ],
    ['Redis refuses it', Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' }), 'not queued'],
    ['Redis does not answer in time', new Error('Command timed out'), 'unknown'],
    ['the connection is lost meanwhile', new Error('Connection is closed.'), 'unknown'],
    ['there is a bug', new TypeError('x is not a function'), 'failed'],
  ])('says when %s', async (_when, error, outcome) => {
    const audit = await auditOf(`diagnose ${ID}`, failing(error));
    expect(audit).toMatchObject({ outcome, requestIds: [expect.any(String)] });
    const [line] = (workspace?.logged ?? []).filter((logged) =>
      /could not be queued|not yet clear whether/.test(logged),
    );
    expect(line).toContain(audit.requestIds?.[0]);
  });

  it('says that nobody knows when the queue takes longer than Slack waits', async () => {
    const audit = await auditOf(`diagnose ${ID}`, { questions: { diagnose: () => new Promise(() => {}) } });
    expect(audit.outcome).toBe('unknown');
  });
});

describe('the audit line of anything else', () => {
  it('says that it is handled', async () => {
    expect((await auditOf('help')).outcome).toBe('handled');
  });

  it('says when it failed', async () => {
    const status = () => Promise.reject(new Error('broken'));
    expect((await auditOf('status', { services: { status } })).outcome).toBe('failed');
  });
});
