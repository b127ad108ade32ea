import { describe, expect, it } from 'vitest';
import { EXAMPLE_ID, mistypedId, plainText, subjectsIn } from '../../../src/diagnosis/vocabulary/typed-ids.ts';

const ID = 'op_backtesting_20261123_070815_4cc1ef5e';
const named = (...ids: readonly string[]) => ids.map((operationId) => ({ kind: 'operation', operationId }));

describe('an id in the typography of', () => {
  it.each([
    ['a full-width keyboard', ID.replaceAll('_', '＿').replace('op', 'ｏｐ')],
    ['a text with soft hyphens', ID.replace('testing', 'test\u00ading')],
    ['a page with zero-width spaces', ID.replaceAll('_', '_\u200b')],
    ['hidden tag characters', `${ID.slice(0, 9)}\u{e0041}${ID.slice(9)}`],
    ['GitHub and Notion', ID.replaceAll('_', '\\_')],
    ['Markdown', `see **\`${ID}\`**`],
    ['a Markdown link', `[${ID}](https://ktrdr.example.com/ops)`],
    ['curly quotes', `“${ID}”`],
    ['no-break spaces', `\u00a0${ID}\u00a0`],
    ['a sentence', `what about (${ID})?!`],
    ['an ellipsis', `${ID}…`],
    ['this bot’s own messages of earlier versions', ID.replaceAll('_', 'ˍ')],
  ])('%s', (_where, text) => {
    expect(subjectsIn(text)).toEqual(named(ID));
  });
});

describe('an id over two lines', () => {
  const breaks = Array.from({ length: ID.length - 2 }, (_value, index) => index + 2);

  it.each(['\n', '\r\n', ' \n  ', '\n> '])('is whole again, wherever %j broke it', (newline) => {
    for (const at of breaks) expect(subjectsIn(`${ID.slice(0, at)}${newline}${ID.slice(at)} hangs`)).toEqual(named(ID));
  });

  it('is not joined with what is no part of it', () => {
    expect(subjectsIn(`${ID}\nabc`)).toEqual(named(ID));
    expect(subjectsIn(`${ID}\n${EXAMPLE_ID}`)).toEqual(named(ID, EXAMPLE_ID));
    expect(plainText('op_backtesting_20261123_\nand more')).toBe('op_backtesting_20261123_ and more');
  });
});

describe('a mistyped id', () => {
  it.each([
    ['a letter for a digit', ID.replace('2026', '2O26'), ID],
    ['another one', ID.replace('_4cc1', '_4ccl'), ID],
    ['hyphens', ID.replaceAll('_', '-'), ID],
    ['no prefix', ID.slice(3), ID],
    ['a zero in the prefix', `0${ID.slice(1)}`, ID],
    ['the date as people write it', ID.replace('20261123_070815', '2026-11-23T07:08:15'.replace('T', '_')), ID],
    ['a missing separator', ID.replace('20261123_', '20261123'), ID],
    ['its end missing', ID.slice(0, 24), null],
    ['only its beginning', 'op_backtesting', null],
    ['a digit too many', `${ID}0`, null],
  ])('%s', (_what, typed, meant) => {
    expect(mistypedId(typed)?.meant).toBe(meant);
  });

  it.each([
    ID,
    EXAMPLE_ID,
    'op_training_20260109_060025_418313',
    'op_agent_design_abcdef012345',
    'worker_training_abcdef012345',
  ])('is none of %s', (id) => {
    expect(mistypedId(id)).toBeNull();
  });

  it.each(['my-task_7', 'op-ed', 'training', '2026-11-23', 'worker-1', 'ktrdr-training-worker', 'opening_20261123'])(
    '%s is a word, not a mistyped id',
    (word) => {
      expect(mistypedId(word)).toBeNull();
    },
  );
});
