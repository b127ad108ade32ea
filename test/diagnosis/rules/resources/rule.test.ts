import { describe } from 'vitest';
import { caseOf, record, span } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import { DOWNLOAD, downloadTrace, loading, TRAINING, trainingTrace, transition } from '../../../support/ktrdr-spans.ts';
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
      advises: ['State.OOMKilled'],
    },
    {
      about: 'memory, in the words of torch',
      case: failed("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9663676416 bytes."),
      answer: 'resources/out-of-memory',
    },
    ...[
      [
        'MPS backend out of memory (MPS allocated: 17.92 GB). Tried to allocate 256.00 MB on private pool.',
        'gpu-memory',
      ],
      ['HIP out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 16.00 GiB', 'gpu-memory'],
      ['DataLoader worker (pid 4121) is killed by signal: Killed. ', 'out-of-memory'],
      ['DataLoader worker (pid(s) 4121, 4122) exited unexpectedly', 'out-of-memory'],
      ['numpy._core._exceptions._ArrayMemoryError: Unable to allocate 2.00 GiB for an array', 'out-of-memory'],
      ['[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0', 'disk-full'],
      ["[Errno 30] Read-only file system: '/app/models/x/model.pt'", 'read-only'],
      ["[Errno 13] Permission denied: '/app/models/x/model.pt'", 'permission'],
    ].map(([error = '', variant]) => ({ about: error, case: failed(error), answer: `resources/${variant}` })),
    ...[
      'Unable to allocate worker slot: semaphore closed',
      'The OOM score of the container is 300',
      'Strategy risk: permission denied by the broker',
    ].map((error) => ({ about: `no resource: ${error}`, case: failed(error), answer: 'unhandled-exception' })),
    {
      about: 'a disk',
      case: failed('[Errno 28] No space left on device'),
      answer: 'resources/disk-full',
      advises: ['docker exec ktrdr-training-worker-1-1 df -h /app/data /app/models', 'docker system df'],
    },
    {
      about: 'a disk, in a message that names the step and the file',
      case: failed("Failed to save checkpoint: [Errno 28] No space left on device: '/app/data/checkpoints/model.pt'"),
      answer: 'resources/disk-full',
    },
    {
      about: 'a disk, while a file is copied',
      case: failed("[Errno 28] No space left on device: '/tmp/model.pt' -> '/app/models/model.pt'"),
      answer: 'resources/disk-full',
    },
    {
      about: 'a disk, as an exception',
      case: caseOf({
        id: TRAINING,
        now: 60_000,
        traces: [
          trainingTrace(
            span('training.training_loop', {
              at: 90,
              took: 300,
              raises: ['builtins.OSError', "[Errno 28] No space left on device: '/app/data/checkpoints/model.pt'"],
            }),
            transition(TRAINING, 5000, 'running', 'failed', { error: 'Training failed' }),
          ),
        ],
      }),
      answer: 'resources/disk-full',
    },
    {
      about: 'the disk of the backend, during a download',
      case: caseOf({
        id: DOWNLOAD,
        now: 60_000,
        traces: [
          downloadTrace(
            transition(DOWNLOAD, 5000, 'running', 'failed', {
              error: "[Errno 28] No space left on device: '/app/data/AAPL_1h.csv'",
            }),
          ),
        ],
      }),
      answer: 'resources/disk-full',
      headline: ['download'],
      advises: ['docker exec ktrdr-backend-1 df -h /app/data /app/models'],
    },
    ...[
      "[Errno 122] Disk quota exceeded: '/app/data/checkpoints/model.pt'",
      'Read the log for “[Errno 28] No space left on device” before the next run',
      'Strategy note: no space left on device for more indicators',
    ].map((error) => ({ about: `no full disk: ${error}`, case: failed(error), answer: 'unhandled-exception' })),
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
