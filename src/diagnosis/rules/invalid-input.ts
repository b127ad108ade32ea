import { attribute, complaint, spanSeen } from '../evidence.ts';
import { type Complaint, explainedBy } from '../facts/failure.ts';
import type { Facts } from '../facts/index.ts';
import type { Evidence, Fix, NonEmpty } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match, type RuleContext, type RuleResult } from '../rule.ts';
import { operationNoun } from '../words.ts';
import { shorten } from '../evidence.ts';

/** What was asked for cannot be done as asked: a name, a file or a value is wrong. */
export const rule = defineRule({
  id: 'invalid-input',
  title: 'Something in the request is wrong',
  symptom: 'The start is refused with 400 or 422, or the operation fails within a second.',
  proof: 'The message of the failure, or the exception on the start span; for a validation answer only its status.',
  scenario: 'failed',
  severity: 'blocking',
  variants: {
    'strategy-not-found': 'No strategy file of that name.',
    'strategy-invalid': 'The strategy file does not pass validation.',
    'strategy-version': 'The strategy is written in an older format.',
    'model-path-missing': 'A backtest was started without a model.',
    'model-not-found': 'The model directory does not exist where the worker looks.',
    'feature-mismatch': 'Model and strategy or timeframe do not fit each other.',
    'symbol-not-found': 'The symbol does not exist at IB.',
    parameters: 'A value of the request is not accepted.',
  },
  supersedes: ['unhandled-exception', 'failed-without-trace'],

  check(facts, context) {
    const found = explainedBy(facts.failure, MESSAGES);
    if (found !== null && found.variant !== 'parameters') return explain(found.variant, found.complaint, found.words['what'], facts, context);
    const { start } = facts;
    const turnedDown = start !== null && start.refused && (start.httpStatus === 400 || start.httpStatus === 422);
    if (found !== null && (turnedDown || isAboutInput(found.complaint))) return explain('parameters', found.complaint, undefined, facts, context);
    return turnedDown && facts.failure.decisive === null ? refusedSilently(facts, context) : clear;
  },
});

const MESSAGES = [
  ['strategy-not-found', /Strategy (?:file|config) not found(?: at)?:? ?(?<what>[^\s(]+)?/i],
  ['strategy-version', /V2 strategy format|is not v3 format|Run 'ktrdr strategy migrate'/i],
  ['strategy-invalid', /Strategy validation failed|V3ValidationFailed|STRATEGY-\w*ValidationFailed|Missing required sections in strategy/i],
  ['model-path-missing', /model_path is required/i],
  ['model-not-found', /(?:Model directory not found:|V3 metadata not found at|Model (?:file )?not found:?) ?(?<what>\S+)/i],
  ['feature-mismatch', /Feature mismatch|No features computed|Indicator column '[^']+' not found/i],
  ['symbol-not-found', /Symbol (?<what>\S+) not found/i],
  ['parameters', /^(?:ValueError|ValidationError|RequestValidationError|InvalidInputError|DataValidationError|InvalidConfigurationError):/i],
] as const;

type Variant = (typeof MESSAGES)[number][0];

/** A ValueError deep in a library is a bug or bad data; one that names the input is the user's to mend. */
function isAboutInput({ text, type }: Complaint): boolean {
  return type !== 'ValueError' || /invalid|must be|required|not supported|unsupported|unknown|not allowed|format|out of range|expected/i.test(text);
}

function explain(variant: Variant, said: Complaint, what: string | undefined, facts: Facts, { fix }: RuleContext): RuleResult {
  const noun = operationNoun(facts.type);
  const name = what?.replace(/[.,;:]+$/, '') ?? facts.parameters.strategy ?? null;
  const loading = facts.phases.find((phase) => phase.timeframe !== null);
  const texts: Readonly<Record<Variant, { readonly headline: string; readonly explanation: string; readonly fixes: NonEmpty<Fix> }>> = {
    'strategy-not-found': {
      headline: `The strategy file was not found: ${name ?? 'its name is not in the message'}.`,
      explanation: `The ${noun} names a strategy that is in none of the folders ktrdr searched.`,
      fixes: [fix.listStrategies(), advice('Correct the name, or put the file into the strategies folder that the backend and its workers share.')],
    },
    'strategy-invalid': {
      headline: `The strategy does not pass validation: ${shorten(said.text.replace(/^\[[^\]]*\] ?/, ''), 160)}`.replace(/[.]?$/, '.'),
      explanation: 'ktrdr checks a strategy before it starts anything. The trace carries the number of errors; the validate command lists each with its key. A strategy in the older version 2 format fails like this too.',
      fixes: [fix.validateStrategy(strategyPath(name)), fix.migrateStrategy(strategyPath(name))],
    },
    'strategy-version': {
      headline: 'The strategy is written in the older version 2 format.',
      explanation: 'Only version 3 strategies are accepted. The command that the message names has moved: it is `ktrdr migrate` now.',
      fixes: [fix.validateStrategy(strategyPath(name)), fix.migrateStrategy(strategyPath(name))],
    },
    'model-path-missing': {
      headline: 'The backtest was started without a model.',
      explanation: 'A backtest needs the path of a trained model (model_path); the request had none.',
      fixes: [fix.listModels(), advice('Start it again with --model-path and the directory of a trained model.')],
    },
    'model-not-found': {
      headline: `The model was not found: ${name ?? 'its path is not in the message'}.`,
      explanation: 'The directory does not exist where the worker looks: the path is mistyped, the model was trained on another machine or volume, or the training has not ended.',
      fixes: [fix.listModels(), advice('Use the path that the training’s result names, as the worker sees it; every training makes a new version directory.')],
    },
    'feature-mismatch': {
      headline: `The model does not fit ${loading?.timeframe == null ? 'the strategy or the data' : `this strategy on ${loading.timeframe} data`}: ${shorten(said.text, 140)}`.replace(/[.]?$/, '.'),
      explanation: 'The features that the model was trained with cannot be computed now: the strategy changed after the training, or the backtest runs on another timeframe than the training did.',
      fixes: [fix.listModels(), advice('Run the backtest on the timeframe that the model was trained on, or train the strategy again.')],
    },
    'symbol-not-found': {
      headline: `IB does not know the symbol ${what ?? facts.parameters.symbol ?? ''}.`.replace(/ \.$/, '.'),
      explanation: 'The IB host service answered that the symbol does not exist. It says the same when the IB Gateway behind it is down, but no failed connection to the Gateway was seen in these minutes.',
      fixes: [advice('Check the spelling and the instrument type (forex pairs are written without a slash).'), fix.gatewayPort(4002)],
    },
    parameters: {
      headline: `A value of the request is not accepted: ${shorten(said.text, 160)}`.replace(/[.]?$/, '.'),
      explanation: `The ${noun} was turned down because of its input, before any work was done.`,
      fixes: [advice('Correct the value that the message names, then start again.')],
    },
  };
  const evidence: [Evidence, ...Evidence[]] = [complaint(said)];
  if (loading !== undefined && variant === 'feature-mismatch') evidence.push(attribute(loading.span, 'timeframe'));
  if (facts.start !== null && facts.start.refused) evidence.push(spanSeen(facts.start.span, `${facts.start.route} answered ${facts.start.httpStatus ?? 'nothing'}`));
  return match({
    variant,
    confidence: said.source === 'record' || (variant === 'symbol-not-found' && facts.case.services === null) ? 'likely' : 'certain',
    ...texts[variant],
    culprit: said.span ?? facts.start?.span ?? null,
    evidence,
  });
}

/** A handled HTTP error leaves no exception in the trace: the status is all there is. */
function refusedSilently(facts: Facts, { fix }: RuleContext): RuleResult {
  if (facts.start === null) return clear;
  const { span, route, httpStatus } = facts.start;
  return match({
    variant: 'parameters',
    confidence: 'likely',
    headline: `The request was turned down as invalid (${httpStatus}): ${route}.`,
    explanation: `${httpStatus === 422 ? 'A value is missing, of the wrong type, or impossible (such as a date that does not exist).' : 'A value was not accepted.'} The trace carries only the status; which field it was is in the answer that the caller got.`,
    culprit: span,
    evidence: [attribute(span, 'httpStatus')],
    fixes: [advice('Read the “details” of the answer: they name the field. Correct it and start again.'), fix.backendLogs()],
  });
}

function strategyPath(name: string | null): string {
  const file = name ?? 'STRATEGY';
  return file.includes('/') ? file : `strategies/${file.endsWith('.yaml') ? file : `${file}.yaml`}`;
}
