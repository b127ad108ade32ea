import { describe } from 'vitest';
import { caseOf, server, span, trace } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { API, documentedRegister, documentedWork, TRAINER, TRAINING } from '../../../support/ktrdr-spans.ts';

const id = { 'operation.id': TRAINING };

describe('singleton-mismatch', () => {
  const own = (instance: string) => ({ ...id, 'operations_service.instance_id': instance });
  const told = (backend: string, worker: string) =>
    caseOf({
      id: TRAINING,
      now: 2_000_000,
      traces: [
        trace(
          server(
            'POST /api/v1/trainings/start',
            API,
            200,
            { at: 4, took: 92 },
            documentedRegister(TRAINING, 'TRAINING', own(backend)),
            ...documentedWork(
              TRAINING,
              'TRAINING',
              { took: 900_000, attributes: own(worker) },
              span('training.training_loop', {
                at: 100,
                took: 890_000,
                attributes: { ...own(worker), 'progress.percentage': 45 },
              }),
            ),
          ),
        ),
      ],
    });
  judge([
    {
      about: 'two instances',
      case: told('ops-backend', 'ops-worker'),
      answer: 'singleton-mismatch',
      confidence: 'certain',
      headline: [API, TRAINER],
      shows: ['ops-backend', 'ops-worker'],
      advises: ['docker restart ktrdr-training-worker-1-1'],
    },
    { about: 'one instance', case: told('ops-1', 'ops-1'), answer: 'running', noAlarm: true },
  ]);
});
