import { record } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { uselessResultOf } from './finder.ts';

/** ktrdr calls an operation completed when it has run to its end, whatever its result. */
export const rule = defineRule({
  id: 'result-useless',
  title: 'Completed with a useless result',
  symptom: 'The operation is shown as completed, but the model or backtest is useless.',
  proof: 'The results in the operation record: no trades, an accuracy of 0, or a loss of NaN.',
  scenario: 'failed',
  severity: 'degraded',
  tier: 'specific',
  variants: {
    'no-trades': 'A backtest completed without a single trade.',
    'not-learned': 'A training run ended with an accuracy of 0, or with a loss that is NaN or absurdly high.',
  },

  check(facts, { noun }) {
    const useless = uselessResultOf(facts);
    if (useless === null) return clear;
    if (useless.kind === 'no-trades') {
      const range = useless.bars === null ? '' : ` over ${useless.bars} bars`;
      return match({
        variant: 'no-trades',
        confidence: 'certain',
        headline: `This ${noun} completed without a single trade${range}.`,
        explanation:
          'Nothing failed. No model prediction reached the confidence that the strategy requires, or the model predicts the same class for every bar.',
        evidence: [record('result: 0 trades')],
        fixes: [
          'Lower the confidence threshold of the strategy’s decisions, or check what the model predicts: if it always predicts “hold”, train it again.',
        ],
      });
    }
    return match({
      variant: 'not-learned',
      confidence: 'certain',
      headline: `This ${noun} completed, but its model learned nothing: ${useless.measure} is ${useless.value}.`,
      explanation:
        'Nothing failed, but a model with these numbers predicts nothing. Typical reasons: the learning rate is too high, features have missing values, or all labels are of one class.',
      evidence: [record(`result: ${useless.measure} = ${useless.value}`)],
      fixes: ['Lower the learning rate, check the strategy’s features and labels, and train again.'],
    });
  },
});
