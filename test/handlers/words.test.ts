import { describe, expect, it } from 'vitest';
import { readMute } from '../../src/handlers/mute-words.ts';
import { pastedSubjects, readPlainWords } from '../../src/handlers/typed-text.ts';

const ID = 'op_training_20260109_060025_4183136f';
const TRACE = '80293c91cabe064444bbcda1bfb15bcd';
const HOUR_MS = 3_600_000;

describe('a question in plain words', () => {
  it.each([
    ['my training is stuck at 45 %', 'training', 'stuck'],
    ['why does the backtest hang?', 'backtesting', 'stuck'],
    ['the last download was so slow', 'data_load', 'slow'],
    ['backtests keep failing', 'backtesting', 'failed'],
    ['it says no free workers', null, 'no-workers'],
    ['agent research crashed', 'agent_research', 'failed'],
    ['how is the training?', 'training', null],
  ])('%j', (text, type, symptom) => {
    expect(readPlainWords(text)).toEqual({ kind: 'question', subjects: [{ kind: 'last', type }], symptom });
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

describe('a mute', () => {
  it.each([
    ['', { kind: 'mute', where: null, forMs: 24 * HOUR_MS }],
    ['this channel for 2h', { kind: 'mute', where: 'channel', forMs: 2 * HOUR_MS }],
    ['thread for 30 minutes', { kind: 'mute', where: 'thread', forMs: HOUR_MS / 2 }],
    ['3 days', { kind: 'mute', where: null, forMs: 72 * HOUR_MS }],
    ['for an hour', { kind: 'mute', where: null, forMs: HOUR_MS }],
    ['1w', { kind: 'mute', where: null, forMs: 7 * 24 * HOUR_MS }],
    ['90s', { kind: 'mute', where: null, forMs: 90_000 }],
    ['channel for 2h 30m', { kind: 'mute', where: 'channel', forMs: 2.5 * HOUR_MS }],
    ['for 0m', { kind: 'too-short', word: '0m' }],
    ['2x', { kind: 'not-a-duration', word: '2x' }],
    ['channel off', { kind: 'unmute', where: 'channel' }],
    ['undo', { kind: 'unmute', where: null }],
    ['list', { kind: 'list' }],
    ['show', { kind: 'list' }],
    ['until tomorrow', { kind: 'unclear', word: 'until' }],
  ])('%j', (text, request) => {
    expect(readMute(text)).toEqual(request);
  });
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
