import { describe } from 'vitest';
import { caseOf, record } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { documentedTrace, TRAINING } from '../../../support/ktrdr-spans.ts';

describe('worker-selection-missing', () => {
  const registered = documentedTrace(TRAINING, 'TRAINING', 200);
  judge([
    {
      about: 'documented: registered and nothing more',
      case: caseOf({ id: TRAINING, now: 600_000, traces: [registered] }),
      answer: 'worker-selection-missing/not-reached',
      confidence: 'likely',
    },
    {
      about: 'and the list is empty',
      case: caseOf({ id: TRAINING, now: 600_000, traces: [registered], workers: [] }),
      answer: 'worker-selection-missing/none-registered',
    },
    {
      about: 'and the record has progress, which only a worker makes',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [registered],
        operation: record(TRAINING, 'running', { percentage: 41 }),
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'and the record names the worker that took it',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        traces: [registered],
        operation: record(TRAINING, 'running', { workerId: 'training-worker-1' }),
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'a moment ago',
      case: caseOf({ id: TRAINING, now: 9000, traces: [registered] }),
      answer: 'nothing-found',
      noAlarm: true,
    },
  ]);
});
