import { describe } from 'vitest';
import { caseOf, span } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { loading, TRAINING, trainingTrace } from '../../../support/ktrdr-spans.ts';
import { documentedRunTrace } from '../../../support/scenes.ts';

const id = { 'operation.id': TRAINING };

describe('progress-not-traced', () => {
  judge([
    {
      about: 'runs, and only traces are at hand',
      case: caseOf({ id: TRAINING, now: 60_000, traces: [trainingTrace(loading('training', 80, 900))] }),
      answer: 'progress-not-traced',
      noAlarm: true,
      advises: [`ktrdr --json status ${TRAINING}`],
    },
    {
      about: 'documented: a loop that never told its progress',
      case: caseOf({
        id: TRAINING,
        now: 2_000_000,
        traces: [
          documentedRunTrace(
            TRAINING,
            'TRAINING',
            { took: 600_000 },
            span('training.training_loop', { at: 200, took: 590_000, attributes: id }),
          ),
        ],
      }),
      answer: 'progress-not-traced',
      noAlarm: true,
    },
  ]);
});
