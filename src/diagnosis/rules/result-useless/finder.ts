/** Whether the result of a completed operation is worth anything, by the numbers in its record. */
import type { Facts } from '../../facts/index.ts';

export type UselessResult =
  | { readonly kind: 'no-trades'; readonly bars: number | null }
  /** The name of the number as ktrdr writes it, and its value. */
  | { readonly kind: 'not-learned'; readonly measure: string; readonly value: string };

/** Losses of ktrdr's models are around 1. */
const ABSURD_LOSS = 1e6;
const LOSSES = ['test_loss', 'final_train_loss', 'final_val_loss'] as const;

export function uselessResultOf({ type, status, record }: Facts): UselessResult | null {
  if (status.value !== 'completed' || record === null) return null;
  const result = record.resultSummary;
  if (type === 'backtesting') {
    const trades = result['total_trades'] ?? result['trade_count'];
    const bars = result['equity_curve_length'];
    return trades === 0 ? { kind: 'no-trades', bars: typeof bars === 'number' ? bars : null } : null;
  }
  if (type !== 'training') return null;
  for (const measure of LOSSES) {
    const value = result[measure];
    if (isAbsurd(value)) return { kind: 'not-learned', measure, value: String(value) };
    // JSON has no NaN, so FastAPI writes null for it. Without validation data, there is no loss either.
    if (value === null && measure !== 'final_val_loss' && result['test_accuracy'] != null)
      return { kind: 'not-learned', measure, value: 'NaN' };
  }
  return result['test_accuracy'] === 0 ? { kind: 'not-learned', measure: 'test_accuracy', value: '0' } : null;
}

function isAbsurd(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) > ABSURD_LOSS;
  return typeof value === 'string' && /^[+-]?(?:nan|inf(?:inity)?)$/i.test(value);
}
