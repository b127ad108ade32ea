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
    headline: `The strategy file was not found: ${name ?? parameters.strategy ?? 'its name is not in the message'}.`,
    explanation: `The ${noun} names a strategy that is in none of the folders ktrdr searched.`,
    fixes: [
      fix.listStrategies(),
      'Correct the name, or put the file into the strategies folder that the backend and its workers share.',
    ],
  }),
  'strategy-invalid': ({ error, key, parameters }, { fix, clean, noun }) => {
    const problem =
      key === null ? shorten(clean(error.text.replace(/^\[[^\]]*\] ?/, '')), 160) : `its “${key}” is missing`;
    const check = readAs(
      fix.validateStrategy(parameters.strategy),
      'Correct each error that it lists. If it says version 2, migrate the strategy.',
    );
    return error.source === 'exception'
      ? {
          headline: sentence(`The strategy does not pass validation: ${problem}`),
          explanation:
            'ktrdr checks a strategy before it starts anything. The trace carries only the number of errors. A strategy in the older version 2 format fails like this too.',
          lookFirst: check,
          fixes: [check, fix.migrateStrategy(parameters.strategy)],
        }
      : {
          headline: sentence(`The strategy cannot be carried out: ${problem}`),
          explanation: `The ${noun} was started, and this was found when it read the strategy. The check before a start does not look at every key, so it may call such a strategy valid.${noun === 'backtest' ? ' A backtest reads the strategy as it was saved with the model.' : ''}`,
          fixes: [
            fix.validateStrategy(parameters.strategy),
            noun === 'backtest'
              ? 'Correct that section of the strategy’s file and train it again: the model keeps the strategy that it was trained with.'
              : 'Correct that section of the strategy’s file, then start again.',
          ],
        };
  },
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
  'model-not-found': ({ name, isIncomplete }, { fix }) => ({
    headline: isIncomplete
      ? `The model is incomplete: ${name ?? 'its metadata'} is missing.`
      : `The model was not found: ${name ?? 'its path is not in the message'}.`,
    explanation: isIncomplete
      ? 'A version 3 model needs its weights and its metadata in one directory. A training by the training host service leaves no metadata, nor does a version 2 model; a training that has not ended or a partial copy can lack either.'
      : 'The directory does not exist where the worker looks: the path is mistyped, the model was trained on another machine or volume, or the training has not ended.',
    fixes: [
      fix.listModels(),
      isIncomplete
        ? 'Train the strategy again on a training worker, and use the path that the training’s result names.'
        : 'Use the path that the training’s result names, as the worker sees it; every training makes a new version directory.',
    ],
  }),
  'model-unreadable': ({ error }, { fix, clean, noun }) => {
    const isForDevice = /deserialize object on|restore data location/.test(error.text);
    return {
      headline: sentence(`The saved model cannot be read: ${shorten(clean(error.text), 140)}`),
      explanation: isForDevice
        ? 'It was saved on a GPU or another device that this worker does not have, and the worker did not map it to its own.'
        : 'The model’s directory exists, but a file in it is refused: it was cut off while it was copied or saved, or it is damaged.',
      fixes: [
        fix.listModels(),
        isForDevice
          ? `Run the ${noun} on a worker with that device, or train the model again on a worker without it.`
          : 'Compare the size of the model’s files with those of its source, and copy them again; otherwise train the model again.',
      ],
    };
  },
  'feature-mismatch': ({ error, timeframe }, { fix, clean, noun }) => {
    const isTraining = noun === 'training';
    const what = isTraining ? 'The saved weights do' : 'The model does';
    return {
      headline: sentence(
        `${what} not fit ${timeframe === null ? 'the strategy or the data' : `this strategy on ${timeframe} data`}: ${shorten(clean(error.text), 140)}`,
      ),
      explanation: isTraining
        ? 'The weights were saved with other features or layers than the strategy has now: it changed meanwhile, or the checkpoint is another training’s.'
        : 'The features or layers that the model was trained with are not those of the strategy now: it changed after the training, or the backtest runs on another timeframe than the training did.',
      fixes: isTraining
        ? ['Start the training again instead of resuming it.']
        : [
            fix.listModels(),
            'Run the backtest on the timeframe that the model was trained on, or train the strategy again.',
          ],
    };
  },
  labels: ({ classes, rows }) => ({
    headline: `The labels hold ${classes?.present ?? 'fewer'} of ${classes?.expected ?? 'the expected'} classes${rows === null ? '' : `, although ${rows} bars were loaded`}.`,
    explanation:
      'The class weights do not fit the number of classes. There is data enough: the strategy’s labels, such as the threshold of the zigzag, leave one of the classes empty for this symbol.',
    fixes: ['Lower the threshold of the strategy’s labels, or change their lookahead, until every class occurs.'],
  }),
  dates: ({ badDates, parameters: { startDate, endDate } }, { noun }) => {
    const asked = startDate === null || endDate === null ? '' : ` (${startDate} to ${endDate})`;
    return {
      headline:
        badDates === 'future'
          ? `The asked dates are in the future${asked}.`
          : `The start date is after the end date${asked}.`,
      explanation: 'There can be no data in such a range. Nothing is wrong with the cache.',
      fixes: [`Start the ${noun} again with a start date before its end date, both in the past.`],
    };
  },
  'symbol-not-found': ({ name, parameters }, { fix }) => ({
    headline: sentence(`IB does not know the symbol ${name ?? parameters.symbol ?? ''}`),
    explanation:
      'The IB host service answered that the symbol does not exist. It says the same when the IB Gateway behind it is down, but no failed connection to the Gateway was seen in these minutes.',
    fixes: [
      readAs(
        fix.gatewayPort(),
        '“succeeded”: the Gateway runs, so the symbol is wrong. “refused”: it is down, so IB was never asked.',
      ),
      'Check the spelling and the instrument type (forex pairs are written without a slash).',
    ],
  }),
  parameters: ({ error, rows }, { clean, noun }) => ({
    headline: sentence(`A value is not accepted: ${shorten(clean(error.text), 160)}`),
    explanation: `The ${noun} ended because a check of its input or settings failed${rows === null ? '' : ', after its data was loaded'}.`,
    fixes: ['Correct the value that the message names, then start again.'],
  }),
};
