import { describe } from 'vitest';
import { call, caseOf, record, server, trace, withoutApi, worker } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { API, loading, TRAINER, TRAINING, trainingTrace, transition } from '../../../support/ktrdr-spans.ts';

const HOLDER = 'training-worker-08b9a625';

describe('cancelled', () => {
  const reason = 'changed my mind';
  const cancel = trace(
    server(
      'DELETE /api/v1/operations/{operation_id}',
      API,
      200,
      { at: 5000, took: 30 },
      call(
        'DELETE',
        `http://training-worker-1:5005/api/v1/operations/${TRAINING}/cancel?reason=changed+my+mind`,
        200,
        { at: 5001, took: 18 },
        server(
          'DELETE /api/v1/operations/{operation_id}/cancel',
          TRAINER,
          200,
          { at: 5003, took: 15 },
          transition(TRAINING, 5004, 'running', 'cancelled', { reason }),
        ),
      ),
      transition(TRAINING, 5021, 'running', 'cancelled', { reason }),
    ),
  );
  const started = trainingTrace(loading('training', 80, 18_745));
  judge([
    {
      about: 'by a person, with a reason',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        traces: [started, cancel],
        operation: record(TRAINING, 'cancelled', { ended: 5021, errorMessage: reason }),
        workers: [worker(HOLDER, 'busy', { currentOperationId: TRAINING, checkedAt: 4000 })],
      }),
      answer: 'cancelled/user',
      confidence: 'certain',
      headline: [reason],
      noAlarm: true,
    },
    {
      about: 'the same without the API',
      case: withoutApi(caseOf({ id: TRAINING, now: 30_000, traces: [started, cancel] })),
      answer: 'cancelled/user',
      noAlarm: true,
    },
    {
      about: 'by the record alone',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        operation: record(TRAINING, 'cancelled', { ended: 5021, errorMessage: 'Operation cancelled by user' }),
      }),
      answer: 'cancelled/user',
      noAlarm: true,
    },
    {
      about: 'together with the research that started it',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        traces: [started],
        operation: record(TRAINING, 'cancelled', {
          ended: 5021,
          errorMessage: 'Parent operation cancelled',
          parentOperationId: 'op_agent_research_20260512_093000_0a1b2c3d',
        }),
      }),
      answer: 'cancelled/parent',
      noAlarm: true,
    },
    {
      about: 'a cancel of what had completed is refused and changes nothing',
      case: caseOf({
        id: TRAINING,
        now: 90_000,
        traces: [
          trainingTrace(loading('training', 80, 900), transition(TRAINING, 2000, 'running', 'completed')),
          trace(server('DELETE /api/v1/operations/{operation_id}', API, 400, { at: 5000, took: 3 })),
        ],
        operation: record(TRAINING, 'completed', { ended: 2000 }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'cancelled while it loaded data: an exception on the way out is no cause',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        traces: [
          trainingTrace(
            loading('training', 80, null, {
              took: 5000,
              raises: ['ktrdr.async_infrastructure.cancellation.CancellationError', 'Operation was cancelled'],
            }),
          ),
          cancel,
        ],
        operation: record(TRAINING, 'cancelled', { ended: 5021, errorMessage: reason }),
      }),
      answer: 'cancelled/user',
      noAlarm: true,
    },
  ]);
});
