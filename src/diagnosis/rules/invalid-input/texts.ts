import { shorten } from '../../evidence.ts';
import type { Parameters } from '../../facts/start.ts';
import { readAs } from '../../fixes/table.ts';
import type { RuleContext, RuleText } from '../../rule.ts';
import { sentence } from '../../words.ts';
import type { InvalidInput } from './finder.ts';
import type { InputVariant } from './messages.ts';

interface Described extends InvalidInput {
  /** The timeframe and the bars of the data that was loaded. */
  readonly timeframe: string | null;
  readonly rows: number | null;
  readonly parameters: Parameters;
}

export const INPUT_TEXTS: Readonly<Record<InputVariant, (input: Described, context: RuleContext) => RuleText>> = {
  'strategy-not-found': ({ name, parameters }, { fix, noun }) => ({
    headline: `The strategy file was not found: ${name ?? parameters.strategy ?? 'the message doesn’t name it'}.`,
    explanation: `The ${noun} names a strategy that isn’t in any folder ktrdr searched.`,
    fixes: [
      fix.listStrategies(),
      'Correct the name, or put the file in the strategies folder that the backend and its workers share.',
    ],
  }),
  'strategy-invalid': ({ error, key, parameters }, { fix, clean, noun }) => {
    const problem =
      key === null ? shorten(clean(error.text.replace(/^\[[^\]]*\] ?/, '')), 160) : `its “${key}” is missing`;
    const check = readAs(
      fix.validateStrategy(parameters.strategy),
      'Fix each error it lists. If it says version 2, migrate the strategy.',
    );
    return error.source === 'exception'
      ? {
          headline: sentence(`The strategy fails validation: ${problem}`),
          explanation:
            'ktrdr checks a strategy before it starts a run. The trace records only the number of errors. A strategy in the older version 2 format also fails like this.',
          lookFirst: check,
          fixes: [check, fix.migrateStrategy(parameters.strategy)],
        }
      : {
          headline: sentence(`The strategy can’t be run: ${problem}`),
          explanation: `The ${noun} hit this error after it started, when it read the strategy. The check before a start doesn’t cover every key, so such a strategy can pass it.${noun === 'backtest' ? ' A backtest reads the copy of the strategy saved with the model.' : ''}`,
          fixes: [
            fix.validateStrategy(parameters.strategy),
            noun === 'backtest'
              ? 'Fix that section of the strategy file and train again: the model keeps the strategy it was trained with.'
              : 'Fix that section of the strategy file, then start again.',
          ],
        };
  },
  'strategy-version': ({ parameters }, { fix }) => ({
    headline: 'The strategy uses the older version 2 format.',
    explanation:
      'Only version 3 strategies are accepted. The command in the message has been renamed to `ktrdr migrate`.',
    fixes: [fix.validateStrategy(parameters.strategy), fix.migrateStrategy(parameters.strategy)],
  }),
  'model-path-missing': (_input, { fix }) => ({
    headline: 'The backtest was started without a model.',
    explanation: 'A backtest needs the path of a trained model (model_path); the request had none.',
    fixes: [fix.listModels(), 'Start it again with --model-path set to the directory of a trained model.'],
  }),
  'model-not-found': ({ name, isIncomplete }, { fix }) => ({
    headline: isIncomplete
      ? `The model is incomplete: ${name ?? 'its metadata'} is missing.`
      : `The model was not found: ${name ?? 'the message doesn’t give its path'}.`,
    explanation: isIncomplete
      ? 'A version 3 model needs its weights and its metadata in one directory. The training host service writes no metadata, and version 2 models have none. After an unfinished training run or a partial copy, either can be missing.'
      : 'The worker can’t find the directory: the path is mistyped, the model was trained on another machine or volume, or the training run hasn’t finished.',
    fixes: [
      fix.listModels(),
      isIncomplete
        ? 'Train the strategy again on a training worker, and use the path in the training result.'
        : 'Use the path in the training result, as the worker sees it. Every training run creates a new version directory.',
    ],
  }),
  'model-unreadable': ({ error }, { fix, clean, noun }) => {
    const isForDevice = /deserialize object on|restore data location/.test(error.text);
    return {
      headline: sentence(`The saved model can’t be read: ${shorten(clean(error.text), 140)}`),
      explanation: isForDevice
        ? 'It was saved on a GPU or another device that this worker doesn’t have, and the worker didn’t map it to its own device.'
        : 'The model directory exists, but a file in it can’t be loaded: it was truncated while being copied or saved, or it’s damaged.',
      fixes: [
        fix.listModels(),
        isForDevice
          ? `Run the ${noun} on a worker with that device, or train the model again on a worker without it.`
          : 'Compare the model’s file sizes with the source, and copy the files again. Otherwise train the model again.',
      ],
    };
  },
  'feature-mismatch': ({ error, timeframe }, { fix, clean, noun }) => {
    const isTraining = noun === 'training';
    const what = isTraining ? 'The saved weights don’t' : 'The model doesn’t';
    return {
      headline: sentence(
        `${what} match ${timeframe === null ? 'the strategy or the data' : `this strategy on ${timeframe} data`}: ${shorten(clean(error.text), 140)}`,
      ),
      explanation: isTraining
        ? 'The weights were saved with different features or layers than the strategy has now: the strategy has changed since, or the checkpoint is from another training run.'
        : 'The model was trained with different features or layers than the strategy has now: the strategy changed after training, or the backtest uses a different timeframe.',
      fixes: isTraining
        ? ['Start a new training run instead of resuming this one.']
        : [
            fix.listModels(),
            'Run the backtest on the timeframe the model was trained on, or train the strategy again.',
          ],
    };
  },
  labels: ({ classes, rows }) => ({
    headline: `The labels have only ${classes?.present ?? 'fewer'} of ${classes?.expected ?? 'the expected'} classes${rows === null ? '' : `, although ${rows} bars were loaded`}.`,
    explanation:
      'The class weights don’t match the number of classes. There is enough data, but the label settings, such as the zigzag threshold, leave one class empty for this symbol.',
    fixes: ['Lower the threshold of the strategy’s labels, or change their lookahead, until every class occurs.'],
  }),
  dates: ({ badDates, parameters: { startDate, endDate } }, { noun }) => {
    const asked = startDate === null || endDate === null ? '' : ` (${startDate} to ${endDate})`;
    return {
      headline:
        badDates === 'future'
          ? `The requested dates are in the future${asked}.`
          : `The start date is after the end date${asked}.`,
      explanation: 'No data can exist for such a range. The cache isn’t the problem.',
      fixes: [`Start the ${noun} again with a start date before its end date, both in the past.`],
    };
  },
  'symbol-not-found': ({ name, parameters }, { fix }) => ({
    headline: sentence(`IB doesn’t recognize the symbol ${name ?? parameters.symbol ?? ''}`),
    explanation:
      'The IB host service reported that the symbol doesn’t exist. It reports the same when the IB Gateway behind it is down, but the traces show no failed connection to the Gateway around that time.',
    fixes: [
      readAs(
        fix.gatewayPort(),
        '“succeeded”: the Gateway is running, so the symbol is wrong. “refused”: it’s down, so IB was never queried.',
      ),
      'Check the spelling and the instrument type (forex pairs are written without a slash).',
    ],
  }),
  parameters: ({ error, rows }, { clean, noun }) => ({
    headline: sentence(`Invalid value: ${shorten(clean(error.text), 160)}`),
    explanation: `The ${noun} ended because its input or settings failed a check${rows === null ? '' : ', after it had loaded its data'}.`,
    fixes: ['Correct the value named in the message, then start again.'],
  }),
};
