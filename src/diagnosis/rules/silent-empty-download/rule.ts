import { exception, record, spanSeen } from '../../evidence.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match, notEnoughData } from '../../rule.ts';
import { downloadOf } from './finder.ts';

/** A download counts failed segments and completes all the same. */
export const rule = defineRule({
  id: 'silent-empty-download',
  title: 'The download completed without data',
  symptom: 'A download is shown as completed, and the data is not there.',
  proof: 'A completed download whose result has no rows although gaps were asked for, or whose fetches failed.',
  scenario: 'failed',
  severity: 'degraded',
  tier: 'specific',
  variants: {},

  check(facts, { fix }) {
    if (facts.type !== 'data_load' || facts.status.value !== 'completed') return clear;
    const { rows, isEmpty, failures, fetches } = downloadOf(facts);
    // Rows came all the same: a segment was tried again, or another one sufficed.
    if (rows !== null && rows > 0) return clear;
    const seen = [
      ...(isEmpty ? [record('result: 0 rows downloaded, with gaps to fill and no cache hit')] : []),
      ...failures.slice(0, 3).map(exception),
    ];
    const [first, ...rest] = seen;
    if (first === undefined) {
      return rows === null && fetches.length > 0
        ? notEnoughData('the result in the operation record of the ktrdr API')
        : clear;
    }

    const { symbol, timeframe } = facts.parameters;
    const what = [symbol, timeframe].filter((part) => part !== null).join(' ');
    const fetch = fetches[0];
    return match({
      confidence: isEmpty ? 'certain' : 'likely',
      headline: `This download is shown as completed, but ${isEmpty ? 'it brought no data' : 'fetches from IB failed'}${what === '' ? '' : `: ${what}`}.`,
      explanation:
        'ktrdr only counts the segments that failed and then completes. The IB host answers 200 with the error inside, so nothing looks red.',
      culprit: failures[0]?.span ?? fetch?.span ?? null,
      evidence: [
        first,
        ...rest,
        ...(fetch === undefined
          ? []
          : [spanSeen(fetch.span, `${fetch.method} ${fetch.endpoint.url} answered ${fetch.httpStatus ?? 'nothing'}`)]),
      ],
      fixes: [
        ...(symbol === null || timeframe === null ? [] : [fix.dataRange(symbol, timeframe)]),
        fix.gatewayPort(),
        advice('Check the IB Gateway and the symbol, then download again.'),
      ],
    });
  },
});
