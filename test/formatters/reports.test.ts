import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/formatters/blocks/text-block.ts';
import type { Message } from '../../src/formatters/message.ts';
import {
  type Digest,
  type DigestCase,
  digestLines,
  formatDigest,
  formatDigesting,
  formatDigestList,
  formatNoDigest,
} from '../../src/formatters/reports/digest.ts';
import {
  formatDigestEnded,
  formatDigestSet,
  formatDigestUsage,
  formatSchedules,
} from '../../src/formatters/reports/digest-schedule.ts';
import {
  formatNoSearch,
  formatResults,
  formatSearching,
  type ResultPage,
  rowText,
} from '../../src/formatters/reports/search-results.ts';
import { ACTION_IDS } from '../../src/handlers/buttons.ts';
import { lintMessage } from '../support/message-linter.ts';
import { objectsIn } from '../support/mrkdwn-linter.ts';
import { hostileText, SECRETS, TRICKS } from './hostile.ts';

function lint(message: Message): readonly string[] {
  return lintMessage(message, { hosts: [], knownActions: ACTION_IDS, hostileInputs: TRICKS });
}

function operation(changes: Partial<DigestCase> = {}): DigestCase {
  return {
    operationId: 'op_backtesting_20260512_060000_1a2b3c4d',
    traceId: '80293c91cabe064444bbcda1bfb15bcd',
    type: 'backtesting',
    status: 'failed',
    symbol: 'AUDUSD',
    timeframe: '1h',
    startedAt: '2026-05-12T06:00:00.000Z',
    failedAt: '2026-05-12T06:00:01.000Z',
    cause: 'data-missing/not-cached',
    headline: 'No data for AUDUSD 1h: it was never downloaded on this system.',
    ...changes,
  };
}

const REFUSED = operation({
  operationId: null,
  symbol: null,
  timeframe: null,
  cause: 'workers-unavailable/none-registered',
  headline: 'No backtest worker is registered.',
});

const DIGEST: Digest = {
  window: { from: '2026-05-11T09:00:00.000Z', to: '2026-05-12T09:00:00.000Z' },
  type: null,
  total: 7,
  before: 3,
  groups: [
    {
      cause: 'data-missing',
      meaning: 'Market data missing',
      count: 4,
      before: 3,
      variants: [
        { name: 'not cached', count: 3 },
        { name: 'range', count: 1 },
      ],
      about: [
        { name: 'AUDUSD 1h', count: 3 },
        { name: 'EURUSD 4h', count: 1 },
      ],
      operations: [operation(), operation(), operation(), operation({ symbol: 'EURUSD', timeframe: '4h' })],
    },
    {
      cause: 'workers-unavailable',
      variants: [],
      meaning: 'No backtest worker is registered.',
      count: 2,
      before: 0,
      about: [],
      operations: [REFUSED, REFUSED],
    },
    {
      cause: null,
      meaning: 'No cause found',
      variants: [],
      count: 1,
      before: 0,
      about: [],
      operations: [operation({ cause: null, failedAt: null, startedAt: null })],
    },
  ],
  silenced: 0,
  falseAlarms: 1,
  falseAlarmIds: ['op_dummy_20260512_050000_1a2b3c4d'],
  gaps: [],
};

const PAGE: ResultPage = {
  asked: 'failed training since 6h',
  rows: [operation(), REFUSED, operation({ status: 'running', startedAt: null })],
  first: 8,
  listed: 19,
  total: 19,
  hints: [],
  wider: null,
  from: '2026-05-12T03:00:00.000Z',
  to: '2026-05-12T09:00:00.000Z',
  gaps: [],
  previous: '{"words":"failed","at":1,"page":0}',
  next: '{"words":"failed","at":1,"page":2}',
};

function linesIn({ blocks }: Message): readonly string[] {
  const texts = blocks.map((block) => (block.type === 'section' ? (block.text?.text ?? '') : ''));
  return texts
    .join('\n')
    .split('\n')
    .filter((line) => /^\*\d+ ×\*/.test(line));
}

/** The lines of a digest that stand for failed operations, by how many. */
function countsIn(message: Message): readonly number[] {
  return linesIn(message).map((line) => Number(/^\*(\d+) ×\*/.exec(line)?.[1]));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

describe('a digest', () => {
  it('says in a few lines how many failed, the trend, the causes, and the false alarms', () => {
    const { summary, thread } = formatDigest(DIGEST, []);
    const newest = '<!date^1778565601^{date_short_pretty} at {time_secs}|12 May 2026 06:00:01 UTC>';
    expect(summary.text.split(/(?=\*\d ×|Not counted)/).map((part) => part.trim())).toEqual([
      '*Failed operations, last 24 h: 7* (the day before: 3)',
      `*4 ×* Market data missing: not cached (3), range – AUDUSD 1h (3), EURUSD 4h · newest ${newest}`,
      `*2 ×* No backtest worker is registered · newest ${newest} · new`,
      '*1 ×* No cause found · `op_backtesting_20260512_060000_1a2b3c4d` · new',
      'Not counted: 1 false alarm of the orphan detector (the operation kept running): `op_dummy_20260512_050000_1a2b3c4d`',
    ]);
    expect(thread).toEqual([]);
    for (const message of [summary, formatDigestList(DIGEST, [])]) expect(lint(message)).toEqual([]);
  });

  it('covers four of five operations, names the one of a line, and counts the rest, whatever the mix', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 32 }), (sizes) => {
        const groups = sizes
          .toSorted((a, b) => b - a)
          .map((count, g) => ({
            cause: `rule-${g}`,
            meaning: `Rule ${g}`,
            count,
            before: 0,
            variants: [],
            about: [],
            operations: Array.from({ length: count }, (_, i) => operation({ operationId: `op_training_${g}_${i}` })),
          }));
        const total = sum(sizes);
        const { summary } = formatDigest({ ...DIGEST, total, groups, falseAlarms: 0 }, []);
        const counts = countsIn(summary);
        const shown = linesIn(summary).filter((line) => line.includes('Rule '));
        expect(sum(counts)).toBe(total);
        expect(sum(counts.slice(0, shown.length))).toBeGreaterThanOrEqual(0.8 * total);
        for (const line of shown.filter((one) => one.startsWith('*1 ×*'))) expect(line).toMatch(/`op_training_\d+_0`/);
        expect(lint(summary)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it.each<[Partial<Digest>, string]>([
    [{ total: 0, groups: [], falseAlarms: 0, before: 2 }, 'Failed operations, last 24 h: none* (the day before: 2)'],
    [{ before: null }, 'last 24 h: 7* (no data for the previous period)'],
    [{ type: 'training' }, 'Failed operations (training), last 24 h: 7'],
    [{ window: { from: '2026-05-12T03:00:00Z', to: '2026-05-12T09:00:00.321Z' } }, 'last 6 h: 7* (the 6 h before: 3)'],
    [
      { falseAlarms: 2, falseAlarmIds: [] },
      'Not counted: 2 false alarms of the orphan detector (the operations kept running)',
    ],
    [{ falseAlarms: 9, falseAlarmIds: ['op_1', 'op_2', 'op_3', 'op_4'] }, ': `op_1`, `op_2`, `op_3` and 6 more'],
    [{ silenced: 2 }, '2 of them are snoozed or muted in this channel, so not listed.'],
    [{ silenced: 1 }, '1 of them is snoozed or muted in this channel, so not listed.'],
    [{ silenced: 7, groups: [] }, 'All 7 are snoozed or muted in this channel, so not listed.'],
    [{ silenced: 1, total: 1, groups: [] }, 'It’s snoozed or muted in this channel, so not listed.'],
  ])('%j', (changes, words) => {
    const { summary } = formatDigest({ ...DIGEST, ...changes }, []);
    expect(summary.text).toContain(words);
    expect(lint(summary)).toEqual([]);
  });

  it('has “Show all” where there is more than a line says, which asks for the same window', () => {
    const shown = (digest: Digest) =>
      objectsIn(formatDigest(digest, []).summary.blocks).find(({ action_id: id }) => id === 'show_all');
    expect(JSON.parse(String(shown({ ...DIGEST, type: 'training' })?.['value']))).toEqual({
      at: Date.parse('2026-05-12T09:00:00Z') * 1000,
      sinceMs: 86_400_000,
      type: 'training',
    });
    expect(shown({ ...DIGEST, total: 1, groups: DIGEST.groups.slice(2) })).toBeUndefined();
    expect(shown({ ...DIGEST, total: 0, groups: [] })).toBeUndefined();
  });

  it('says the same in a pipe, and lists every operation when asked to', () => {
    const short = digestLines(DIGEST, [], false).map(plainText);
    expect(short).toEqual([
      'Failed operations, last 24 h: 7 (the day before: 3)',
      '  4 × Market data missing: not cached (3), range – AUDUSD 1h (3), EURUSD 4h · newest 12 May 2026 06:00:01 UTC',
      '  2 × No backtest worker is registered · newest 12 May 2026 06:00:01 UTC · new',
      '  1 × No cause found · op_backtesting_20260512_060000_1a2b3c4d · new',
      '  Not counted: 1 false alarm of the orphan detector (the operation kept running): op_dummy_20260512_050000_1a2b3c4d',
    ]);
    const full = digestLines(DIGEST, [], true).map(plainText);
    expect(full.slice(0, 5)).toEqual(short.slice(0, 5));
    expect(full).toContain('No backtest worker is registered: 2');
    expect(full).toContain(
      '  trace 80293c91cabe064444bbcda1bfb15bcd not started, no operation ID · 12 May 2026 06:00:01 UTC · backtest',
    );
  });
});

describe('the list of a digest', () => {
  it('has every operation below its cause, with its ID, in one message', () => {
    const groups = DIGEST.groups.map((group, g) => ({
      ...group,
      operations: group.operations.map((row, i) => ({ ...row, operationId: `op_training_${g}_${i}` })),
    }));
    const list = formatDigestList({ ...DIGEST, groups }, []);
    const json = JSON.stringify(list.blocks);
    for (const { operationId } of groups.flatMap(({ operations }) => operations))
      expect(json).toContain(`\`${operationId}\` `);
    expect(json).toContain('*Market data missing: 4*');
    expect(json).not.toContain('And ');
    expect(lint(list)).toEqual([]);
  });

  it('counts those that one message can’t hold, and names the search that finds them', () => {
    const operations = Array.from({ length: 200 }, (_, i) =>
      operation({
        operationId: `op_training_20260512_060000_${1e7 + i}`,
        headline: 'Something went wrong again. '.repeat(9),
      }),
    );
    const [group] = DIGEST.groups;
    if (group === undefined) throw new Error('There is no group.');
    const list = formatDigestList({ ...DIGEST, total: 200, groups: [{ ...group, count: 200, operations }] }, []);
    const json = JSON.stringify(list.blocks);
    const listed = json.match(/op_training_20260512_060000_\d+/g)?.length ?? 0;
    expect(listed).toBeGreaterThan(25);
    expect(json).toContain(`And ${200 - listed} older or rarer ones: \`/ktrdr search failed since=2026-05-11`);
    expect(lint(list)).toEqual([]);
  });
});

describe('the results of a search', () => {
  it('have one line each with the ID first, one menu, and pages', () => {
    const message = formatResults(PAGE, []);
    const json = JSON.stringify(message.blocks);
    expect(message.text).toContain('*19 operations, newest first.* Shown: 9 to 11.');
    expect(json).toContain('`op_backtesting_20260512_060000_1a2b3c4d` failed · <!date^1778565600^');
    expect(json).toContain(
      '`trace 80293c91cabe064444bbcda1bfb15bcd` not started, no operation ID · <!date^1778565600^{date_short_pretty} at {time_secs}|12 May 2026 06:00:00 UTC> · backtest · No backtest worker is registered',
    );
    expect(json).toContain('`op_backtesting_20260512_060000_1a2b3c4d` running · time unknown · No data for AUDUSD 1h');
    const [menu, ...others] = objectsIn(message.blocks).filter(({ action_id: id }) => id === 'diagnose_one');
    expect(others).toEqual([]);
    expect(
      objectsIn(menu)
        .filter(({ description }) => description !== undefined)
        .map(({ value }) => value),
    ).toEqual([
      'op_backtesting_20260512_060000_1a2b3c4d',
      '80293c91cabe064444bbcda1bfb15bcd',
      'op_backtesting_20260512_060000_1a2b3c4d',
    ]);
    for (const action of ['search_previous', 'search_next']) expect(json).toContain(action);
    expect(lint(message)).toEqual([]);
  });

  it('show times in the reader’s zone, also those in a headline', () => {
    const headline = 'The worker was lost at 2026-05-12T05:58:00Z.';
    const json = JSON.stringify(formatResults({ ...PAGE, rows: [operation({ headline })] }, []).blocks);
    expect(json).toContain('lost <!date^1778565480^');
    expect(json).not.toContain('T05:58');
  });

  it.each<[Partial<ResultPage>, string]>([
    [{ total: 35, listed: 20 }, '*35 operations, newest first.* Shown: 9 to 11. Only the newest 20 are listed.'],
    [{ total: 1, listed: 1, first: 0, rows: PAGE.rows.slice(0, 1) }, '*1 operation.* '],
    [{ gaps: ['A service was left out.'] }, '*At least 19 operations, newest first.*'],
    [{ total: 0, listed: 0, rows: [], gaps: ['A service was left out.'] }, '*No operations found.*'],
  ])('count truly: %j', (changes, words) => {
    expect(formatResults({ ...PAGE, ...changes }, []).text).toContain(words);
  });

  it('never look the same when they are different', () => {
    const id = fc.oneof(
      fc.stringMatching(/^op_(training|backtesting)_2026[01]{4}_[0-9]{6}_[0-9a-f]{8}$/),
      fc.stringMatching(/^op_x{40,80}[01]{2}x{30}$/),
    );
    const someRow = fc.record({ operationId: fc.option(id), traceId: fc.stringMatching(/^[0-9a-f]{32}$/) });
    fc.assert(
      fc.property(fc.uniqueArray(someRow, { selector: (row) => row.operationId ?? row.traceId }), (rows) => {
        const shown = rows.map((row) => plainText(rowText(operation(row))));
        expect(new Set(shown).size).toBe(rows.length);
      }),
    );
  });

  it('say what was not searched, and that there is nothing', () => {
    const nothing = { ...PAGE, rows: [], first: 0, listed: 0, total: 0, previous: null, next: null };
    const empty = formatResults(nothing, []);
    expect(empty.text).toBe('*No matching operations.*');
    expect(JSON.stringify(empty.blocks)).not.toContain('actions');
    const cut = formatResults({ ...nothing, gaps: ['Two services were left out.'] }, []);
    expect(JSON.stringify(cut.blocks)).toContain('*Incomplete:* Two services were left out.');
    for (const message of [empty, cut]) expect(lint(message)).toEqual([]);
  });

  it('offer a longer time only with what it finds', () => {
    const wider = { since: '7d', count: 6, isComplete: true, page: '{"words":"failed since=7d","at":1,"page":0}' };
    const nothing = { ...PAGE, rows: [], first: 0, listed: 0, total: 0, previous: null, next: null };
    const message = formatResults(
      { ...nothing, wider, hints: ['“fo.o” isn’t a known attribute of ktrdr’s spans.'] },
      [],
    );
    expect(message.text).toContain(
      'isn’t a known attribute of ktrdr’s spans. A longer period finds 6 operations: since=7d.',
    );
    expect(JSON.stringify(message.blocks)).toContain('Search 7d');
    expect(lint(message)).toEqual([]);
  });
});

it('every other message about searches and digests is fine', () => {
  const schedule = {
    cron: '0 9 * * 1-5',
    tz: 'Europe/Berlin',
    sinceMs: 86_400_000,
    type: null,
    next: '2026-05-13T07:00:00Z',
  };
  const odd = { cron: '*/30 8-18 * * *', tz: 'UTC', sinceMs: 3_600_000, type: 'training', next: null };
  const messages = [
    formatDigestSet(schedule),
    formatDigestSet(odd),
    formatDigestSet(odd, 'C0OPS'),
    ...[true, false].map((one) => formatDigestEnded(one, one, 'C0OPS')),
    formatSchedules([]),
    formatSchedules([
      { ...schedule, isConfigured: true },
      { ...odd, isConfigured: false },
    ]),
    ...[true, false].flatMap((one) => [formatDigestEnded(one, true), formatDigestEnded(one, false)]),
    formatDigestUsage('“<!channel>” is not understood.'),
    formatDigesting(86_400_000),
    formatNoDigest('Jaeger did not answer at jaeger:16686 (connection refused).', null),
    formatNoDigest('Jaeger didn’t respond.', '{"at":1,"sinceMs":1,"type":null}'),
    formatSearching('failed'),
    formatSearching(''),
    formatNoSearch('Jaeger didn’t respond.', PAGE.next),
    formatNoSearch('Jaeger didn’t respond.', null),
  ];
  expect(messages.flatMap(lint)).toEqual([]);
  expect(messages[0]?.text).toContain('weekdays at 09:00, `Europe/Berlin` · over the last 24 h');
});

describe('hostile text in every field', () => {
  const KEPT = new Set(['status', 'from', 'to', 'previous', 'next']);

  function poisoned<Value>(value: Value, texts: readonly string[]): Value {
    let i = 0;
    const copy: Value = JSON.parse(
      JSON.stringify(value, (key, part: unknown) => {
        if (typeof part !== 'string' || KEPT.has(key)) return part;
        i += 1;
        return texts[i % texts.length];
      }),
    );
    return copy;
  }

  it('leaves every message legal, escaped, free of secrets and within the budget', () => {
    const full = {
      ...PAGE,
      rows: Array.from({ length: 8 }, () => operation()),
      gaps: Array.from({ length: 9 }, () => 'gap'),
    };
    const wide = { ...DIGEST, groups: Array.from({ length: 12 }, () => DIGEST.groups).flat(), gaps: full.gaps };
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 9 }), (texts) => {
        const { summary, picture } = formatDigest(poisoned(wide, texts), []);
        const messages = [
          formatResults(poisoned(full, texts), []),
          formatSearching(texts[0] ?? ''),
          formatNoSearch(texts[0] ?? '', null),
          formatDigestUsage(texts[0] ?? ''),
          summary,
          formatDigestList(poisoned(wide, texts), []),
        ];
        for (const message of messages) {
          expect(lint(message)).toEqual([]);
          expect(JSON.stringify(message).length).toBeLessThan(11_500);
        }
        const shown = JSON.stringify([messages[0], ...messages.slice(-2), picture]);
        for (const secret of SECRETS) expect(shown).not.toContain(secret);
      }),
      { numRuns: 50 },
    );
  });
});
