import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Case } from '../../../src/diagnosis/case.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { byOneClock, tracesByOneClock } from '../../../src/diagnosis/facts/clocks.ts';
import { micros, type Span, type Trace } from '../../../src/diagnosis/trace.ts';
import { server, span, caseOf as story, trace } from '../../support/build.ts';
import { allTraces, servicesIn, withClockOff } from '../../support/disturbances.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';

const MINUTES = 60_000_000;

const WITH_A_WORKER = incidentsIn(FIXTURES).flatMap((incident) => {
  const input = caseOf(incident, 'v3', { api: true });
  const worker = servicesIn(input).find((service) => isCalled(input, service));
  return worker === undefined
    ? []
    : [true, false].map((api) => ({
        name: `${incident.name}${api ? '' : ', traces only'}`,
        input: caseOf(incident, 'v3', { api }),
        worker,
      }));
});

/** A worker that answered a call: without one, nothing shows that its clock is ahead. */
function isCalled(input: Case, service: string): boolean {
  return /worker/.test(service) && callsTo(input, service).some(({ status }) => status.code !== 'error');
}

function callsTo(input: Case, service: string): readonly Span[] {
  return allTraces(input).flatMap(({ spans }) =>
    spans.filter(
      ({ spanId, kind }) =>
        kind === 'client' &&
        spans.some((span) => span.parentId === spanId && span.service === service && span.kind === 'server'),
    ),
  );
}

function said(input: Case) {
  const { primary, verdict, operation, criticalPath, traces } = diagnose(input, { deployment: 'local', apiUrl: null });
  return {
    cause: primary?.cause ?? verdict,
    // -1 where there is none.
    lengths: [operation.durationMs, criticalPath?.totalMs, ...traces.map(({ durationMs }) => durationMs)].map(
      (ms) => ms ?? -1,
    ),
    remarks: traces.flatMap(({ warnings }) => warnings),
  };
}

describe('the clock of a worker, off by up to ten minutes, changes neither the cause nor a duration', () => {
  test('enough incidents have a worker that was called', () => {
    expect(WITH_A_WORKER.length).toBeGreaterThan(30);
  });

  test.each(WITH_A_WORKER.map((one) => [one.name, one] as const))('%s', (_name, { input, worker }) => {
    const before = said(input);
    // Where in its call the worker answered is not known anymore.
    const slack = Math.max(...callsTo(input, worker).map(({ duration }) => duration)) / 1000;
    fc.assert(
      fc.property(fc.integer({ min: -10 * MINUTES, max: 10 * MINUTES }), (offset) => {
        const after = said(withClockOff(input, worker, micros(offset)));
        expect(after.cause).toBe(before.cause);
        expect(after.lengths.length).toBe(before.lengths.length);
        for (const [i, length] of before.lengths.entries())
          expect(Math.abs((after.lengths[i] ?? Number.NaN) - length)).toBeLessThanOrEqual(slack);
      }),
      { numRuns: 8, examples: [[10 * MINUTES], [-10 * MINUTES], [1_500_000]] },
    );
  });
});

/** `backend`, called by `cli`, starts work on `worker`, which calls `host`. Moments and clocks are in milliseconds. */
function start({ cli = 0, worker = 0, host = 0 }: { cli?: number; worker?: number; host?: number }) {
  const fetched = server('POST /data/validate', 'host', 200, { at: 40 + host, took: 2 });
  const fetching = span('POST', { service: 'worker', kind: 'client', at: 38 + worker, took: 6 }, fetched);
  const accepted = server('POST /training/start', 'worker', 200, { at: 25 + worker, took: 5 }, fetching);
  const call = span('POST', { service: 'backend', kind: 'client', at: 20, took: 15 }, accepted);
  const request = server('POST /api/v1/trainings/start', 'backend', 200, { at: 10, took: 60 }, call);
  const sent = span('POST', { service: 'cli', kind: 'client', at: 5 + cli, took: 70 }, request);
  return trace(span('cli.train', { service: 'cli', at: cli, took: 80 }, sent));
}

/** A call that takes 15 ms from 20 on, and what the worker makes of it. */
function call(status: 'unset' | 'error', at: number, took: number) {
  const answer = server('POST /training/start', 'worker', 200, { at, took });
  return trace(span('POST', { service: 'backend', kind: 'client', at: 20, took: 15, status }, answer));
}

const clocksIn = (one: ReturnType<typeof trace>) =>
  Object.fromEntries(
    byOneClock(story({ now: 100, traces: [one] })).clocks.map(({ service, ahead }) => [service, ahead / 1000]),
  );

describe('a clock is off only when its times are impossible', () => {
  test('the answer is outside of its call: corrected by the least that is needed', () => {
    expect(clocksIn(start({ worker: -500, host: -500 }))).toEqual({ worker: -495, host: -493 });
    expect(clocksIn(start({ worker: 500, host: 500 }))).toEqual({ worker: 495, host: 493 });
  });

  test('the backend’s clock counts, not that of the command before it', () => {
    const [first] = byOneClock(story({ now: 100, traces: [start({ cli: 60_000 })] })).clocks;
    expect(first).toMatchObject({ service: 'cli', reference: 'backend' });
    expect(clocksIn(start({ cli: 60_000 }))).toEqual({ cli: 59_995 });
  });

  test('corrected times need no correction', () => {
    const corrected = tracesByOneClock([start({ cli: 60_000, worker: -500, host: 7000 })]);
    expect(tracesByOneClock(corrected)).toBe(corrected);
  });

  test('a worker answers the request and goes on', () => {
    expect(clocksIn(call('unset', 25, 90_000))).toEqual({});
    expect(clocksIn(call('unset', 30, 8))).toEqual({});
  });

  test('a call that failed may be carried out later', () => {
    expect(clocksIn(call('error', 9000, 5))).toEqual({});
    expect(clocksIn(call('unset', 9000, 5))).toEqual({ worker: 8970 });
    expect(clocksIn(call('error', -9000, 5))).toEqual({ worker: -9020 });
  });

  test('work in the background begins when it can', () => {
    const work = span('worker.training', { service: 'worker', at: 60_000, took: 5 });
    expect(clocksIn(trace(span('POST', { service: 'backend', kind: 'client', at: 0, took: 15 }, work)))).toEqual({});
  });

  test('the backend completes an operation after its work', () => {
    const work = span('worker.training', { service: 'worker', at: 60_000, took: 5000 });
    const call = span('POST', { service: 'backend', kind: 'client', at: 0, took: 15 }, work);
    const completedAt = (at: number) =>
      trace(
        span(
          'POST /api/v1/trainings/start',
          { service: 'backend', took: 20 },
          call,
          span('operation.complete', { at, took: 1 }),
        ),
      );
    expect(clocksIn(completedAt(66_000))).toEqual({});
    expect(clocksIn(completedAt(9999))).toEqual({ worker: 55_000 });
  });

  test('the operation’s own traces outrank those of others, when a clock has been set since', () => {
    const off = (traces: readonly Trace[], neighbours: readonly Trace[]) =>
      byOneClock(story({ now: 100, traces, neighbours })).clocks.find(({ service }) => service === 'worker')?.ahead;
    expect(off([start({ worker: 60_000 })], [start({})])).toBe(59_995_000);
    expect(off([start({ worker: 60_000 })], [start({ worker: -500 })])).toBe(59_995_000);
    const alone = trace(span('operation.state_transition', { service: 'worker' }));
    expect(off([alone], [start({ worker: 60_000 })])).toBe(59_995_000);
  });

  test('a time of another century is no clock', () => {
    expect(clocksIn(start({ worker: -4e12 }))).toEqual({});
  });

  test('two processes that share a name and not a clock are moved by what both allow', () => {
    const both = byOneClock(story({ now: 100, traces: [call('unset', 25, 5), call('unset', 60_000, 5)] }));
    expect(both.clocks.map(({ ahead }) => ahead)).toEqual([5000]);
  });
});

test('a clock that a reader would notice is named once', () => {
  const off = start({ worker: 150_000, host: 150_000 });
  const { traces } = diagnose(story({ now: 100, traces: [off, start({ worker: 150_000 })] }), {
    deployment: 'local',
    apiUrl: null,
  });
  expect(traces.flatMap(({ warnings }) => warnings)).toEqual([
    'The clock of worker is 2 min 30 s ahead; times shown follow the clock of backend.',
  ]);
});
