import { describe } from 'vitest';
import { caseOf, record, span, worker } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { loading, TRAINING, trainingTrace } from '../../../support/ktrdr-spans.ts';
import { documentedRunTrace } from '../../../support/scenes.ts';

const id = { 'operation.id': TRAINING };

describe('progress-stalled', () => {
  const loop = (updated: number) =>
    caseOf({
      id: TRAINING,
      now: 2_000_000,
      traces: [
        documentedRunTrace(
          TRAINING,
          'TRAINING',
          { took: 1_500_000 },
          span('training.training_loop', {
            at: 60,
            took: 1_490_000,
            attributes: {
              ...id,
              'progress.percentage': 62,
              'progress.phase': 'training.training_loop',
              'progress.updated_at': Date.UTC(2026, 4, 12, 9, 30, 0) / 1000 + updated,
              'training.epochs.total': 200,
              'training.epochs.completed': 124,
            },
          }),
        ),
      ],
    });
  const epochs = (n: number) => Array.from({ length: n }, (_, i) => 2000 + i * 5000);
  const healthy = worker('training-worker-aa', 'busy', { currentOperationId: TRAINING, checkedAt: 895_000 });
  const standing = record(TRAINING, 'running', {
    workerId: 'training-worker-aa',
    percentage: 40,
    step: 'Epoch 41/100',
    steps: [40, 100],
    epochsAt: epochs(40),
  });
  judge([
    {
      about: 'documented: the last update is 20 minutes old',
      case: loop(260),
      answer: 'progress-stalled',
      confidence: 'likely',
      headline: ['62%', 'training.training_loop'],
    },
    { about: 'documented: the last update is just before the end', case: loop(1488), answer: 'running', noAlarm: true },
    {
      about: 'the list of epochs ended 12 minutes ago',
      case: caseOf({
        id: TRAINING,
        now: 900_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: standing,
        workers: [healthy],
      }),
      answer: 'progress-stalled',
      headline: ['40%'],
    },
    {
      about: 'read twice, and it moved',
      case: caseOf({
        id: TRAINING,
        now: 900_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: standing,
        later: { ...standing, progress: { ...standing.progress, percentage: 41, stepsCompleted: 41 } },
        workers: [healthy],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'a list that lags behind the progress proves nothing',
      case: caseOf({
        id: TRAINING,
        now: 900_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: { ...standing, progress: { ...standing.progress, stepsCompleted: 90, percentage: 90 } },
        workers: [healthy],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'slow epochs',
      case: caseOf({
        id: TRAINING,
        now: 900_000,
        traces: [trainingTrace(loading('training', 80, 900))],
        operation: record(TRAINING, 'running', {
          workerId: 'training-worker-aa',
          percentage: 3,
          steps: [3, 100],
          epochsAt: [200_000, 450_000, 700_000],
        }),
        workers: [healthy],
      }),
      answer: 'running',
      noAlarm: true,
    },
  ]);
});
