import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownCausesOf, readCausesFile } from '../../src/config/causes-file.ts';
import { NO_OWN_CAUSES } from '../../src/diagnosis/own-causes/own-cause.ts';

const WHOLE = `causes:
  - id: proxy
    title: The proxy is in the way
    when:
      message: { starts-with: 407 }
    headline: The proxy refused this {noun}.
    explanation: It needs a user.
    fixes:
      - advice: Set the user.
`;

/** Each is WHOLE with one change, and what is said of it. */
const MISTAKES: readonly (readonly [what: string, from: string, to: string, line: number, words: string])[] = [
  ['an unknown key', 'title:', 'titel:', 2, 'did you mean "title"?'],
  ['an unknown condition', 'message:', 'mesage:', 5, 'did you mean "message"?'],
  ['a built-in id', 'id: proxy', 'id: database', 2, 'must not be the ID of a built-in cause'],
  ['an id with blanks', 'id: proxy', 'id: The proxy', 2, 'lowercase letters'],
  ['certainty', 'headline:', 'confidence: certain\n    headline:', 6, 'likely or possible'],
  ['an unknown scenario', 'headline:', 'scenario: broken\n    headline:', 6, 'must be one of stuck, slow'],
  ['an unknown type', 'message:', 'types: [trainings]\n      message:', 5, 'not "trainings"'],
  ['an unknown name in braces', '{noun}', '{nuon}', 6, 'has {nuon}'],
  ['a fix without a kind', 'advice: Set the user.', 'label: Set the user.', 9, 'either advice, or command'],
  ['a command without its effect', 'advice: Set the user.', 'command: proxyctl', 9, 'either advice, or command'],
  ['look-ahead', 'starts-with: 407', "matches: '(?=x)'", 5, 'linear-time'],
  ['a broken expression', 'starts-with: 407', "matches: '('", 5, 'regular expression'],
  ['two kinds of match', 'starts-with: 407', 'starts-with: a, ends-with: b', 5, 'one of starts-with'],
  ['no condition', 'message: { starts-with: 407 }', 'types: [training]', 5, 'at least one of message'],
  ['no headline', '    headline: The proxy refused this {noun}.\n', '', 2, 'must be text'],
  [
    'quotes around a name',
    'advice: Set the user.',
    `command: echo "{symbol}"\n        label: Say\n        effect: inspects`,
    9,
    'must have no quotes',
  ],
  ['broken YAML', 'title: The', 'title: "The', 10, 'quote'],
  ['a tab', '    title', '\ttitle', 3, ''],
];

describe('a causes file', () => {
  test('is read', () => {
    const { own, problems } = readCausesFile(WHOLE);
    expect(problems).toEqual([]);
    expect(own.causes[0]).toMatchObject({
      id: 'proxy',
      scenario: 'failed',
      severity: 'blocking',
      confidence: 'likely',
    });
  });

  test.each(MISTAKES)('tells the line of %s', (_, from, to, line, words) => {
    expect(WHOLE).toContain(from);
    const { own, problems } = readCausesFile(WHOLE.replace(from, to));
    expect(own).toEqual(NO_OWN_CAUSES);
    expect(problems.join('\n')).toContain(words);
    expect(problems[0]).toMatch(new RegExp(`^line ${line}: .+[.!?]$`));
  });

  test.each([
    ['off: [data-mising]', 'line 1: "data-mising" isn\'t the ID of a built-in cause; did you mean "data-missing"?'],
    ['off: [still-running]', "line 1: still-running can't be disabled: it describes the outcome, not a cause."],
    ['off: database', 'line 1: must be a list of built-in cause IDs.'],
    ['- id: x', 'line 1: must be causes, off with their values.'],
  ])('%s', (yaml, problem) => {
    expect(readCausesFile(yaml).problems).toEqual([problem]);
  });

  test('uses an id once', () => {
    const [, second = ''] = WHOLE.split('causes:\n');
    expect(readCausesFile(WHOLE + second).problems).toEqual(['line 10: the ID proxy is used twice.']);
  });

  test('is nothing when it is empty, or there is none', () => {
    expect(readCausesFile('')).toEqual({ own: NO_OWN_CAUSES, problems: [] });
    expect(ownCausesOf({})).toEqual(NO_OWN_CAUSES);
    expect(() => ownCausesOf({ CAUSES_FILE: '/nowhere/causes.yml' })).toThrow(
      "CAUSES_FILE is a file that can't be read",
    );
  });

  test('never breaks the reader', () => {
    const piece = fc.constantFrom(
      'causes:',
      'off:',
      ' - ',
      '\n',
      '  ',
      'id: a',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '<<: *a',
      '"',
      "'",
      '|',
      '!!js/function x',
      '? ',
      ': ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 8 })), { maxLength: 40 }), (pieces) => {
        const { problems } = readCausesFile(pieces.join(''));
        for (const problem of problems) expect(problem).toMatch(/^line \d+: /);
      }),
    );
  });

  test('does not grow without limit by aliases', () => {
    const lines = ['a0: &a0 [x, x]'];
    for (let i = 1; i < 40; i += 1) lines.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`);
    expect(readCausesFile(lines.join('\n')).problems.length).toBeGreaterThan(0);
  });
});
