import type { WorkerLocation } from '../../facts/workers.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { sentence } from '../../words.ts';
import type { ResourceVariant } from './messages.ts';

interface Shortage {
  /** The path or package that the message names, or an empty text. */
  readonly name: string;
  /** A module with the same name that hides the package. */
  readonly shadow: string | null;
  readonly location: WorkerLocation;
}

export const RESOURCE_TEXTS: Readonly<Record<ResourceVariant, (shortage: Shortage, context: RuleContext) => RuleText>> =
  {
    'gpu-memory': ({ location }, { fix, noun }) => ({
      headline: `The GPU ran out of memory during this ${noun}.`,
      explanation: 'The model, its batch, and other processes on that GPU need more memory than it has.',
      fixes: [fix.workerLogs(location), 'Halve the batch size, or free the GPU: another process may hold its memory.'],
    }),
    'out-of-memory': (_shortage, { fix, noun }) => ({
      headline: `The worker ran out of memory during this ${noun}.`,
      explanation: 'The process requested more memory than the machine or the container limit allows.',
      fixes: [
        fix.memoryKills(),
        'Shorten the date range, use fewer indicators or data loader processes, or raise the container’s memory limit (its shared memory if the message names that).',
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
        'If there is free space, run df with -i: the disk may be out of inodes.',
      ],
    }),
    'read-only': ({ name, location }, { fix, noun }) => ({
      headline: `This ${noun} couldn’t write a file${of(name)}: the file system there is read-only.`,
      explanation:
        'The folder is mounted read-only in that container, or the disk or network share behind it became read-only after a fault.',
      fixes: [
        fix.mounts(location),
        'Mount that folder as writable, or fix the share behind it, and restart the container. A backtest worker mounts models read-only on purpose.',
      ],
    }),
    permission: ({ name, location }, { fix, noun }) => ({
      headline: `This ${noun} had no permission to open a file${of(name)}.`,
      explanation: 'The user that the process runs as can’t access that file or folder.',
      fixes: [
        fix.mounts(location),
        'Change the owner of that folder on the host to the user that the container runs as, then start the operation again.',
      ],
    }),
    'missing-package': ({ name, shadow, location }, { fix, noun }) => ({
      headline: sentence(`The Python package ${name} is missing from the process that ran this ${noun}`),
      explanation:
        shadow === null
          ? 'The image or environment of that process was built without it, or the wrong image is deployed.'
          : `Python finds another module named “${shadow}” instead of the package.`,
      fixes: [
        fix.workerLogs(location),
        shadow === null
          ? 'Rebuild the image with that package, or use an image that has it.'
          : `Look for a file or folder named ${shadow} on the PYTHONPATH of that process.`,
      ],
    }),
  };

function of(path: string): string {
  return path === '' ? '' : `, ${path}`;
}
