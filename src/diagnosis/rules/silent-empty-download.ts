import { exception, record, spanSeen } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match, notEnoughData } from '../rule.ts';

/** A download counts failed segments and completes all the same. */
export const rule = defineRule({
  id: 'silent-empty-download',
  title: 'The download completed without data',
  symptom: 'A download is shown as completed, and the data is not there.',
  proof: 'A completed download whose result has no rows although gaps were asked for, or whose fetches failed.',
  scenario: 'failed',
  severity: 'degraded',
  variants: {},

  check(facts, { fix }) {
    if (facts.type !== 'data_load' || facts.status.value !== 'completed') return clear;
    const failedFetches = facts.errors.all.filter((error) => error.span.name === 'ib.fetch_historical');
    const result = facts.record?.resultSummary ?? null;
    const rows = result === null ? null : Number(result['rows_downloaded'] ?? Number.NaN);
    const emptyResult = rows === 0 && result?.['cache_hit'] !== true && Number(result?.['gaps_filled'] ?? 1) > 0;
    const fetches = facts.calls.filter(
      (call) => call.endpoint.role === 'ib-host' && /historical/.test(call.endpoint.path),
    );
    if (failedFetches.length === 0 && !emptyResult) {
      return facts.record === null && fetches.length > 0 && rows === null
        ? notEnoughData('the result in the operation record of the ktrdr API')
        : clear;
    }
    const { symbol, timeframe } = facts.parameters;
    const evidence: Evidence[] = [
      ...failedFetches.slice(0, 3).map(exception),
      ...fetches
        .slice(0, 1)
        .map((call) =>
          spanSeen(call.span, `${call.method} ${call.endpoint.url} answered ${call.httpStatus ?? 'nothing'}`),
        ),
    ];
    return match({
      confidence: emptyResult ? 'certain' : 'likely',
      headline: `This download is shown as completed, but ${emptyResult ? 'it brought no data' : 'fetches from IB failed'}${symbol === null ? '' : `: ${symbol}${timeframe === null ? '' : ` ${timeframe}`}`}.`,
      explanation:
        'ktrdr only counts the segments that failed and then completes. The IB host answers 200 with the error inside, so nothing looks red.',
      culprit: failedFetches[0]?.span ?? fetches[0]?.span ?? null,
      evidence: emptyResult
        ? [record('result: 0 rows downloaded, with gaps to fill and no cache hit'), ...evidence]
        : (evidence as [Evidence, ...Evidence[]]),
      fixes: [
        ...(symbol === null || timeframe === null ? [] : [fix.dataRange(symbol, timeframe)]),
        fix.gatewayPort(),
        advice('Check the IB Gateway and the symbol, then download again.'),
      ],
    });
  },
});
