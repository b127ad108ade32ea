import { plural } from '../../../language/plurals.ts';
import { count, exception, record, spanSeen } from '../../evidence.ts';
import { clear, defineRule, match, notEnoughData } from '../../rule.ts';
import { joined } from '../../words.ts';
import { downloadOf } from './finder.ts';

/** A download counts failed segments and completes anyway. */
export const rule = defineRule({
  id: 'silent-empty-download',
  title: 'Download completed without data',
  symptom: 'A download is shown as completed, but the data is missing.',
  proof:
    'A completed download that returned no rows although there were gaps to fill, or that had failed fetches without a successful retry.',
  scenario: 'failed',
  severity: 'degraded',
  tier: 'specific',
  variants: {},

  check(facts, { fix }) {
    if (facts.type !== 'data_load' || facts.status.value !== 'completed') return clear;
    const { rows, isEmpty, failures, fetchCount, call } = downloadOf(facts);
    const emptyResult = record('result: 0 rows downloaded, with gaps to fill and no cache hit');
    const failed = failures.length > 0 && fetchesFailed(failures.length, fetchCount);
    const [first, ...rest] = [...(isEmpty ? [emptyResult] : []), ...failures.slice(0, 3).map(exception)];
    if (first === undefined) {
      return rows === null && call !== null ? notEnoughData('result in the ktrdr API’s operation record') : clear;
    }

    const { symbol, timeframe } = facts.parameters;
    const data = joined(' ', symbol, timeframe);
    return match({
      confidence: isEmpty ? 'certain' : 'likely',
      headline: `This download is shown as completed, but ${isEmpty ? 'it downloaded no data' : failed}${data === '' ? '' : `: ${data}`}.`,
      explanation: joined(
        ' ',
        `ktrdr only counts failed segments; the download completes anyway${isEmpty ? '' : ', so data may be missing'}.`,
        call?.httpStatus === 200
          ? 'The IB host service returns HTTP 200 with the error in the body, so the request looks successful.'
          : null,
      ),
      culprit: failures[0]?.span ?? call?.span ?? null,
      evidence: [
        first,
        ...rest,
        failed !== false && count(failed),
        call &&
          spanSeen(
            call.span,
            `${call.method} ${call.endpoint.url} returned ${call.httpStatus === null ? 'nothing' : `HTTP ${call.httpStatus}`}`,
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

function fetchesFailed(failed: number, all: number): string {
  if (failed < all) return `${failed} of ${plural(all, 'fetch', 'fetches')} from IB failed and no retry succeeded`;
  return all === 1 ? 'its only fetch from IB failed' : `all ${plural(all, 'fetch', 'fetches')} from IB failed`;
}
