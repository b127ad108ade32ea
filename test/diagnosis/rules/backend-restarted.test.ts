import { describe } from 'vitest';
import { caseOf, type Draft, record, server, trace } from '../../support/build.ts';
import { judge } from '../../support/judge.ts';
import { API, loading, TRAINING, trainingTrace } from '../../support/ktrdr-spans.ts';

const _resume = (id: string, http: number, at: number, ...inside: readonly Draft[]) =>
  trace(
    server(
      'POST /api/v1/operations/{operation_id}/resume',
      API,
      http,
      { at, took: 60, attributes: { 'http.target': `/api/v1/operations/${id}/resume` } },
      ...inside,
    ),
  );

describe('backend-restarted', () => {
  judge([
    {
      about: 'with a checkpoint',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: record(TRAINING, 'failed', {
          ended: 60_000,
          errorMessage: 'Backend restarted - checkpoint available for resume',
        }),
      }),
      answer: 'backend-restarted/resumable',
      advises: [`ktrdr resume ${TRAINING}`],
    },
    {
      about: 'without',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        operation: record(TRAINING, 'failed', {
          ended: 60_000,
          errorMessage: 'Backend restarted - no checkpoint available',
        }),
      }),
      answer: 'backend-restarted/lost',
    },
    {
      about: 'an agent',
      case: caseOf({
        id: 'op_agent_research_20260512_093000_0a1b2c3d',
        now: 90_000,
        operation: record('op_agent_research_20260512_093000_0a1b2c3d', 'failed', {
          ended: 60_000,
          errorMessage: 'Orphaned by backend restart',
        }),
      }),
      answer: 'backend-restarted/lost',
    },
  ]);
});
