import { attribute, reportedError } from '../../evidence.ts';
import { explainedBy } from '../../facts/reported-error.ts';
import { clear, defineRule, match, proofOf, type RuleText } from '../../rule.ts';
import { carriersOf } from '../../vocabulary/attributes.ts';
import { sentence } from '../../words.ts';

/** The machine could not give what the work needed. */
export const rule = defineRule({
  id: 'resources',
  title: 'The process ran out of a resource',
  symptom: 'A training, backtest, or download fails in the middle of its work.',
  proof: 'The message of the failure.',
  scenario: 'failed',
  severity: 'blocking',
  tier: 'specific',
  variants: {
    'gpu-memory': 'The GPU has too little free memory.',
    'out-of-memory': 'The process had too little memory.',
    'disk-full': 'The disk that the process writes to has no free space.',
    'missing-package': 'A Python package is not installed in that image.',
  },

  check(facts, { fix, noun }) {
    const explained = explainedBy(facts.failure, MESSAGES);
    if (explained === null) return clear;
    const { variant, reportedError: error, words } = explained;
    const device = carriersOf(facts.own, 'device')[0];
    const texts: Readonly<Record<typeof variant, RuleText>> = {
      'gpu-memory': {
        headline: `The GPU ran out of memory during this ${noun}.`,
        explanation: 'The model, its batch and whatever else holds memory on that GPU did not fit together.',
        fixes: [
          fix.workerLogs(facts.workers.location),
          'Halve the batch size, or free the GPU: another process may hold its memory.',
        ],
      },
      'out-of-memory': {
        headline: `The worker ran out of memory during this ${noun}.`,
        explanation: 'The process asked for more memory than the machine or the container’s limit allows.',
        fixes: [
          fix.memoryKills(),
          'Shorten the range of dates, use fewer indicators, or raise the container’s memory limit.',
        ],
      },
      'disk-full': {
        headline: `The disk was full during this ${noun}.`,
        explanation:
          'The process couldn’t write a file because the disk has no free space. Every run that writes to the same disk can fail.',
        fixes: [
          fix.diskSpace(facts.workers.location),
          fix.dockerSpace(),
          'Delete or move files that aren’t needed, such as old checkpoints, logs, and unused images. Then start the operation again.',
          'If space is free, run df with -i: the disk can be out of inodes instead.',
        ],
      },
      'missing-package': {
        headline: sentence(
          `The Python package ${words['package'] ?? ''} is missing in the process that ran this ${noun}`,
        ),
        explanation: 'The image or environment of that process was built without it, or the wrong image is deployed.',
        fixes: [
          fix.workerLogs(facts.workers.location),
          'Build the image again with that package, or use the one that has it.',
        ],
      },
    };
    return match({
      ...proofOf(explained),
      ...texts[variant],
      evidence: [reportedError(error), device && attribute(device, 'device')],
    });
  },
});

const MESSAGES = [
  ['gpu-memory', /CUDA out of memory|OutOfMemoryError|CUDNN_STATUS_ALLOC_FAILED|CUDA error: out of memory/i],
  [
    'out-of-memory',
    /^MemoryError|(?:cannot|can't) allocate memory|Unable to allocate|\bOOM\b|Killed by signal 9|exit(?:ed with)? code 137/i,
  ],
  // The whole sentence, as Python writes it for one path, two, or none: other errors and texts quote the words.
  [
    'disk-full',
    /(?:^|: )\[Errno 28\] No space left on device(?:: (?:'[^'\n]*'|"[^"\n]*")(?: -> (?:'[^'\n]*'|"[^"\n]*"))?)?$/,
  ],
  ['missing-package', /No module named '?(?<package>[\w.]+)|ModuleNotFoundError/i],
] as const;
