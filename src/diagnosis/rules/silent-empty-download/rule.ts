import { exception, record, spanSeen } from '../../evidence.ts';
import { clear, defineRule, match, notEnoughData } from '../../rule.ts';
import { joined } from '../../words.ts';
import { downloadOf } from './finder.ts';

/** A download counts failed segments and completes nevertheless. */
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
    // With rows, a segment was retried or another one sufficed.
    if (rows !== null && rows > 0) return clear;
    const emptyResult = record('result: 0 rows downloaded, with gaps to fill and no cache hit');
    const [first, ...rest] = [...(isEmpty ? [emptyResult] : []), ...failures.slice(0, 3).map(exception)];
    if (first === undefined) {
      return rows === null && fetches.length > 0
        ? notEnoughData('the result in the operation record of the ktrdr API')
        : clear;
    }

    const { symbol, timeframe } = facts.parameters;
    const data = joined(' ', symbol, timeframe);
    const fetch = fetches[0];
    return match({
      confidence: isEmpty ? 'certain' : 'likely',
      headline: `This download is shown as completed, but ${isEmpty ? 'it brought no data' : 'fetches from IB failed'}${data === '' ? '' : `: ${data}`}.`,
      explanation:
        'ktrdr only counts the segments that failed and then completes. The IB host answers 200 with the error inside, so nothing looks red.',
      culprit: failures[0]?.span ?? fetch?.span ?? null,
      evidence: [
        first,
        ...rest,
        fetch &&
          spanSeen(fetch.span, `${fetch.method} ${fetch.endpoint.url} answered ${fetch.httpStatus ?? 'nothing'}`),
      ],
      fixes: [
        symbol !== null && timeframe !== null && fix.dataRange(symbol, timeframe),
        fix.gatewayPort(),
        'Check the IB Gateway and the symbol, then download again.',
      ],
    });
  },
});
