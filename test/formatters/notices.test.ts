import { describe, expect, it } from 'vitest';
import { formatAnswer } from '../../src/formatters/answer/answer.ts';
import {
  formatCancelled,
  formatFailure,
  formatQueued,
  formatReading,
} from '../../src/formatters/answer/placeholder.ts';
import type { Message } from '../../src/formatters/message.ts';
import { formatHelp, SUB_COMMANDS } from '../../src/formatters/reports/help.ts';
import { NOW, refusedStart } from './diagnoses.ts';
import { lint } from './lint.ts';

const OPERATION = { kind: 'operation', operationId: 'op_training_20260109_060025_4183136f' } as const;
const REQUEST = 'T0KTRDR-0123456789abcdef0123456789abcdef';

describe('placeholders', () => {
  it('name what was asked for', () => {
    expect(formatQueued(OPERATION, REQUEST).text).toBe(
      'Queued: diagnosis of `op_training_20260109_060025_4183136f`. This message will update with the result.',
    );
    expect(formatReading({ kind: 'last', type: 'backtesting' }, REQUEST).text).toContain('the latest backtest.');
  });

  it('can be cancelled, and then asked again', () => {
    const [cancel] = actionsOf(formatQueued(OPERATION, REQUEST));
    expect(cancel).toMatchObject({ action_id: 'cancel', value: REQUEST });
    const cancelled = formatCancelled(OPERATION, 'slow', 'U0ANNA', 12_345);
    expect(cancelled.text).toBe(
      'Cancelled by <@U0ANNA> after 12 s. The request was about `op_training_20260109_060025_4183136f`.',
    );
    const [again] = actionsOf(cancelled);
    expect(again).toMatchObject({ action_id: 'run_again' });
    expect(JSON.parse(again?.value ?? '')).toEqual({ subject: OPERATION, symptom: 'slow' });
  });

  it('give a reason and a reference when there will be no answer', () => {
    const { text } = formatFailure(OPERATION, '7f3a', 'The queue did not answer within 2 s.');
    expect(text).toBe(
      'Could not answer the request about `op_training_20260109_060025_4183136f`. The queue did not answer within 2 s. Try again, or send the reference 7f3a to your ktrdr-bot admin.',
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
    for (const message of [
      formatQueued(OPERATION, REQUEST),
      formatCancelled(OPERATION, 'slow', 'U0ANNA', 12_000),
      formatFailure(OPERATION, 'x'),
      summary,
    ]) {
      expect(message.blocks.map((block) => block.type)).toContain('rich_text');
      expect(lint(message)).toEqual([]);
    }
  });
});

describe('help', () => {
  it('shows every sub-command with its usage', () => {
    const message = formatHelp();
    expect(lint(message)).toEqual([]);
    const json = JSON.stringify(message.blocks);
    for (const { name } of SUB_COMMANDS) expect(json).toContain(`/ktrdr ${name}`);
  });

  it('has each word for one sub-command only', () => {
    const words = SUB_COMMANDS.flatMap(({ name, synonyms }) => [name, ...synonyms]);
    expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
  });
});

function actionsOf({ blocks }: Message): readonly { readonly action_id: string; readonly value: string }[] {
  return blocks.flatMap((block) =>
    block.type === 'actions'
      ? block.elements.flatMap((one) =>
          one.type === 'button' ? [{ action_id: one.action_id ?? '', value: one.value ?? '' }] : [],
        )
      : [],
  );
}
