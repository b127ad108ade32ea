import { describe } from 'vitest';
import { caseOf, record } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { loading, TRAINING, trainingTrace } from '../../../support/ktrdr-spans.ts';

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
