import { describe } from 'vitest';
import { call, caseOf, server } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { TRAINER } from '../../../support/ktrdr-spans.ts';
import { failedTrainingStart } from '../../../support/scenes.ts';

describe('worker-rejected', () => {
  const said =
    'Training start failed on worker training-worker-1a (http://training-worker-1:5005/training/start, HTTP 422): field required';
  judge([
    {
      about: 'images of different versions',
      case: caseOf({
        now: 9000,
        traces: [
          failedTrainingStart(
            { raises: ['RuntimeError', said] },
            call(
              'POST',
              'http://training-worker-1:5005/training/start',
              422,
              { at: 20, took: 5 },
              server('POST /training/start', TRAINER, 422, { at: 21, took: 3 }),
            ),
          ),
        ],
      }),
      answer: 'worker-rejected',
      confidence: 'certain',
      headline: ['422', 'training-worker-1'],
      advises: [/same version/],
    },
    {
      about: 'the database refuses the training host',
      case: caseOf({
        now: 9000,
        traces: [
          failedTrainingStart(
            {
              raises: [
                'RuntimeError',
                'Training start failed on worker gpu (http://localhost:5002/training/start, HTTP 500): password authentication failed for user "ktrdr"',
              ],
            },
            call('POST', 'http://localhost:5002/training/start', 500, { at: 20, took: 5 }),
          ),
        ],
      }),
      answer: 'database/credentials',
      headline: ['ktrdr'],
    },
  ]);
});
