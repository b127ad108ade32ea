/** Words of the style guide that must not come back into what the bot says. */
import { describe, expect, it } from 'vitest';
import { allTexts } from '../scripts/texts.ts';

/** Where a text quotes ktrdr, Jaeger or Slack, or lists words to look for. */
const QUOTES = [
  'diagnosis/redaction/',
  'diagnosis/vocabulary/messages.ts',
  'adapters/http/network.ts',
  'adapters/queue/pglite/upkeep.ts',
];

const BANNED: readonly (readonly [words: string, use: string, pattern: RegExp])[] = [
  ['at hand', 'available', /\bat hand\b/i],
  ['mend', 'fix', /\bmend(?:s|ed|ing)?\b/i],
  ['nobody, somebody, anybody, everybody', 'no one, someone, or the actor', /\b(?:no|some|any|every)body\b/i],
  ['whoever', 'the person who, your ktrdr-bot admin', /\bwhoever\b/i],
  [
    'tells which, tells of',
    'shows, check',
    /\btells? (?:which|whether|of|more|apart)\b|\bis told\b|\btold (?:once|now|when)\b/i,
  ],
  ['stands', 'is', /\b(?:it|which|that|what) stands\b|\bstands (?:in|on|still|elsewhere|at)\b/i],
  ['all the same', 'anyway, but', /\ball the same\b/i],
  ['went well, looks wrong', 'succeeded, no problems found', /\bwent well\b|\blooks? (?:well|wrong)\b|\bended well\b/i],
  ['any more', 'no longer, anymore', /\bany more\b/i],
  ['for ever', 'indefinitely', /\bfor ever\b/i],
  ['meanwhile', 'during, since then', /\bmeanwhile\b/i],
  ['lately', 'recently', /\blately\b/i],
  ['at once', 'immediately, at a time', /\bat once\b/i],
  ['under way', 'running, in progress', /\bunder way\b/i],
  ['by itself', 'automatically', /\bby (?:itself|themselves)\b/i],
  ['of its own', 'separate, new', /\bof (?:its|their) own\b/i],
  [
    'cannot be told, nothing is known',
    'unknown, the data doesn’t show',
    /\bcannot be (?:told|said|seen|known)\b|\bnothing is known\b|\bis not known\b/i,
  ],
  [
    'is no trace id',
    'isn’t a trace ID',
    /\bis no (?!longer\b)(?:[a-z]+ ){0,2}(?:id|pattern|type|number|time|address|split|trace)\b|\b(?:knows|names|takes|gets|holds) no\b|\bis none of\b/i,
  ],
  ['has to be', 'must be, the imperative', /\bha(?:s|ve) to (?:be|begin)\b/i],
  ['may ask, may not', 'can, can’t', /\bmay (?:ask|post|do|see|not)\b/i],
  ['switched on', 'enabled', /\bswitch(?:es|ed)? (?:on|off)\b/i],
  ['turned down', 'rejected', /\bturned (?:\w+ ){0,3}down\b/i],
  [
    'refused, for a request',
    'rejected',
    /\brefuses\b|\b(?:was|were|is|are|it) refused\b(?! or reset)|\brefused (?:the|start|starts|it|because|with)\b|\bresume that is refused\b/i,
  ],
  [
    'answers, for a service',
    'responds',
    /\b(?:did|does|do) not answer\b|\b(?:didn|doesn|don)[’']t answer\b|\banswer(?:s|ed) (?:HTTP|again|at|in part)\b|\bwithout an answer\b/i,
  ],
  [
    'question, asker',
    'request, requester',
    /\basked for\b|\basks for\b|\bquestion could\b|\bopen questions\b|\bthis question\b|\bthe one who asked\b/i,
  ],
  ['begins, began, begun', 'starts, started', /\b(?:begins|began|begun)\b/i],
  [
    'a research, a training',
    'research run, training run',
    /\b(?:a|this|the) research(?! (?:run|is|and))\b|\bresearches\b|\b(?:a|this|another) training(?= (?:that|is|was|has|ended|of|by|fails)\b|[.,;:])|\btrainings\b/i,
  ],
  ['the asked', 'requested', /\b(?:the|in the) asked\b|\basked (?:dates|range|symbol)\b/i],
  [
    'was looked, looked in',
    'searched',
    /\b(?:was|were) looked\b|\blooked (?:in|through)\b|\btwo looks\b|\bLook first\b/i,
  ],
  ['too young', 'just created', /\b(?:too|very) young\b/i],
  [
    'put aside, joined up, given up',
    'cancelled, reconnected, abandoned',
    /\bput (?:\S+ ){0,3}aside\b|\bjoined up\b|\bgiv(?:en|e) up\b|\bgave (?:\S+ ){0,3}up\b/i,
  ],
  ['to blame', 'root cause', /\bto blame\b/i],
  ['remark', 'warning', /\bremark(?:s|ed)?\b/i],
  ['word too many', 'unexpected argument', /\bword too many\b/i],
  [
    'left out here, comes here',
    'not shown, will be posted',
    /\bleft out here\b|\b(?:answer|list) comes\b|\bcomes in the thread\b/i,
  ],
  [
    'in these minutes, at that moment',
    'around that time',
    /\bin (?:these|the same) minutes\b|\bof (?:now|today|that moment)\b|\bat that moment\b|\bjust now whether\b/i,
  ],
  ['one may', 'you can', /\bone may (?!simply)|\bin which one\b/i],
  ['accepted is', 'use, accepted formats', /\baccepted (?:is|are) a?\b/i],
  ['I, me, my', 'ktrdr-bot', /(?<![\w’'“{])(?:I|I’ll|me)(?![\w’'}])(?! \/)/],
  ['a space before %', 'no space', /[\d}] %/],
  [
    'For lack of, so I cannot tell',
    'not checked without, unknown',
    /\bfor lack of\b|\bI cannot\b|\bnothing is inferred\b/i,
  ],
  ['lead to this', 'cause this', /\bleads? to this\b/i],
  ['breaks off', 'is truncated', /\bbreaks off\b/i],
  ['goes on', 'continues', /\bgo(?:es)? on (?:by|from|with|saying|trying|only|as)\b|\bgoes on,/i],
  ['the newest attempt', 'the latest run', /\bnewest attempt\b|\bthe newest (?:training|backtest|download)\b/i],
  ['is gone', 'is lost, no longer exists', /\bworker\b[^.,]{0,40}\bis gone\b/i],
  ['successor', 'replacement', /\bsuccessor\b/i],
  ['when it is asked', 'on request', /\bwhat was asked\b|\bwas asked (?:to|for)\b/i],
  ['ids', 'IDs', /(?<!\{)\bids\b(?![=}/])/],
  ['witness', 'source', /\bwitness(?:es)?\b/i],
  ['shall', 'should', /\bshall\b/i],
  ['once more', 'again', /\bonce more\b/i],
  ['“(s)” for a plural', 'the plural helper', /\w\(s\)/],
  ['British spelling', 'American spelling', /\b(?:organis|recognis|behaviour|analys(?:ed|ing)\b|licence)/i],
];

describe('what the bot says', () => {
  const texts = allTexts().filter(({ file }) => !QUOTES.some((path) => file.startsWith(path)));

  it('is found at all', () => {
    expect(texts.length).toBeGreaterThan(2000);
  });

  it.each(BANNED)('does not say %s, but %s', (_words, _use, pattern) => {
    expect(
      texts.filter(({ text }) => pattern.test(text)).map(({ file, line, text }) => `${file}:${line} ${text}`),
    ).toEqual([]);
  });
});
