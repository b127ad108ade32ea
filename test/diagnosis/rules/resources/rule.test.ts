import { describe } from 'vitest';
import { caseOf, record, span } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { loading, TRAINING, trainingTrace, transition } from '../../../support/ktrdr-spans.ts';
import { documentedRunTrace } from '../../../support/scenes.ts';

describe('resources', () => {
  const failed = (error: string) =>
    caseOf({
      id: TRAINING,
      now: 60_000,
      traces: [trainingTrace(loading('training', 80, 900), transition(TRAINING, 5000, 'running', 'failed', { error }))],
      operation: record(TRAINING, 'failed', { ended: 5000, errorMessage: error }),
    });
  judge([
    {
      about: 'GPU memory',
      case: failed('CUDA out of memory. Tried to allocate 1.50 GiB'),
      answer: 'resources/gpu-memory',
      advises: ['batch size'],
    },
    {
      about: 'memory',
      case: failed('Unable to allocate 14.2 GiB for an array with shape (1, 2)'),
      answer: 'resources/out-of-memory',
      advises: ['dmesg'],
    },
    {
      about: 'memory, in the words of torch',
      case: failed("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9663676416 bytes."),
      answer: 'resources/out-of-memory',
    },
    {
      about: 'a package',
      case: failed("No module named 'torch'"),
      answer: 'resources/missing-package',
      headline: ['torch'],
    },
    {
      about: 'documented: GPU memory',
      case: caseOf({
        id: TRAINING,
        now: 60_000,
        traces: [
          documentedRunTrace(
            TRAINING,
            'TRAINING',
            { raises: ['torch.cuda.OutOfMemoryError', 'CUDA out of memory. Tried to allocate 8.00 GiB'] },
            span('training.training_loop', {
              at: 90,
              took: 300,
              raises: ['torch.cuda.OutOfMemoryError', 'CUDA out of memory. Tried to allocate 8.00 GiB'],
              attributes: { 'training.device': 'cuda:1' },
            }),
          ),
        ],
      }),
      answer: 'resources/gpu-memory',
      shows: ['cuda:1'],
    },
  ]);
});
