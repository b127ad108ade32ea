/** Sentences of ktrdr and its libraries with their causes, and sentences of their words that mean nothing known. */
import type { Draft } from './draft.ts';
import { operationType, type Words } from './parts.ts';
import type { Random } from './random.ts';

export interface Known extends Words {
  /** Any of them is right. */
  readonly causes: readonly string[];
  /** Types of operation that can say it at any time; after data was loaded too. */
  readonly operations: readonly string[];
}

const WORK = ['training', 'backtesting'];
const DOWNLOAD = ['data_load'];

export const KNOWN: readonly Known[] = [
  {
    type: 'ktrdr.errors.exceptions.DataError',
    message:
      "IB context data for 'USDJPY' (1h) not found in cache. Load it first: ktrdr data load USDJPY --timeframe 1h",
    causes: ['data-missing'],
    operations: WORK,
  },
  {
    type: 'ValueError',
    message:
      "Failed to fetch context data from 'fred': [Errno -2] Name or service not known. Context data is required for this model — backtest cannot proceed without it.",
    causes: ['service-unreachable', 'data-missing/context', 'data-missing/ib-context'],
    operations: ['backtesting'],
  },
  {
    type: 'torch.OutOfMemoryError',
    message:
      'CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB of which 1.20 GiB is free.',
    causes: ['resources/gpu-memory'],
    operations: ['training'],
  },
  {
    type: 'OSError',
    message: "[Errno 28] No space left on device: '/app/checkpoints/epoch_10.pt'",
    causes: ['resources/disk-full'],
    operations: [...WORK, ...DOWNLOAD],
  },
  {
    type: 'numpy._core._exceptions._ArrayMemoryError',
    message: 'Unable to allocate 3.20 GiB for an array with shape (429496, 1000) and data type float64',
    causes: ['resources/out-of-memory'],
    operations: WORK,
  },
  {
    type: 'ModuleNotFoundError',
    message: "No module named 'torch'",
    causes: ['resources/missing-package'],
    operations: WORK,
  },
  {
    type: 'ValueError',
    message: 'No features computed - check data and configuration',
    causes: ['invalid-input/feature-mismatch'],
    operations: ['backtesting'],
  },
  {
    type: 'ktrdr.errors.exceptions.ValidationError',
    message: 'Strategy file not found: momentum_9.yaml (searched: /app/strategies, /mnt/strategies)',
    causes: ['invalid-input/strategy-not-found'],
    operations: WORK,
  },
  {
    type: 'FileNotFoundError',
    message: 'Model directory not found: models/momentum_9/1h_v4',
    causes: ['invalid-input/model-not-found'],
    operations: ['backtesting'],
  },
  {
    type: 'ValueError',
    message: 'model_path is required for backtesting',
    causes: ['invalid-input/model-path-missing'],
    operations: ['backtesting'],
  },
  {
    type: 'asyncpg.exceptions.InvalidPasswordError',
    message: 'password authentication failed for user "ktrdr"',
    causes: ['database/credentials'],
    operations: [...WORK, ...DOWNLOAD],
  },
  {
    type: 'ktrdr.data.acquisition.external_data_interface.DataProviderConnectionError',
    message: 'Host service connection failed: HTTP error for POST /data/historical: All connection attempts failed',
    causes: ['service-unreachable/ib-host'],
    operations: DOWNLOAD,
  },
  {
    type: 'ktrdr.data.acquisition.external_data_interface.DataProviderDataError',
    message: 'Symbol ZZTOP not found',
    causes: ['invalid-input/symbol-not-found'],
    operations: DOWNLOAD,
  },
];

/** A known sentence that this operation could end with, other than what it says already. */
export function knownFor(draft: Draft, random: Random): Known | null {
  const said = JSON.stringify(draft.spans);
  const type = operationType(draft);
  return random.pickFrom(
    KNOWN.filter(
      ({ operations, message, causes }) =>
        operations.includes(type) &&
        !said.includes(message.slice(0, 20)) &&
        !causes.some((cause) => draft.expected.causes?.includes(cause)),
    ),
  );
}

const TYPES = [
  'RuntimeError',
  'AssertionError',
  'TypeError',
  'KeyError',
  'ktrdr.backtesting.engine.EngineError',
] as const;
const SUBJECTS = [
  'Insufficient database rows',
  'Duplicate operation symbol',
  'Strategy cache worker',
  'Model directory lock',
  'No data loader thread',
  'Connection pool symbol table',
  'CUDA stream memory map',
  'Disk space quota check',
  'IB context pacing counter',
  'Training worker feature column',
  'Gateway token budget',
  'Checkpoint module path',
] as const;
const PREDICATES = [
  'not found in cache index',
  'is required for memory layout',
  'already exists in feature order',
  'refused by connection policy 7',
  'timed out waiting for no data',
  'left no space in result frame',
  'allocates more than one device',
  'failed to load its own timeframe',
  'mismatch: password column missing',
  'unavailable after strategy validation',
] as const;

/** Right is only that it isn't known. */
export const UNKNOWN: Readonly<Record<string, (random: Random) => string>> = {
  'unknown-sentence': (random) => `${random.pick(SUBJECTS)} ${random.pick(PREDICATES)}`,
  'unknown-shuffled': shuffledSentence,
  'unknown-quotes-a-known-one': (random) =>
    `Expected the log line "${sentence(random)}" ${random.pick(['before', 'after', 'instead of'])} step ${random.int(2, 90)}`,
  'unknown-with-known-words-inside': (random) => {
    const words = sentence(random).split(' ');
    const from = random.int(0, Math.max(0, words.length - 3));
    return `Node ${random.int(1, 40)} of the graph ${words.slice(from, from + 3).join(' ')} ${random.pick(PREDICATES)}`;
  },
};

export function unknownWords(random: Random, message: string): Words {
  return { type: random.pick(TYPES), message };
}

function sentence(random: Random): string {
  return random.pickFrom(KNOWN)?.message.split(/[.:]/, 1)[0] ?? '';
}

/** No two words stay together. */
function shuffledSentence(random: Random): string {
  const long = KNOWN.map(({ message }) => message.split(' ')).filter((words) => words.length >= 5);
  const words = random.pickFrom(long) ?? [];
  for (;;) {
    const mixed = random.shuffled(words);
    if (!mixed.some((word, i) => words[words.indexOf(word) + 1] === mixed[i + 1])) return mixed.join(' ');
  }
}
