import type { Facts } from './index.ts';
import { capableOf } from './workers.ts';

/**
 * Whether ktrdr would resume the operation now, and from its own work. If ktrdr can't resume, it erases the message of the
 * failure. A resume before the first checkpoint may continue from another operation's.
 */
export type ResumeChance = 'sure' | 'unclear' | 'not-ended' | 'completed' | 'no-free-worker' | 'impossible';

/** After this many epochs, a training run has its own checkpoint, even if it fails without saving one. */
const EPOCHS_PER_CHECKPOINT = 10;

export function resumeChanceOf(facts: Facts): ResumeChance {
  const { status, type, case: input, resume } = facts;
  if (status.value === 'completed') return 'completed';
  const isResumable = type === 'training' || type === 'backtesting';
  if ((type !== null && !isResumable) || status.refused) return 'impossible';
  if (status.value === 'unknown' || type === null) return 'unclear';
  if (status.value !== 'failed' && status.value !== 'cancelled') return 'not-ended';
  if (resume?.httpStatus === 404) return 'impossible';
  if (input.workers === null) return 'unclear';
  if (!capableOf(input.workers, type).some((worker) => worker.status === 'available')) return 'no-free-worker';
  return hasOwnCheckpoint(facts) ? 'sure' : 'unclear';
}

function hasOwnCheckpoint({ record, progress, status, failure, type }: Facts): boolean {
  const message = record?.errorMessage ?? failure.decisive?.text ?? '';
  if (/checkpoint (?:available|saved)/i.test(message)) return true;
  const isCancelled = status.value === 'cancelled';
  if (type === 'backtesting') return isCancelled && (progress?.percentage ?? 0) > 0;
  const isCounted = progress?.source === 'trace' || /^epoch \d/i.test(progress?.step ?? '');
  const counted = isCounted ? (progress?.stepsCompleted ?? 0) : 0;
  const epochs = Math.max(record?.epochs.length ?? 0, counted);
  return epochs >= (isCancelled ? 1 : EPOCHS_PER_CHECKPOINT);
}
