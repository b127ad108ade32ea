import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { micros } from '../../src/diagnosis/trace.ts';
import { plainText } from '../../src/formatters/blocks/text-block.ts';
import type { Message } from '../../src/formatters/message.ts';
import {
  type Digest,
  type DigestCase,
  digestLines,
  formatDigest,
  formatDigesting,
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
} from '../../src/formatters/reports/search-results.ts';
import { ACTION_IDS } from '../../src/handlers/buttons.ts';
import { readPageState } from '../../src/jobs/search/page.ts';
import { parseSearchWords } from '../../src/jobs/search/words.ts';
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
    durationMs: 120,
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
      cause: 'data-missing/not-cached',
      meaning: 'No data of this symbol and timeframe is in the cache.',
      count: 4,
      before: 3,
      about: [
        { name: 'AUDUSD 1h', count: 3 },
        { name: 'EURUSD 4h', count: 1 },
      ],
      operations: [operation(), operation(), operation(), operation({ symbol: 'EURUSD', timeframe: '4h' })],
    },
    {
      cause: 'workers-unavailable/none-registered',
      meaning: 'No backtest worker is registered.',
      count: 2,
      before: 0,
      about: [],
      operations: [REFUSED, REFUSED],
    },
    {
      cause: null,
      meaning: 'The traces do not show why.',
      count: 1,
      before: 0,
      about: [],
      operations: [operation({ cause: null, failedAt: null, startedAt: null })],
    },
  ],
  silenced: 0,
  falseAlarms: 1,
  gaps: [],
};

const PAGE: ResultPage = {
  asked: 'failed training since 6h',
  rows: [operation(), REFUSED, operation({ status: 'running', startedAt: null, durationMs: null })],
  first: 8,
  total: 19,
  from: '2026-05-12T03:00:00.000Z',
  to: '2026-05-12T09:00:00.000Z',
  gaps: [],
  previous: '{"words":"failed","at":1,"page":0}',
  next: '{"words":"failed","at":1,"page":2}',
};

/** What “Show more” below a message carries. */
function moreOf(message: Message) {
  const found = objectsIn(message.blocks).find(({ action_id: id }) => id === 'show_more');
  return found === undefined ? null : readPageState(String(found['value']));
}

describe('a digest', () => {
  it('says how many failed, the trend, the causes, and the false alarms in at most eight lines', () => {
    const { summary, thread } = formatDigest(DIGEST, []);
    const newest = '<!date^1778565601^{date_short_pretty} {time_secs}|12 May 2026 06:00:01 UTC>';
    expect(summary.text.split(/(?=\*\d ×|Also|Details)/).map((part) => part.trim())).toEqual([
      '*Failed operations, last 24 h: 7* (the day before: 3)',
      `*4 ×* No data of this symbol and timeframe is in the cache – AUDUSD 1h (3), EURUSD 4h · newest ${newest}`,
      `*2 ×* No backtest worker is registered · newest ${newest} · new`,
      '*1 ×* The traces do not show why · new',
      'Also: 1 false alarm of the orphan detector (the operation ran on).',
      'Details in the thread.',
    ]);
    expect(thread.map(({ slot }) => slot)).toEqual(['group-1', 'group-2', 'group-3']);
    for (const message of [summary, ...thread.map((part) => part.message)]) expect(lint(message)).toEqual([]);
  });

  it('stays within eight lines with many causes, and counts what it leaves out', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ ...DIGEST.groups[0], cause: `cause-${i}` }) as never);
    const { summary, thread } = formatDigest({ ...DIGEST, total: 120, groups: many }, []);
    expect(summary.text).toContain('And 104 operations with 26 more causes.');
    expect(thread).toHaveLength(8);
    expect(lint(summary)).toEqual([]);
  });

  it.each<[Partial<Digest>, string]>([
    [{ total: 0, groups: [], falseAlarms: 0, before: 2 }, 'Failed operations, last 24 h: none* (the day before: 2)'],
    [{ before: null }, 'last 24 h: 7* (what was before is not known)'],
    [{ type: 'training' }, 'Failed operations (training), last 24 h: 7'],
    [{ window: { from: '2026-05-12T03:00:00Z', to: '2026-05-12T09:00:00.321Z' } }, 'last 6 h: 7* (the 6 h before: 3)'],
    [{ falseAlarms: 2 }, 'Also: 2 false alarms of the orphan detector (the operations ran on).'],
  ])('%j', (changes, words) => {
    const { summary } = formatDigest({ ...DIGEST, ...changes }, []);
    expect(summary.text).toContain(words);
    expect(lint(summary)).toEqual([]);
  });

  it.each<[Partial<Digest>, string]>([
    [{ silenced: 2 }, '2 of them are snoozed or muted here, and not told again.'],
    [{ silenced: 1 }, '1 of them is snoozed or muted here, and not told again.'],
    [{ silenced: 7, groups: [] }, 'All 7 are snoozed or muted here, and not told again.'],
    [{ silenced: 1, total: 1, groups: [] }, 'It is snoozed or muted here, and not told again.'],
  ])('says how many are kept quiet here: %j', (changes, words) => {
    const { summary, thread } = formatDigest({ ...DIGEST, ...changes }, []);
    expect(summary.text).toContain(words);
    expect(summary.text.includes('Details in the thread')).toBe(thread.length > 0);
    expect(lint(summary)).toEqual([]);
  });

  it('has “Show more” where a cause has more operations than are shown, and it asks for these', () => {
    const [group] = DIGEST.groups;
    if (group === undefined) throw new Error('There is no group.');
    const many = { ...group, count: 9, operations: Array.from({ length: 9 }, () => operation()) };
    const unexplained = { ...many, cause: null };
    const { summary, thread } = formatDigest(
      { ...DIGEST, type: 'backtesting', groups: [many, unexplained, group] },
      [],
    );
    const pages = thread.map(({ message }) => moreOf(message));
    expect(pages).toEqual([
      {
        words:
          'failed cause=data-missing/not-cached since=2026-05-11T09:00:00.000Z until=2026-05-12T09:00:00.000Z type=backtesting',
        at: Date.parse('2026-05-12T09:00:00Z') * 1000,
        page: 0,
      },
      expect.objectContaining({ words: expect.stringContaining('cause=none') }),
      null,
    ]);
    for (const page of pages.filter((one) => one !== null)) {
      expect(parseSearchWords(page.words, micros(page.at))).toMatchObject({
        kind: 'criteria',
        request: { status: 'failed' },
      });
    }
    expect(moreOf(summary)).toBeNull();
    const causes = Array.from({ length: 9 }, (_, i) => ({ ...many, cause: `data-missing/cause-${i}` }));
    const wide = formatDigest({ ...DIGEST, groups: causes }, []);
    expect(moreOf(wide.summary)?.words).toBe('failed since=2026-05-11T09:00:00.000Z until=2026-05-12T09:00:00.000Z');
    for (const message of [wide.summary, ...thread.map((part) => part.message)]) expect(lint(message)).toEqual([]);
  });

  it('says the same in a pipe', () => {
    const lines = digestLines(DIGEST, []).map(plainText);
    expect(lines[0]).toBe('Failed operations, last 24 h: 7 (the day before: 3)');
    expect(lines).toContain(
      '      not started · backtest · 12 May 2026 06:00:00 UTC · No backtest worker is registered. · trace 80293c91cabe064444bbcda1bfb15bcd',
    );
  });
});

describe('the results of a search', () => {
  it('have one line each, a button each, and pages', () => {
    const message = formatResults(PAGE, []);
    const json = JSON.stringify(message.blocks);
    expect(message.text).toContain('*19 operations, newest first.* Shown: 9 to 11.');
    expect(json).toContain('*failed* · backtest AUDUSD 1h · <!date^');
    expect(json).toContain('*not started* · backtest · ');
    expect(json).toContain('*running* · backtest AUDUSD 1h · at an unknown time · ');
    for (const action of ['diagnose_row_1', 'diagnose_row_2', 'search_previous', 'search_next'])
      expect(json).toContain(action);
    expect(lint(message)).toEqual([]);
  });

  it('say what was not searched, and that there is nothing', () => {
    const empty = formatResults(
      { ...PAGE, rows: [], first: 0, total: 0, previous: null, next: null, gaps: ['Two services were left out.'] },
      [],
    );
    expect(empty.text).toMatch(/^\*No operation matches\.\*/);
    expect(JSON.stringify(empty.blocks)).toContain('*Not complete:* Two services were left out.');
    expect(JSON.stringify(empty.blocks)).not.toContain('actions');
    expect(lint(empty)).toEqual([]);
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
    formatNoDigest('Jaeger did not answer at jaeger:16686 (connection refused).'),
    formatSearching('failed'),
    formatSearching(''),
    formatNoSearch('Jaeger did not answer.', PAGE.next),
    formatNoSearch('Jaeger did not answer.', null),
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
        const { summary, thread } = formatDigest(poisoned(wide, texts), []);
        const messages = [
          formatResults(poisoned(full, texts), []),
          formatSearching(texts[0] ?? ''),
          formatNoSearch(texts[0] ?? '', null),
          formatDigestUsage(texts[0] ?? ''),
          summary,
          ...thread.map((part) => part.message),
        ];
        for (const message of messages) {
          expect(lint(message)).toEqual([]);
          expect(JSON.stringify(message).length).toBeLessThan(11_500);
        }
        const shown = JSON.stringify([messages[0], summary, thread]);
        for (const secret of SECRETS) expect(shown).not.toContain(secret);
      }),
      { numRuns: 50 },
    );
  });
});
