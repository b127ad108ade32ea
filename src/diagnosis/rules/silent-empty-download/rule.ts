import { exception, record, spanSeen } from '../../evidence.ts';
import { clear, defineRule, match, notEnoughData } from '../../rule.ts';
import { joined } from '../../words.ts';
import { downloadOf } from './finder.ts';

/** A download counts failed segments and completes anyway. */
export const rule = defineRule({
  id: 'silent-empty-download',
  title: 'Download completed without data',
  symptom: 'A download is shown as completed, but the data is missing.',
  proof: 'A completed download that returned no rows although there were gaps to fill, or that had failed fetches.',
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
      return rows === null && fetches.length > 0 ? notEnoughData('result in the ktrdr API’s operation record') : clear;
    }

    const { symbol, timeframe } = facts.parameters;
    const data = joined(' ', symbol, timeframe);
    const fetch = fetches[0];
    return match({
      confidence: isEmpty ? 'certain' : 'likely',
      headline: `This download is shown as completed, but ${isEmpty ? 'it downloaded no data' : 'fetches from IB failed'}${data === '' ? '' : `: ${data}`}.`,
      explanation:
        'ktrdr only counts failed segments; the download completes anyway. The IB host service returns HTTP 200 with the error in the body, so no span is marked as failed.',
      culprit: failures[0]?.span ?? fetch?.span ?? null,
      evidence: [
        first,
        ...rest,
        fetch &&
          spanSeen(
            fetch.span,
            `${fetch.method} ${fetch.endpoint.url} returned ${fetch.httpStatus === null ? 'nothing' : `HTTP ${fetch.httpStatus}`}`,
          ),
      ],
      fixes: [
        symbol !== null && timeframe !== null && fix.dataRange(symbol, timeframe),
        fix.gatewayPort(),
        'Check the IB Gateway and the symbol, then download again.',
      ],
    });
  },
});
