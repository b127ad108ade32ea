import { describe, expect, it } from 'vitest';
import { mergeTraces, otherTraces } from '../../../src/jobs/gather/traces.ts';
import { moment, span, trace } from '../../support/build.ts';

const whole = trace(span('POST /api/v1/trainings/start', { at: 10 }, span('operation.register', { at: 20 })));
const part = { ...whole, spans: whole.spans.slice(0, 1) };
const earlier = { ...trace(span('ib.connect', { at: 0 })), traceId: 'e'.repeat(32) };

describe('traces that several searches found', () => {
  it('are there once each, the one with the most spans, in order of time', () => {
    expect([whole.spans.length, whole.spans[0]?.start, earlier.spans[0]?.start]).toEqual([2, moment(10), moment(0)]);
    expect(mergeTraces([whole, part, earlier])).toEqual([earlier, whole]);
    expect(mergeTraces([part, earlier, whole])).toEqual([earlier, whole]);
  });

  it('are related traces when they are not the operation’s own', () => {
    expect(otherTraces([part, earlier], [whole])).toEqual([earlier]);
  });
});
