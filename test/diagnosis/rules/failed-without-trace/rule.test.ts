import { describe } from 'vitest';
import { caseOf, record } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { TRAINING } from '../../../support/ktrdr-spans.ts';

describe('failed-without-trace', () => {
  judge([
    {
      about: 'only the record knows',
      case: caseOf({
        id: TRAINING,
        now: 600_000,
        operation: record(TRAINING, 'failed', { ended: 9000, errorMessage: 'Loss diverged' }),
      }),
      answer: 'failed-without-trace',
      confidence: 'likely',
      headline: ['Loss diverged'],
    },
    {
      about: 'and says nothing',
      case: caseOf({ id: TRAINING, now: 600_000, operation: record(TRAINING, 'failed', { ended: 9000 }) }),
      answer: 'failed-without-trace',
      confidence: 'possible',
    },
  ]);
});
