import type { KnownBlock } from '@slack/types';
import { describe, expect, it } from 'vitest';
import type { Diagnosis, FlowStep } from '../../../src/diagnosis/finding.ts';
import { type AnswerOptions, formatAnswer } from '../../../src/formatters/answer/answer.ts';
import type { Message } from '../../../src/formatters/message.ts';
import { EXAMPLES, healthyDone, lostWorker, NOW, notFound, refusedStart, unavailable } from '../diagnoses.ts';
import { lint } from '../lint.ts';

const options: AnswerOptions = {
  jaegerPublicUrl: 'https://jaeger.example.org',
  grafanaUrl: null,
  redact: [],
  subject: { kind: 'last', type: 'backtesting' },
  now: NOW,
};

describe.each(Object.entries(EXAMPLES))('the answer for %s', (_name, diagnosis) => {
  const { summary, thread } = formatAnswer(diagnosis, options);

  it('keeps every limit', () => {
    for (const message of [summary, ...thread.map((part) => part.message)]) expect(lint(message)).toEqual([]);
  });

  it('says the answer first, in at most eight lines', () => {
    const [first] = summary.blocks;
    expect(wordsIn(first)).toContain(diagnosis.headline);
    const lines = summary.blocks.flatMap((block) => wordsIn(block).split('\n')).length;
    expect(lines).toBeLessThanOrEqual(8);
  });

  it('has a notification with the id, the status and the cause', () => {
    expect(summary.text).toContain(diagnosis.operationId ?? 'Backtest');
    expect(summary.text).toContain(diagnosis.headline.slice(0, 30));
    expect(summary.text).toMatch(/[.!?…]$/);
  });

  it('is the same every time', () => {
    expect(formatAnswer(diagnosis, options)).toEqual({ summary, thread });
  });
});

describe('an explained answer', () => {
  it('has the headings that people look for, in reading order', () => {
    expect(headings(refusedStart)).toEqual(['Root cause', 'Fix', 'Execution flow']);
    expect(wordsOf(messageOf(refusedStart, 'root-cause'))).toContain('*Trace summary*: trace `4bf92f3577b34da6');
  });

  it('gives times as date tokens and the first command in a block of its own', () => {
    const { summary } = formatAnswer(refusedStart, options);
    expect(JSON.stringify(summary)).toContain('<!date^1795417387^');
    expect(commands(summary)).toEqual(['docker compose up -d backtest-worker-1']);
  });

  it('gives the time in the headline of another finding as a date token', () => {
    if (refusedStart.primary === null) throw new Error('There is no finding.');
    const headline = 'This backtest ended at 2026-12-01T00:06:55Z, but ktrdr still shows “running”.';
    const other = { ...refusedStart.primary, cause: 'status-misreported/after-resume', headline };
    const reply = messageOf({ ...refusedStart, others: [other] }, 'root-cause');
    expect(JSON.stringify(reply)).toContain(`"timestamp":${Date.UTC(2026, 11, 1, 0, 6, 55) / 1000}`);
    expect(wordsOf(reply)).not.toContain('2026-12-01T');
  });

  it('looks before it changes, and says each command once', () => {
    expect(commands(formatAnswer(lostWorker, options).summary)).toEqual([
      'docker compose logs --tail=200 training-worker-1',
    ]);
    expect(commands(messageOf(lostWorker, 'root-cause')).slice(0, 2)).toEqual([
      'docker compose up -d training-worker-1',
      'ktrdr operations resume op_training_20261123_071605_c87fc1a6',
    ]);
  });

  it('marks the failing step with a word', () => {
    const [flow = ''] = commands(messageOf(refusedStart, 'execution-flow'));
    expect(flow.replace(/\s+/g, ' ')).toMatch(/✗ \S+ .s workers\.select failed here: none of 1 worker is capable/);
    expect(flow).toContain('53 ms');
  });

  it('tells apart what is shown, what is inferred and what was not checked', () => {
    expect(wordsOf(messageOf(refusedStart, 'root-cause'))).not.toMatch(/[Ii]nferred|possible explanation/);
    const likely = wordsOf(messageOf(lostWorker, 'root-cause'));
    expect(likely).toContain('Inferred from the evidence');
    expect(likely).toContain('worker-unreachable (missing: operation record)');
  });
});

describe('other verdicts', () => {
  it('offer no fix where nothing is wrong', () => {
    expect(headings(healthyDone)).toEqual(['Execution flow']);
    expect(wordsOf(messageOf(healthyDone, 'execution-flow'))).toContain('*Trace summary*');
  });

  it('say in the message itself where was looked', () => {
    const { summary, thread } = formatAnswer(notFound, options);
    expect(thread).toEqual([]);
    expect(wordsOf(summary)).toContain('7 services searched');
  });

  it('name the source that did not answer', () => {
    expect(JSON.stringify(formatAnswer(unavailable, options).summary.blocks)).toContain('Jaeger did not answer');
  });
});

describe('the flow of a healthy operation', () => {
  const stepAt = (operation: string, startMs: number, durationMs: number): FlowStep => {
    const [step] = healthyDone.flow;
    if (step === undefined) throw new Error('the example has a flow');
    return { ...step, operation, startMs, durationMs };
  };
  const legend = (...flow: readonly FlowStep[]) => wordsOf(messageOf({ ...healthyDone, flow }, 'execution-flow'));

  it('says which time no row shows', () => {
    const steps = [stepAt('backtest.data_loading', 0, 1000), stepAt('backtest.feature_compute', 1000, 7000)];
    expect(legend(...steps, stepAt('operation.state_transition', 62_000, 0.1))).toContain(
      'untraced: 54 s after backtest.feature_compute',
    );
    expect(legend(...steps, stepAt('operation.state_transition', 8300, 0.1))).not.toContain('untraced');
  });
});

describe('buttons', () => {
  it('open the trace only where everybody can, and ask again', () => {
    const withPage = buttons(formatAnswer(refusedStart, { ...options, symptom: 'slow' }).summary);
    expect(withPage).toEqual([
      {
        action_id: 'open_jaeger',
        url: 'https://jaeger.example.org/trace/4bf92f3577b34da6a3ce929d0e0e4736?uiFind=b7ad6b7169203331',
      },
      { action_id: 'run_again', value: '{"subject":{"kind":"last","type":"backtesting"},"symptom":"slow"}' },
    ]);
  });

  it.each([null, 'http://localhost:16686', 'http://127.0.0.1:16686/jaeger', 'http://[::1]:16686', 'not a url'])(
    'have no link for %j',
    (jaegerPublicUrl) => {
      const { summary, thread } = formatAnswer(refusedStart, { ...options, jaegerPublicUrl });
      expect(buttons(summary).map((button) => button.action_id)).toEqual(['run_again']);
      expect(JSON.stringify(thread)).not.toContain('"url"');
    },
  );
});

describe('long answers', () => {
  it('show sixty steps, the failing one among them, and count the rest', () => {
    const [root] = refusedStart.flow;
    const steps = Array.from({ length: 500 }, (_, i) => manyOf(root, i));
    const [flow = ''] = commands(messageOf({ ...refusedStart, flow: steps }, 'execution-flow'));
    expect(flow.split('\n').filter((line) => / step \d/.test(line))).toHaveLength(60);
    expect(flow).toMatch(/step 400\n +failed here/);
    const left = [...flow.matchAll(/… (\d+) more spans?/g)].reduce((sum, found) => sum + Number(found[1]), 0);
    expect(left).toBe(440);
  });

  it('show fewer items of each list, so that they fit into one message', () => {
    const finding = lostWorker.primary;
    if (finding === null) throw new Error('the example has a finding');
    const [evidence] = finding.evidence;
    const others = Array.from({ length: 6 }, () => ({
      ...finding,
      headline: 'Also this. '.repeat(40),
      explanation: 'Because. '.repeat(80),
    }));
    const primary = {
      ...finding,
      evidence: [
        evidence,
        ...Array.from({ length: 30 }, (_, i) => ({ ...evidence, text: `${i} ${'a word and '.repeat(40)}` })),
      ] as const,
    };
    const { thread } = formatAnswer({ ...lostWorker, primary, others }, options);
    expect(thread.map((part) => part.slot)).toEqual(['root-cause', 'execution-flow']);
    expect(JSON.stringify(thread)).toMatch(/… and \d+ more \(not shown\)/);
    for (const part of thread) expect(lint(part.message)).toEqual([]);
  });
});

function manyOf(root: FlowStep | undefined, i: number): FlowStep {
  if (root === undefined) throw new Error('the example has steps');
  const isCulprit = i === 400;
  return {
    ...root,
    operation: `step ${i}`,
    depth: i === 0 ? 0 : 1 + (i % 3),
    error: isCulprit,
    onCriticalPath: false,
    note: '',
    spanId: isCulprit ? 'b7ad6b7169203331' : String(i).padStart(16, '0'),
  };
}

function messageOf(diagnosis: Diagnosis, slot: string): Message {
  const found = formatAnswer(diagnosis, options).thread.find((part) => part.slot === slot);
  if (found === undefined) throw new Error(`no message ${slot}`);
  return found.message;
}

/** In all replies, in reading order. */
function headings(diagnosis: Diagnosis): readonly string[] {
  return formatAnswer(diagnosis, options).thread.flatMap(({ message }) =>
    message.blocks.flatMap((block) => /^\*([A-Z][a-z ]+)\*$/.exec(wordsIn(block))?.[1] ?? []),
  );
}

function commands(message: Message): readonly string[] {
  return message.blocks
    .flatMap((block) => (block.type === 'rich_text' ? block.elements : []))
    .filter((part) => part.type === 'rich_text_preformatted')
    .map((part) => part.elements.map((element) => (element.type === 'text' ? element.text : '')).join(''));
}

function buttons(message: Message) {
  return message.blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((element) => (element.type === 'button' ? [element] : []))
    .map(({ action_id, url, value }) => ({ action_id, ...(url && { url }), ...(value && { value }) }));
}

/** All words of a block, one line per line that a reader sees. */
function wordsIn(block: KnownBlock | undefined): string {
  switch (block?.type) {
    case 'header':
      return block.text.text;
    case 'section':
      return block.text?.text ?? '';
    case 'context':
      return block.elements.map((element) => ('text' in element ? element.text : '')).join(' ');
    case 'rich_text':
      return block.elements
        .map((part) => part.elements.map((element) => ('text' in element ? element.text : '')).join(''))
        .join('\n');
    default:
      return '';
  }
}

function wordsOf(message: Message): string {
  return JSON.stringify(message.blocks);
}
