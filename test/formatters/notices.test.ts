import { describe, expect, it } from 'vitest';
import { formatAnswer } from '../../src/formatters/answer.ts';
import { formatHelp, SUB_COMMANDS } from '../../src/formatters/help.ts';
import { formatFailure, formatQueued, formatReading } from '../../src/formatters/placeholder.ts';
import { NOW, refusedStart } from './diagnoses.ts';
import { lint } from './lint.ts';

const OPERATION = { kind: 'operation', operationId: 'op_training_20260109_060025_4183136f' } as const;

describe('placeholders', () => {
  it('name what was asked for', () => {
    expect(formatQueued(OPERATION).text).toBe(
      'Queued: diagnosis of `op_training_20260109_060025_4183136f`. The answer will replace this message.',
    );
    expect(formatReading({ kind: 'last', type: 'backtesting' }).text).toContain('the newest backtest.');
  });

  it('give a reason and a reference when there will be no answer', () => {
    const { text } = formatFailure(OPERATION, '7f3a', 'The queue did not answer within 2 s.');
    expect(text).toBe(
      'Could not answer for `op_training_20260109_060025_4183136f`. The queue did not answer within 2 s. Ask again, or give the reference 7f3a to whoever runs the bot.',
    );
  });

  it('contain rich text, so that they can be replaced by an answer and the other way round', () => {
    const { summary } = formatAnswer(refusedStart, {
      jaegerPublicUrl: null,
      grafanaUrl: null,
      redact: [],
      subject: OPERATION,
      now: NOW,
    });
    for (const message of [formatQueued(OPERATION), formatFailure(OPERATION, 'x'), summary]) {
      expect(message.blocks.map((block) => block.type)).toContain('rich_text');
      expect(lint(message)).toEqual([]);
    }
  });
});

describe('help', () => {
  it('shows every sub-command with its usage, after the problem', () => {
    const message = formatHelp('“diagnos” is not a sub-command; did you mean “diagnose”?');
    expect(lint(message)).toEqual([]);
    const json = JSON.stringify(message.blocks);
    for (const { name } of SUB_COMMANDS) expect(json).toContain(`/ktrdr ${name}`);
    expect(JSON.stringify(message.blocks[0])).toContain('did you mean');
  });
});
