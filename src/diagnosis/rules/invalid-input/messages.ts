/** The sentences with which ktrdr and PyTorch reject a strategy, a model, or a value. */

const sentence = (words: string) => new RegExp(`^(?:${words})$`, 's');

/** Keys of a strategy whose absence Python reports as nothing but the key in quotes. */
const STRATEGY_KEYS = [
  'architecture',
  'hidden_layers',
  'sequence_length',
  'zigzag_threshold',
  'label_lookahead',
  'nn_inputs',
  'fuzzy_sets',
  'indicators',
  'training_data',
  'decisions',
].join('|');

const WORKER_FINDINGS = [
  String.raw`(?:KeyError: )?'(?<key>${STRATEGY_KEYS})'`,
  String.raw`sequence_length must be (?:specified in architecture config for \w+ models|>= 1, got -?\d+)`,
  String.raw`Unknown (?:(?:indicator|membership function) type|label source|context data provider) '[^']+'(?: at index \d+)?\. .+`,
  String.raw`Unknown (?:model type|membership function type|fuzzy set|indicator|parameters): .+`,
  String.raw`Failed to create (?:membership function '[^']+'|indicator '[^']+' of type '[^']+': .+)`,
  String.raw`(?:FuzzySetDefinition must have at least one membership function|Fuzzy sets configuration cannot be empty|No fuzzy sets match available indicators\. .+)`,
  String.raw`Indicator '[^']+' requires data_source '[^']+' but it was not found in context_data`,
  String.raw`Context data provider '[^']+' not available\. .+`,
  String.raw`Unsupported (?:model type: \S+|output_format '[^']+'\. .+)`,
  String.raw`Invalid parameters for \w+(?:: .+)?`,
  String.raw`Parameter '\w+' (?:is required|must be (?:an? \w+|[<>]= \S+|one of \[.+\]))`,
  String.raw`Constraint '\w+' requires parameter .+`,
];

export const INPUT_MESSAGES = [
  [
    'dates',
    /^(?:start(?:[_ ]?date(?:time)?)? must be before (?:the )?end(?:[_ ]?date(?:time)?)?|end(?:[_ ]?date(?:time)?)? must be after (?:the )?start(?:[_ ]?date(?:time)?)?)\.?$/i,
  ],
  ['strategy-not-found', sentence(String.raw`Strategy file not found: (?<what>\S+)(?: \((?:searched|checked).+)?`)],
  [
    'strategy-not-found',
    sentence(
      String.raw`Strategy (?:config(?:uration)? )?not found(?: at|:) (?<what>[^\s]*[\w/])\.?(?: .+)?|\[Errno 2\] No such file or directory: '(?<path>[^']*strategies/[^']+\.ya?ml)'`,
    ),
  ],
  ['strategy-version', sentence(String.raw`V2 strategy format is no longer supported\..*`)],
  [
    'strategy-version',
    sentence(
      String.raw`Strategy '[^']+' is not v3 format\. Run 'ktrdr strategy migrate'(?: to upgrade\.(?: Error: .+)?)?`,
    ),
  ],
  [
    'strategy-invalid',
    sentence(
      String.raw`Strategy validation failed:\s.+|(?:V[23]|Legacy) strategy validation failed(?: for \S+)?: .+|V3 strategy structure invalid: .+|Strategy '[^']+' has no (?:symbols|timeframes) configured|Missing required sections in strategy config: .+|Failed to parse strategy YAML: .+|Invalid YAML in \S+: .+|Strategy configuration must be a (?:mapping|dictionary: .+)`,
    ),
  ],
  ['strategy-invalid', sentence(WORKER_FINDINGS.join('|'))],
  ['model-path-missing', sentence('model_path is required for backtesting')],
  ['model-incomplete', sentence(String.raw`V3 metadata not found at (?<what>\S*\w)\. .+`)],
  ['model-incomplete', sentence(String.raw`Model at \S+ is not a v3 model\. .+`)],
  [
    'model-not-found',
    sentence(String.raw`Model directory not found: (?<what>\S+)|No models found for (?:strategy: )?(?<strategy>\S+).*`),
  ],
  ['model-not-found', sentence(String.raw`Model not found: (?:tried )?(?<what>\S+)(?: and \S+)?`)],
  // By then, ktrdr has already looked for the directory.
  ['file-missing', sentence(String.raw`\[Errno 2\] No such file or directory: '(?<what>(?:[^']*/)?models/[^']+)'`)],
  [
    'model-unreadable',
    sentence(
      String.raw`PytorchStreamReader failed .+|don't know how to restore data location of .+|Attempting to deserialize object on (?:a \w+|\w+) device(?: \d+)? but torch\..+|Weights only load failed\..*|(?:invalid load key, '.+'|Invalid magic number; corrupt file\?|pickle data was truncated|Ran out of input|unexpected EOF, expected \d+ more bytes\. The file might be corrupted)\.?|Cannot determine input_size for model at .+|Cannot infer input_size from model weights at .+`,
    ),
  ],
  [
    'json',
    sentence(
      String.raw`(?:Expecting .{1,60}|Unterminated string starting at|Extra data|Invalid .{1,40}): line \d+ column \d+ \(char \d+\)`,
    ),
  ],
  ['feature-mismatch', sentence(String.raw`Feature mismatch: .+|Missing features: \[.+\]`)],
  ['feature-mismatch', sentence('No features computed - check data and configuration')],
  [
    'feature-mismatch',
    sentence(
      String.raw`(?:Raw i|I)ndicator column '[^']+' not found(?: in data)?\.{1,3}(?: Available.+)?|Error\(s\) in loading state_dict for \w+:.+|mat1 and mat2 shapes cannot be multiplied \(\d+x\d+ and \d+x\d+\)`,
    ),
  ],
  // The dynamic linker and others say it too, so it counts only if a symbol was requested.
  ['symbol-not-found', sentence(String.raw`Symbol (?<what>[A-Z0-9][A-Z0-9.^/_-]{0,23}) not found`)],
  ['symbol-not-found', sentence(String.raw`Symbol validation failed for (?<what>\S+)`)],
  [
    'parameters',
    sentence(
      String.raw`Unsupported timeframe: \S+(?: .+)?|Invalid mode: .+|Strategy name (?:may only contain|must be a file name) .+`,
    ),
  ],
  // pydantic, both versions; first of the classes that a strategy is read into.
  [
    'strategy-invalid',
    /^\d+ validation errors? for (?:Params|\w{1,40}(?:Definition|Configuration|ConfigurationV3|InputSpec|DataEntry))\n/,
  ],
  ['parameters', /^\d+ validation errors? for \w+\n/],
  [
    'parameters',
    /^(?:ValidationError|RequestValidationError|InvalidInputError|DataValidationError|InvalidConfigurationError): /,
  ],
  ['value', /^ValueError: /],
] as const;

type Message = (typeof INPUT_MESSAGES)[number][0];

export type InputVariant = Exclude<Message, 'value' | 'model-incomplete' | 'file-missing' | 'json'> | 'labels';
