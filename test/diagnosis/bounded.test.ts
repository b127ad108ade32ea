import { describe, expect, it } from 'vitest';
import { bounded, boundedStart, LONGEST_STACK, LONGEST_TEXT } from '../../src/diagnosis/bounded.ts';
import { errorOf } from '../../src/diagnosis/facts/errors.ts';
import { micros, type Span } from '../../src/diagnosis/trace.ts';

const LINE = `${'x'.repeat(98)}.\n`;

describe('a long text', () => {
  it('ends after a whole line and says how much is missing', () => {
    const text = bounded(LINE.repeat(1000));
    expect(text).toBe(`${LINE.repeat(LONGEST_TEXT / 100).trimEnd()}\n[92001 more characters were left out]`);
  });

  it('without lines ends anywhere', () => {
    expect(bounded('x'.repeat(LONGEST_TEXT + 5))).toMatch(/x\n\[5 more characters were left out\]$/);
    expect(bounded('x'.repeat(LONGEST_TEXT))).toHaveLength(LONGEST_TEXT);
  });

  it('keeps its end where that matters', () => {
    const text = boundedStart(`${LINE.repeat(1000)}last`);
    expect(text).toMatch(/^\[\d+ characters before this were left out\]\nx{98}\.\n/);
    expect(text.endsWith('last')).toBe(true);
    expect(text.length).toBeLessThan(LONGEST_STACK + 60);
  });
});

describe('an error', () => {
  it('has a message and a stack of bounded length', () => {
    const long = LINE.repeat(10_000);
    const attributes = {
      'exception.type': 'E',
      'exception.message': long,
      'exception.stacktrace': `${long}E: at last`,
    };
    const error = errorOf(spanWith({ events: [{ name: 'exception', time: micros(0), attributes }] }));
    expect(error?.message).toMatch(/\[\d+ more characters were left out\]$/);
    expect(error?.stack).toMatch(/^\[\d+ characters before this were left out\][\s\S]*E: at last$/);
    const described = errorOf(spanWith({ status: { code: 'error', message: `ValueError: ${long}` } }));
    expect(described).toMatchObject({ type: 'ValueError', message: expect.stringMatching(/were left out\]$/) });
  });
});

function spanWith(fields: Partial<Span>): Span {
  return {
    traceId: '0'.repeat(31) + 1,
    spanId: '0'.repeat(15) + 1,
    parentId: null,
    followsFrom: false,
    name: 'work',
    service: 'api',
    kind: 'internal',
    start: micros(0),
    duration: micros(0),
    status: { code: 'error', message: null },
    attributes: {},
    events: [],
    resource: {},
    ...fields,
  };
}
