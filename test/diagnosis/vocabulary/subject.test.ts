import { describe, expect, it } from 'vitest';
import { subjectOf, timeOfOperationId, traceIdsIn } from '../../../src/diagnosis/vocabulary/subject.ts';

const ID = '0f50601083d4ebf2371a22c5966b7b49';
const SHORT = '371a22c5966b7b49';

describe('a trace id is understood as it is written by', () => {
  it.each([
    ['Jaeger', ID],
    ['Python’s hex()', `0x${ID.slice(1)}`],
    ['a format that loses the leading zero', ID.slice(1)],
    ['a UUID', '0f506010-83d4-ebf2-371a-22c5966b7b49'],
    ['a link of Jaeger', `http://localhost:16686/trace/${ID.slice(1)}?uiFind=a1`],
    ['the traceparent header', `00-${ID}-${SHORT}-01`],
    ['capitals', ID.toUpperCase()],
  ])('%s', (_name, written) => {
    expect(subjectOf(written)).toEqual({ kind: 'trace', traceId: ID });
    expect(traceIdsIn(`look at ${written}, please`)[0]).toBe(ID);
  });

  it('old clients, with 16 digits', () => {
    expect(subjectOf(SHORT)).toEqual({ kind: 'trace', traceId: SHORT.padStart(32, '0') });
  });
});

it('an id that only contains a UUID is that of an operation', () => {
  const operationId = 'task-0f506010-83d4-ebf2-371a-22c5966b7b49';
  expect(subjectOf(operationId)).toEqual({ kind: 'operation', operationId });
});

it('a git revision is no trace id', () => {
  expect(traceIdsIn(`see ${ID}00112233`)).toEqual([]);
});

it('the time of an id is known when its last digits are lost', () => {
  const time = Date.UTC(2026, 10, 23, 7, 18, 13) * 1000;
  for (const rest of ['_c87fc1a6', '_c87fc1a', '_', '']) {
    expect(timeOfOperationId(`op_training_20261123_071813${rest}`)).toBe(time);
  }
});

it('an id with a date that does not exist has no time', () => {
  for (const at of ['20261399_256199', '20260230_120000', '20261123_240000']) {
    expect(timeOfOperationId(`op_training_${at}_deadbeef`)).toBe(null);
  }
});
