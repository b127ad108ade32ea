import { shorten } from '../../evidence.ts';
import type { ReportedError } from '../../facts/reported-error.ts';
import type { Parameters } from '../../facts/start.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { sentence } from '../../words.ts';

interface InvalidInput {
  readonly error: ReportedError;
  /** The file, model, or symbol that the message names. */
  readonly name: string | null;
  /** The timeframe of the data that was loaded. */
  readonly timeframe: string | null;
  readonly parameters: Parameters;
}

type Variant =
  | 'strategy-not-found'
  | 'strategy-invalid'
  | 'strategy-version'
  | 'model-path-missing'
  | 'model-not-found'
  | 'feature-mismatch'
  | 'symbol-not-found'
  | 'parameters';

export const INPUT_TEXTS: Readonly<Record<Variant, (input: InvalidInput, context: RuleContext) => RuleText>> = {
  'strategy-not-found': ({ name, parameters }, { fix, noun }) => ({
    headline: `The strategy file was not found: ${name ?? parameters.strategy ?? 'its name is not in the message'}.`,
    explanation: `The ${noun} names a strategy that is in none of the folders ktrdr searched.`,
    fixes: [
      fix.listStrategies(),
      'Correct the name, or put the file into the strategies folder that the backend and its workers share.',
    ],
  }),
  'strategy-invalid': ({ error, parameters }, { fix, clean }) => ({
    headline: sentence(
      `The strategy does not pass validation: ${shorten(clean(error.text.replace(/^\[[^\]]*\] ?/, '')), 160)}`,
    ),
    explanation:
      'ktrdr checks a strategy before it starts anything. The trace carries the number of errors; the validate command lists each with its key. A strategy in the older version 2 format fails like this too.',
    fixes: [fix.validateStrategy(parameters.strategy), fix.migrateStrategy(parameters.strategy)],
  }),
  'strategy-version': ({ parameters }, { fix }) => ({
    headline: 'The strategy is written in the older version 2 format.',
    explanation:
      'Only version 3 strategies are accepted. The command that the message names has moved: it is `ktrdr migrate` now.',
    fixes: [fix.validateStrategy(parameters.strategy), fix.migrateStrategy(parameters.strategy)],
  }),
  'model-path-missing': (_input, { fix }) => ({
    headline: 'The backtest was started without a model.',
    explanation: 'A backtest needs the path of a trained model (model_path); the request had none.',
    fixes: [fix.listModels(), 'Start it again with --model-path and the directory of a trained model.'],
  }),
  'model-not-found': ({ name }, { fix }) => ({
    headline: `The model was not found: ${name ?? 'its path is not in the message'}.`,
    explanation:
      'The directory does not exist where the worker looks: the path is mistyped, the model was trained on another machine or volume, or the training has not ended.',
    fixes: [
      fix.listModels(),
      'Use the path that the training’s result names, as the worker sees it; every training makes a new version directory.',
    ],
  }),
  'feature-mismatch': ({ error, timeframe }, { fix, clean }) => ({
    headline: sentence(
      `The model does not fit ${timeframe === null ? 'the strategy or the data' : `this strategy on ${timeframe} data`}: ${shorten(clean(error.text), 140)}`,
    ),
    explanation:
      'The features that the model was trained with cannot be computed now: the strategy changed after the training, or the backtest runs on another timeframe than the training did.',
    fixes: [
      fix.listModels(),
      'Run the backtest on the timeframe that the model was trained on, or train the strategy again.',
    ],
  }),
  'symbol-not-found': ({ name, parameters }, { fix }) => ({
    headline: sentence(`IB does not know the symbol ${name ?? parameters.symbol ?? ''}`),
    explanation:
      'The IB host service answered that the symbol does not exist. It says the same when the IB Gateway behind it is down, but no failed connection to the Gateway was seen in these minutes.',
    fixes: [fix.gatewayPort(), 'Check the spelling and the instrument type (forex pairs are written without a slash).'],
  }),
  parameters: ({ error }, { clean, noun }) => ({
    headline: sentence(`A value of the request is not accepted: ${shorten(clean(error.text), 160)}`),
    explanation: `The ${noun} was turned down because of its input, before any work was done.`,
    fixes: ['Correct the value that the message names, then start again.'],
  }),
};
