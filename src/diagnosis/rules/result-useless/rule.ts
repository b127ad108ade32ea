import { record } from '../../evidence.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { uselessResultOf } from './finder.ts';

/** ktrdr calls an operation completed when it has run to its end, whatever came out of it. */
export const rule = defineRule({
  id: 'result-useless',
  title: 'It completed, and its result is worth nothing',
  symptom: 'The operation is shown as completed, and the model or the backtest is of no use.',
  proof: 'The numbers of the result in the operation record: no trades, an accuracy of 0, a loss of NaN.',
  scenario: 'failed',
  severity: 'degraded',
  tier: 'specific',
  variants: {
    'no-trades': 'A backtest ran over its range without a single trade.',
    'not-learned': 'A training ended with an accuracy of 0, or a loss that is NaN or absurdly high.',
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
          'It ran to its end and nothing failed. No prediction of the model reached the confidence that the strategy asks for, or the model predicts the same class for every bar.',
        evidence: [record('result: 0 trades')],
        fixes: [
          'Lower the confidence threshold of the strategy’s decisions, or look at what the model predicts: one that always holds has to be trained again.',
        ],
      });
    }
    return match({
      variant: 'not-learned',
      confidence: 'certain',
      headline: `This ${noun} completed, and its model has learned nothing: ${useless.measure} is ${useless.value}.`,
      explanation:
        'It ran to its end and nothing failed, but a model with these numbers predicts nothing. Too high a learning rate, features with missing values, and labels of a single class lead to this.',
      evidence: [record(`result: ${useless.measure} = ${useless.value}`)],
      fixes: ['Lower the learning rate, check the strategy’s features and labels, and train again.'],
    });
  },
});
