/** An answer says each thing once, and nothing that the reader can't use. */
import { describe, expect, it } from 'vitest';
import type { Diagnosis, Evidence, Finding, FlowStep } from '../../../src/diagnosis/finding.ts';
import { formatAnswer } from '../../../src/formatters/answer/answer.ts';
import { flowLines, isFlowCut } from '../../../src/formatters/answer/execution-flow.ts';
import { wholeFlowText } from '../../../src/formatters/answer/whole-flow.ts';
import { healthyDone, lostWorker, NOW, refusedStart } from '../diagnoses.ts';

const options = {
  jaegerPublicUrl: null,
  grafanaUrl: null,
  redact: [],
  subject: { kind: 'last', type: null },
  now: NOW,
} as const;

const GAP = { text: 'No http.url on 2 spans (POST).', cannotTell: 'which worker or service was called' };

describe('an answer', () => {
  it('says what is unknown, but not where the cause is certain', () => {
    expect(threadOf({ ...lostWorker, lacks: [GAP] })).toContain('Unknown: which worker');
    expect(threadOf({ ...refusedStart, lacks: [GAP] })).not.toContain('Unknown:');
  });

  it('says how sure it is of a certain cause in one word', () => {
    expect(threadOf(refusedStart)).not.toMatch(/inferred|not confirmed/i);
    expect(threadOf(lostWorker)).toContain('Inferred from the evidence');
  });

  it('refers to the message for evidence that is all in it, and shows nothing twice', () => {
    const [decisive, other] = evidenceOf(refusedStart);
    const inMessage = threadOf(withEvidence(lostWorker, [decisive]));
    expect(inMessage).toContain('The message above has all of the evidence.');
    expect(inMessage).not.toContain('Inferred from');
    const [name = ''] = other.text.split(' = ');
    const parts = [decisive, other, { ...other, kind: 'span' }, { ...other, text: name }] as const;
    const shown = blocksOf(withEvidence(lostWorker, parts));
    expect(shown.split(name)).toHaveLength(2);
    const [ten, one] = ['total_workers = 10', 'total_workers = 1'].map((text) => ({ ...other, text }));
    if (ten === undefined || one === undefined) throw new Error('there are two');
    expect(blocksOf(withEvidence(lostWorker, [decisive, ten, one]))).toContain('total_workers = 1 (');
    expect(shown).not.toContain('The message above');
  });

  it('leaves out services that took no share of the time', () => {
    const byService = [
      { service: 'ktrdr-training-worker-1', ms: 900_000, share: 0.99998 },
      { service: 'ktrdr-api', ms: 13, share: 0.00002 },
    ];
    const shown = threadOf({ ...healthyDone, criticalPath: { totalMs: 900_013, byService } });
    expect(shown).toContain('ktrdr-training-worker-1 100% (15 min)');
    expect(shown).not.toContain('0%, (');
    expect(shown).not.toMatch(/ktrdr-api \d/);
  });

  it('shows a command within advice as a command', () => {
    const fixes = [{ kind: 'advice', text: 'Once it failed, run `ktrdr checkpoints show`.' }] as const;
    const { primary } = refusedStart;
    if (primary === null) throw new Error('the example has a finding');
    const found = { ...primary, fixes: [primary.fixes[0], ...fixes] as const };
    const { summary, thread } = formatAnswer({ ...refusedStart, primary: found }, options);
    const shown = JSON.stringify([summary.blocks, thread.map(({ message }) => message.blocks)]);
    expect(shown).toMatch(/"ktrdr checkpoints show","style":{"code":true}|[^\\]`ktrdr checkpoints show`/);
  });

  it('says where the time of a failure went only when there was time to lose', () => {
    const share = (service: string, ms: number) => ({ service, ms, share: 0.5 });
    const criticalPath = (totalMs: number) => ({
      totalMs,
      byService: [share('ktrdr-api', totalMs / 2), share('ktrdr-training-worker-1', totalMs / 2)],
    });
    expect(threadOf({ ...refusedStart, criticalPath: criticalPath(999) })).not.toContain('on the critical path:');
    expect(threadOf({ ...refusedStart, criticalPath: criticalPath(4000) })).toContain('on the critical path:');
    const alone = { totalMs: 4000, byService: [{ service: 'ktrdr-api', ms: 4000, share: 1 }] };
    expect(threadOf({ ...refusedStart, criticalPath: alone })).not.toContain('on the critical path:');
    expect(threadOf({ ...healthyDone, criticalPath: criticalPath(999) })).toContain('on the critical path:');
  });

  it.each([
    ['stuck at 2.9% in Epoch 18/600', '', ''],
    ['stuck at 2.9%', '', 'shown as Epoch 18/600'],
    ['stuck at 12.9% since then', '', 'shown as 2.9%, Epoch 18/600'],
    ['progress stopped', 'It ended epoch 17 of 600.', 'shown as 2.9%'],
    ['progress stopped', 'It ended epoch 17.', 'shown as 2.9%, Epoch 18/600'],
  ])('says its progress once: %s %s', (headline, explanation, facts) => {
    const { primary } = lostWorker;
    if (primary === null) throw new Error('the example has a finding');
    const said = JSON.stringify(
      formatAnswer(
        {
          ...lostWorker,
          headline,
          primary: { ...primary, headline, explanation },
          status: 'running',
          operation: { ...lostWorker.operation, progressPercent: 2.9, progressStep: 'Epoch 18/600' },
        },
        options,
      ).summary.blocks,
    );
    expect(said.match(/shown as [^·"]*/)?.[0].trim() ?? '').toBe(facts);
  });
});

describe('the rows of the flow', () => {
  it('do not repeat that the operation was registered, unless that failed', () => {
    const register = stepAt('operation.register', { depth: 1 });
    expect(rowsOf(root, register).join('\n')).not.toContain('operation.register');
    expect(threadOf({ ...healthyDone, flow: [root, register] })).toContain('not shown: 1 operation.register span');
    expect(rowsOf(root, { ...register, error: true }).join('\n')).toContain('operation.register');
    expect(rowsOf(root, { ...register, note: 'database is away' }).join('\n')).toContain('operation.register');
    expect(rowsOf(root, register, stepAt('INSERT', { depth: 2 })).join('\n')).toContain('operation.register');
  });

  it('stand for equal neighbors together', () => {
    const polls = Array.from({ length: 12 }, (_, i) => stepAt('GET', { depth: 1, startMs: i * 10, durationMs: 2 }));
    const rows = rowsOf(root, ...polls, stepAt('POST', { depth: 1 }), stepAt('GET', { depth: 1 }));
    expect(rows.filter((row) => row.includes('GET'))).toEqual([
      expect.stringMatching(/24 ms\s+GET × 12$/),
      expect.stringMatching(/GET$/),
    ]);
    expect(threadOf({ ...healthyDone, flow: [root, ...polls] })).toContain('×: equal spans, total duration');
  });

  it.each([
    ['failed', { error: true }],
    ['another note', { note: '500' }],
    ['another service', { service: 'ktrdr-ib-host-service' }],
    ['another depth', { depth: 2 }],
  ])('are apart where a neighbor differs: %s', (_, other) => {
    const [one, two] = [stepAt('GET', { depth: 1 }), stepAt('GET', { depth: 1, ...other })];
    expect(rowsOf(root, one, two).join('\n')).not.toContain('×');
  });

  it('are all in the file with the whole flow, and nothing counts as cut that is only folded', () => {
    const polls = Array.from({ length: 100 }, () => stepAt('GET', { depth: 1 }));
    const flow = [root, stepAt('operation.register', { depth: 1 }), ...polls];
    const { text } = wholeFlowText({ ...healthyDone, flow });
    expect(text.split('\n').filter((row) => row.includes('GET'))).toHaveLength(100);
    expect(text).toContain('operation.register');
    const reply = formatAnswer({ ...healthyDone, flow }, options).thread.find(({ slot }) => slot === 'execution-flow');
    expect(reply !== undefined && isFlowCut(reply.message)).toBe(false);
  });
});

const [root = stepAt('backtest', {})] = healthyDone.flow;

function stepAt(operation: string, other: Partial<FlowStep>): FlowStep {
  return { ...root, operation, spanId: crypto.randomUUID(), note: '', error: false, durationMs: 1, ...other };
}

function rowsOf(...flow: readonly FlowStep[]): readonly string[] {
  return flowLines({ ...healthyDone, flow }, 45);
}

function evidenceOf({ primary }: Diagnosis): readonly [Evidence, Evidence] {
  const [first, second] = primary?.evidence ?? [];
  if (first === undefined || second === undefined) throw new Error('the example has two pieces of evidence');
  return [first, second];
}

function withEvidence(diagnosis: Diagnosis, evidence: Finding['evidence']): Diagnosis {
  if (diagnosis.primary === null) throw new Error('the example has a finding');
  return { ...diagnosis, primary: { ...diagnosis.primary, evidence } };
}

/** Without the notifications, which repeat some of it. */
function blocksOf(diagnosis: Diagnosis): string {
  return JSON.stringify(formatAnswer(diagnosis, options).thread.map(({ message }) => message.blocks));
}

function threadOf(diagnosis: Diagnosis): string {
  return JSON.stringify(formatAnswer(diagnosis, options).thread);
}
