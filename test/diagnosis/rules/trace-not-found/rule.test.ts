import { describe, expect, it } from 'vitest';
import { caseOf, record } from '../../../support/build.ts';
import { answer, judge } from '../../../support/judge.ts';
import { API, TRAINING } from '../../../support/ktrdr-spans.ts';

describe('trace-not-found', () => {
  const nothing = (now: number, told: Parameters<typeof caseOf>[0]) => caseOf({ id: TRAINING, ...told, now });
  it('names the reason', () => {
    const cause = (input: Parameters<typeof answer>[0]) =>
      answer(input).others.find(({ cause }) => cause.startsWith('trace-not-found'))?.cause;
    expect(
      cause(nothing(600_000, { now: 0, operation: { kind: 'not-found', readAt: 0 as never }, services: [API] })),
    ).toBe('trace-not-found/unknown-operation');
    expect(cause(nothing(5000, { now: 0 }))).toBe('trace-not-found/not-exported-yet');
    expect(cause(nothing(600_000, { now: 0, services: [] }))).toBe('trace-not-found/tracing-off');
    expect(cause(nothing(600_000, { now: 0, operation: record(TRAINING, 'pending'), services: [API] }))).toBe(
      'trace-not-found/never-started',
    );
    expect(
      cause(
        nothing(600_000_000, { now: 0, operation: record(TRAINING, 'completed', { ended: 9000 }), services: [API] }),
      ),
    ).toBe('trace-not-found/expired');
    expect(
      cause(nothing(600_000, { now: 0, operation: record(TRAINING, 'completed', { ended: 9000 }), services: [API] })),
    ).toBe('trace-not-found/not-traced');
  });
  judge([
    {
      about: 'a completed operation whose trace expired is no fault',
      case: nothing(600_000_000, {
        now: 0,
        operation: record(TRAINING, 'completed', { ended: 9000 }),
        services: [API],
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'an id nobody knows',
      case: nothing(600_000, { now: 0, operation: { kind: 'not-found', readAt: 0 as never }, services: [API] }),
      answer: 'not-found',
      headline: [TRAINING],
    },
    {
      about: 'Jaeger is away',
      case: nothing(600_000, {
        now: 0,
        sources: [
          {
            name: 'jaeger',
            state: 'unavailable',
            detail: 'Jaeger did not answer at jaeger:16686 (connection refused).',
            tookMs: 9,
          },
        ],
      }),
      answer: 'unavailable',
    },
  ]);
});
