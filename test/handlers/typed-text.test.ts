import { describe, expect, it } from 'vitest';
import type { OperationType, Subject, Symptom } from '../../src/diagnosis/case.ts';
import { subjectsIn } from '../../src/diagnosis/vocabulary/typed-ids.ts';
import { plainTextOf } from '../../src/handlers/notice.ts';
import {
  pastedSubjects,
  readCommand,
  readDiagnose,
  readPlainWords,
  subjectsNamed,
} from '../../src/handlers/typed-text.ts';

const ID = 'op_training_20260109_060025_4183136f';
const OTHER = 'op_backtesting_20260109_060025_5183136f';
const TRACE = '38d50cac1a939c7f0e26d47d10b3d9b3';

const operation = (operationId: string): Subject => ({ kind: 'operation', operationId });
const trace = (traceId: string): Subject => ({ kind: 'trace', traceId });
const last = (type: OperationType | null): Subject => ({ kind: 'last', type });

describe('the text behind /ktrdr', () => {
  it.each([
    ['', '', ''],
    ['   ', '', ''],
    ['help', 'help', ''],
    ['HELP', 'help', ''],
    [' diagnose  x y ', 'diagnose', 'x y'],
    ['diagnose\u00a0x', 'diagnose', 'x'],
    ['“diagnose” x', 'diagnose', 'x'],
    ['`diagnose x`', 'diagnose', 'x'],
    ['diagnose\nx', 'diagnose', 'x'],
    ['diagnose, x', 'diagnose', 'x'],
    ['\u200bdiagnose\ufeff x', 'diagnose', 'x'],
    ['ｄｉａｇｎｏｓｅ x', 'diagnose', 'x'],
  ])('%j begins with %j', (text, first, rest) => {
    expect(readCommand(text)).toMatchObject({ first, rest });
  });
});

describe('the text behind diagnose', () => {
  it.each<[string, readonly Subject[], Symptom | null]>([
    [ID, [operation(ID)], null],
    [`  ${ID}  `, [operation(ID)], null],
    [`\`${ID}\``, [operation(ID)], null],
    [`“${ID}”`, [operation(ID)], null],
    [`‘${ID}’`, [operation(ID)], null],
    [`_${ID}_`, [operation(ID)], null],
    [`*${ID}*`, [operation(ID)], null],
    [`\u00a0${ID}\u00a0stuck`, [operation(ID)], 'stuck'],
    [`${ID}\u200b`, [operation(ID)], null],
    [`(${ID}).`, [operation(ID)], null],
    [`${ID}, please`, [operation(ID)], null],
    [`why is ${ID} slow?`, [operation(ID)], 'slow'],
    [`${ID} no-workers`, [operation(ID)], 'no-workers'],
    [`${ID} hangs`, [operation(ID)], 'stuck'],
    [`${ID} no workers`, [operation(ID)], 'no-workers'],
    [`${ID} No–Workers`, [operation(ID)], 'no-workers'],
    [`${ID} broken_trace`, [operation(ID)], 'broken-trace'],
    [`failed: ${ID}`, [operation(ID)], 'failed'],
    [`${ID} ${OTHER} ${ID}`, [operation(ID), operation(OTHER)], null],
    [`${ID},${OTHER}`, [operation(ID), operation(OTHER)], null],
    [TRACE, [trace(TRACE)], null],
    [TRACE.toUpperCase(), [trace(TRACE)], null],
    ['0e26d47d10b3d9b3', [trace('00000000000000000e26d47d10b3d9b3')], null],
    [`https://jaeger.example.com/trace/${TRACE}`, [trace(TRACE)], null],
    [`<https://jaeger.example.com/trace/${TRACE}>`, [trace(TRACE)], null],
    [`<https://jaeger.example.com/trace/${TRACE}|the trace>`, [trace(TRACE)], null],
    [`<https://jaeger.example.com/trace/${TRACE}?uiSpan=1&amp;x=2|failed>`, [trace(TRACE)], null],
    [`https://jaeger.example.com/search?tags=%7B%22operation.id%22%3A%22${ID}%22%7D`, [operation(ID)], null],
    [`https://jaeger.example.com/trace/${TRACE}?uiFind=${ID}`, [operation(ID)], null],
    ['my-task_7', [operation('my-task_7')], null],
    ['op_training_20260109', [operation('op_training_20260109')], null],
    ['my-task_7 slow', [operation('my-task_7')], 'slow'],
    ['last', [last(null)], null],
    ['LAST', [last(null)], null],
    ['latest', [last(null)], null],
    ['last training', [last('training')], null],
    ['the last training', [last('training')], null],
    ['last Training, please', [last('training')], null],
    ['last backtest', [last('backtesting')], null],
    ['last backtesting', [last('backtesting')], null],
    ['last download', [last('data_load')], null],
    ['last DATA_LOAD', [last('data_load')], null],
    ['last agent', [last('agent_research')], null],
    ['last slow', [last(null)], 'slow'],
    ['last no workers', [last(null)], 'no-workers'],
    ['last failed backtest', [last('backtesting')], 'failed'],
    ['last backtest slow', [last('backtesting')], 'slow'],
  ])('%j asks for %j', (text, subjects, symptom) => {
    expect(readDiagnose(text)).toEqual({ kind: 'question', subjects, symptom });
  });

  it.each<[string, string]>([
    ['', 'Enter what to diagnose'],
    ['stuck', 'Enter what to diagnose'],
    ['banana', 'No operation ID, trace ID, or link with one found in “banana”'],
    ['op-training', 'looks like an operation ID'],
    ['lst training', 'Did you mean “/ktrdr diagnose last”'],
    ['last trainig', 'Did you mean “training”'],
    ['last stuk', 'Did you mean “stuck”'],
    ['last backtset', 'Did you mean “backtest”'],
    ['last spaceship', '“spaceship” isn’t an operation type. Use training'],
    ['<@U123> <#C123|ops>', 'No operation ID'],
  ])('%j is answered with a hint: %j', (text, hint) => {
    const read = readDiagnose(text);
    expect(read.kind).toBe('unclear');
    if (read.kind === 'unclear') {
      expect(plainTextOf(read.notice)).toContain(hint);
      expect(plainTextOf(read.notice)).toContain('/ktrdr diagnose');
    }
  });

  it.each([
    [`${ID} stuk`, 'Did you mean “stuck”?'],
    ['last backtest stuk', 'Did you mean “stuck”?'],
    ['my-task_7 banana', '“banana” wasn’t understood. You can add a symptom'],
  ])('%j is diagnosed, and the word is quoted', (text, words) => {
    const read = readDiagnose(text);
    expect(read.kind === 'question' && read.unread && plainTextOf(read.unread)).toContain(words);
  });

  it('reads a text of any length in a moment', () => {
    const read = readDiagnose(`${'op_'.repeat(30_000)} ${'<https:'.repeat(10_000)} ${'!'.repeat(30_000)}x`);
    expect(read.kind).toBe('unclear');
  });
});

describe('what a message names', () => {
  it('is every operation once, in reading order', () => {
    expect(subjectsIn(`${OTHER} then ${ID} and ${OTHER}`)).toEqual([operation(OTHER), operation(ID)]);
  });

  it('is written as ktrdr does where a keyboard changed it', () => {
    expect(subjectsIn(`${ID.replace('op_', 'Op_')} ${OTHER.toUpperCase()}`)).toEqual([operation(ID), operation(OTHER)]);
    expect(subjectsIn('op_training_20260109_060025_ABC123')).toEqual([operation('op_training_20260109_060025_ABC123')]);
  });

  it('is a trace only where no operation is named', () => {
    expect(subjectsIn(`${TRACE}`)).toEqual([trace(TRACE)]);
    expect(subjectsIn(`${ID} in ${TRACE}`)).toEqual([operation(ID)]);
  });
});

describe('a question in plain words', () => {
  it.each([
    ['why does the backtest hang?', 'backtesting', 'stuck'],
    ['the last download was so slow', 'data_load', 'slow'],
    ['backtests keep failing', 'backtesting', 'failed'],
    ['it says no free workers', null, 'no-workers'],
    ['agent research crashed', 'agent_research', 'failed'],
    ['how is the training?', 'training', null],
  ])('%j', (text, type, symptom) => {
    expect(readPlainWords(text)).toEqual({ kind: 'question', subjects: [{ kind: 'last', type }], symptom });
  });

  it.each([
    ['my training is stuck at 45 %', 45],
    ['my training is stuck at 2,5%', 2.5],
    ['training stuck, 100 percent', 100],
  ])('%j names the progress', (text, percent) => {
    const subjects = [{ kind: 'last', type: 'training', percent }];
    expect(readPlainWords(text)).toEqual({ kind: 'question', subjects, symptom: 'stuck' });
    expect(readDiagnose(`last ${text.replace('my ', '')}`)).toEqual({ kind: 'question', subjects, symptom: 'stuck' });
  });

  it('leaves out what is no progress', () => {
    expect(readPlainWords('training stuck at 450 %')?.subjects).toEqual([{ kind: 'last', type: 'training' }]);
  });

  it('keeps to the ids that it names', () => {
    expect(readPlainWords(`did ${ID} fail or is it slow?`)).toMatchObject({ subjects: [{ operationId: ID }] });
    expect(readPlainWords(`is <https://jaeger.example.com/trace/${TRACE}|this> stuck?`)).toMatchObject({
      subjects: [{ traceId: TRACE }],
      symptom: 'stuck',
    });
  });

  it.each(['', 'banana', 'stuck', 'good morning everybody', 'diagnos x', 'trainer of the year'])(
    'is not %j',
    (text) => {
      expect(readPlainWords(text)).toBeNull();
    },
  );
});

describe('a pasted text', () => {
  const subjects = (text: string) => pastedSubjects(text, 'jaeger.example.com');
  it('names operations wherever they stand', () => {
    const tags = encodeURIComponent(JSON.stringify({ 'operation.id': ID }));
    expect(subjects(`see <https://logs.example.org/?tags=${tags}|here>`)).toEqual([
      { kind: 'operation', operationId: ID },
    ]);
  });

  it('names traces only in links to Jaeger', () => {
    expect(subjects(`<https://jaeger.example.com/trace/${TRACE}>`)).toEqual([{ kind: 'trace', traceId: TRACE }]);
    expect(subjects(`<https://git.example.com/commit/${TRACE}> ${TRACE}`)).toEqual([]);
  });
});

describe('a mistyped id', () => {
  const MISTYPED = [OTHER.replace('2026', '2O26'), OTHER.replaceAll('_', '-'), OTHER.slice(3), OTHER.slice(0, 24)];

  it.each(MISTYPED)('%s is taken for one wherever it is typed', (typed) => {
    expect(readDiagnose(typed)).toMatchObject({ kind: 'question', subjects: [operation(typed)] });
    expect(readDiagnose(`please look at ${typed}.`)).toMatchObject({ subjects: [operation(typed)] });
    expect(readPlainWords(`why did ${typed} fail?`)).toMatchObject({ subjects: [operation(typed)], symptom: 'failed' });
    expect(subjectsNamed(`see ${typed} please`)).toEqual([operation(typed)]);
    expect(pastedSubjects(typed, null)).toEqual([]);
  });

  it('without a digit is answered with what is wrong and an example', () => {
    const read = readDiagnose('op_training');
    expect(read.kind).toBe('unclear');
    if (read.kind === 'unclear')
      expect(plainTextOf(read.notice)).toMatch(
        /^“op_training” looks like an operation ID, but it’s incomplete\..*op_training_2026/,
      );
  });
});
