/** The marks of an answer and its link to the trace point at the failure, or at the time in which nothing was seen. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { errorOf } from '../../src/diagnosis/facts/errors.ts';
import { readText } from '../../src/diagnosis/vocabulary/attributes.ts';
import { formatAnswer } from '../../src/formatters/answer/answer.ts';
import { executionFlowSection, flowLines } from '../../src/formatters/answer/execution-flow.ts';
import { traceChartOf } from '../../src/formatters/picture/chart.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { caseOf, type Dialect, FIXTURES, type Incident, incidentsIn } from '../support/incidents.ts';

const API = { api: true };

function diagnosed(incident: Incident, dialect: Dialect = 'v3') {
  const input = caseOf(incident, dialect, API);
  return { input, diagnosis: diagnose(input, { deployment: 'local', apiUrl: null }) };
}

describe.each(incidentsIn(FIXTURES))('$name', (incident) => {
  it.each(['legacy', 'v3'] as const)('has true marks and links (%s)', (dialect) => {
    const { input, diagnosis } = diagnosed(incident, dialect);
    const spans = new Map(
      [...input.traces, ...input.neighbours].flatMap((trace) =>
        trace.spans.map((span) => [span.spanId, span] as const),
      ),
    );
    for (const step of diagnosis.flow.filter(({ error }) => error)) {
      const span = spans.get(step.spanId);
      expect(
        span !== undefined && (errorOf(span) !== null || readText(span, 'toStatus')?.toLowerCase() === 'failed'),
      ).toBe(true);
    }
    const { primary } = diagnosis;
    if (primary?.gap !== undefined) expect(primary.culprit).toBeNull();
    // A state transition is the culprit only when no span has the error that it reports.
    if (primary?.culprit?.operation === 'operation.state_transition') {
      const error = readText(spans.get(primary.culprit.spanId) ?? { attributes: {} }, 'operationError');
      const raised = [...spans.values()].filter((span) => errorOf(span)?.message === error);
      expect(error === null ? [] : raised).toEqual([]);
    }
    const { summary } = formatAnswer(diagnosis, {
      jaegerPublicUrl: 'https://jaeger.example',
      grafanaUrl: null,
      redact: [],
      subject: input.subject,
      now: input.now,
    });
    const linked = /uiFind=([0-9a-f]+)/.exec(JSON.stringify(summary.blocks))?.[1];
    expect(linked).toBe(primary?.culprit?.spanId);
  });
});

it('marks the span that raised the error, not the transition that reports it', () => {
  const { diagnosis } = diagnosed(incidentNamed('06a-'));
  expect(diagnosis.primary?.culprit?.operation).toBe('backtest.data_loading');
  const lines = flowLines(diagnosis, 96);
  const here = lines.findIndex((line) => line.includes('failed here'));
  expect(lines[here - 1]).toMatch(/^✗ .* backtest\.data_loading$/);
  expect(lines.slice(here + 1).join('\n')).not.toContain('here');
});

it('marks the gap of a worker that vanished, up to the moment when it was noticed', () => {
  for (const [name, gap, isLast] of [
    ['10a-', 'no spans for 2 min 34 s', true],
    ['10d-', 'no spans for 1 min 27 s', false],
  ] as const) {
    const { diagnosis } = diagnosed(incidentNamed(name));
    const lines = flowLines(diagnosis, 96);
    const at = lines.findIndex((line) => line.startsWith(`! ${gap.replace('no spans for ', '')}`));
    expect(at).toBeGreaterThan(0);
    expect(at === lines.length - 1).toBe(isLast);
    expect(lines.filter((line) => line.includes('here'))).toEqual([expect.stringContaining('no spans: here')]);
    const marked = traceChartOf(diagnosis).steps.filter(({ isCulprit }) => isCulprit);
    expect(marked).toEqual([expect.objectContaining({ operation: gap, isGap: true })]);
  }
});

it('says what the flow left out, and both names of a worker', () => {
  const { diagnosis } = diagnosed(incidentNamed('06a-'));
  expect(diagnosis.leftOut).toEqual([
    { name: 'ASGI event', count: 7 },
    { name: 'list call', count: 1 },
  ]);
  expect(JSON.stringify(executionFlowSection(diagnosis, 96))).toContain(
    'not shown: 1 operation.register span, 7 ASGI events, 1 list call',
  );
  expect(diagnosis.worker).toEqual({
    id: expect.stringMatching(/^backtesting-worker-/),
    service: expect.stringMatching(/^ktrdr-backtest-worker-/),
  });
});

it('shows no N/A of a record', () => {
  const { diagnosis } = diagnosed(incidentNamed('08-'));
  expect(diagnosis.operation).toMatchObject({ symbol: null, timeframe: null });
});
