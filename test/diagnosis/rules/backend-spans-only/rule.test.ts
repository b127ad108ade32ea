import { describe } from 'vitest';
import { call, caseOf, record, server, span, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { API, documentedSelection, documentedTrace, TRAINING, transition } from '../../../support/ktrdr-spans.ts';

const id = { 'operation.id': TRAINING };
const dispatched = span(
  'operation.dispatch',
  { at: 14, took: 40, attributes: { ...id, 'dispatch.status': 'success' } },
  call('POST', 'http://training-worker-1:5005/training/start', 200, { at: 15, took: 38 }),
);
const chosen = documentedSelection(TRAINING, 'SUCCESS', { total: 4, capable: 2, available: 2 });
const halfTrace = documentedTrace(TRAINING, 'TRAINING', 200, chosen, dispatched);

describe('backend-spans-only', () => {
  judge([
    {
      about: 'documented: the worker exports nothing',
      case: caseOf({ id: TRAINING, now: 7_600_000, traces: [halfTrace] }),
      answer: 'backend-spans-only/worker-not-instrumented',
      confidence: 'possible',
      headline: ['training-worker-1:5005'],
      advises: ['docker logs --tail 200 ktrdr-training-worker-1-1'],
    },
    {
      about: 'the worker is gone',
      case: caseOf({
        id: TRAINING,
        now: 7_600_000,
        traces: [halfTrace],
        operation: record(TRAINING, 'running', { workerId: 'training-worker-x' }),
        later: record(TRAINING, 'running', { workerId: 'training-worker-x' }),
        workers: [],
      }),
      answer: 'backend-spans-only/worker-crashed',
    },
    {
      about: 'its spans are on the way',
      case: caseOf({ id: TRAINING, now: 8000, traces: [halfTrace] }),
      answer: 'progress-not-traced',
      noAlarm: true,
    },
    {
      about: 'an agent’s container is never traced',
      case: caseOf({
        id: 'op_agent_research_20260512_093000_0a1b2c3d',
        now: 90_000,
        traces: [
          trace(
            server(
              'POST /api/v1/agent/trigger',
              API,
              202,
              { at: 0, took: 30 },
              span('operation.register', {
                at: 2,
                attributes: {
                  'operation.id': 'op_agent_research_20260512_093000_0a1b2c3d',
                  'operation.type': 'agent_research',
                },
              }),
              transition('op_agent_research_20260512_093000_0a1b2c3d', 5, 'pending', 'running'),
              call('POST', 'http://design-agent-1:5010/designs/start', 200, { at: 9, took: 5 }),
            ),
          ),
        ],
      }),
      answer: 'progress-not-traced',
      noAlarm: true,
    },
  ]);
});
