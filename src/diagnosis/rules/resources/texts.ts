import type { WorkerLocation } from '../../facts/workers.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { sentence } from '../../words.ts';
import type { ResourceVariant } from './messages.ts';

interface Shortage {
  /** The path or package that the message names, or an empty text. */
  readonly name: string;
  /** A module of that name which hides the package. */
  readonly shadow: string | null;
  readonly location: WorkerLocation;
}

export const RESOURCE_TEXTS: Readonly<Record<ResourceVariant, (shortage: Shortage, context: RuleContext) => RuleText>> =
  {
    'gpu-memory': ({ location }, { fix, noun }) => ({
      headline: `The GPU ran out of memory during this ${noun}.`,
      explanation: 'The model, its batch and whatever else holds memory on that GPU did not fit together.',
      fixes: [fix.workerLogs(location), 'Halve the batch size, or free the GPU: another process may hold its memory.'],
    }),
    'out-of-memory': (_shortage, { fix, noun }) => ({
      headline: `The worker ran out of memory during this ${noun}.`,
      explanation: 'The process asked for more memory than the machine or the container’s limit allows.',
      fixes: [
        fix.memoryKills(),
        'Shorten the range of dates, use fewer indicators or data loader processes, or raise the memory limit of the container, or its shared memory if the message names that.',
      ],
    }),
    'disk-full': ({ name, location }, { fix, noun }) => ({
      headline: `The disk was full during this ${noun}${of(name)}.`,
      explanation:
        'The process couldn’t write a file because the disk has no free space. Every run that writes to the same disk can fail.',
      fixes: [
        fix.diskSpace(location),
        fix.dockerSpace(),
        'Delete or move files that aren’t needed, such as old checkpoints, logs, and unused images. Then start the operation again.',
        'If space is free, run df with -i: the disk can be out of inodes instead.',
      ],
    }),
    'read-only': ({ name, location }, { fix, noun }) => ({
      headline: `This ${noun} could not write a file${of(name)}: the file system there is read-only.`,
      explanation:
        'The folder is mounted read-only into that container, or the disk or network share behind it turned read-only after a fault.',
      fixes: [
        fix.mounts(location),
        'Mount that folder for writing, or repair the share behind it, and restart the container. A backtest worker has its models read-only on purpose.',
      ],
    }),
    permission: ({ name, location }, { fix, noun }) => ({
      headline: `This ${noun} was not allowed to open a file${of(name)}.`,
      explanation: 'The user that the process runs as has no right to that file or folder.',
      fixes: [
        fix.mounts(location),
        'Give that folder on the host to the user that the container runs as, then start the operation again.',
      ],
    }),
    'missing-package': ({ name, shadow, location }, { fix, noun }) => ({
      headline: sentence(`The Python package ${name} is missing in the process that ran this ${noun}`),
      explanation:
        shadow === null
          ? 'The image or environment of that process was built without it, or the wrong image is deployed.'
          : `Python finds another module “${shadow}” first, which is not the package of that name.`,
      fixes: [
        fix.workerLogs(location),
        shadow === null
          ? 'Build the image again with that package, or use the one that has it.'
          : `Look for a file or folder named ${shadow} on the PYTHONPATH of that process.`,
      ],
    }),
  };

function of(path: string): string {
  return path === '' ? '' : `, ${path}`;
}
