import type { Baseline } from '../finding.ts';
import { iso } from '../words.ts';
import { type BaselineComparison, type ComparedTime, isSlower } from './baseline.ts';

/** What is usual, as it is published. */
export function baselineSummaryOf(usual: BaselineComparison): Baseline {
  const { whole, n, length, kind, since, isFirst, appeared, vanished } = usual;
  const part = ({ name, length, usual: { median, high, ratio, slower } }: ComparedTime) => ({
    name,
    thisMs: ms(length),
    typicalMs: ms(median),
    highMs: ms(high),
    ratio: Math.round(ratio * 100) / 100,
    slower,
  });
  return {
    comparedWith: n,
    verdict: verdictOf(usual),
    ratio: whole === null ? null : Math.round(whole.ratio * 100) / 100,
    typicalMs: whole === null ? null : ms(whole.median),
    highMs: whole === null ? null : ms(whole.high),
    thisMs: ms(length),
    kind,
    since: since === null ? null : iso(since),
    firstOfItsProcess: isFirst,
    phases: usual.segments.map(part),
    services: usual.services.map(part),
    appeared,
    vanished,
  };
}

function verdictOf(usual: BaselineComparison): Baseline['verdict'] {
  const { whole, isFirst, isWorkKnown } = usual;
  if (whole === null) return 'too-few';
  if (!isWorkKnown || (isFirst && whole.slower)) return 'incomparable';
  return isSlower(usual) ? 'slower' : 'not-slower';
}

function ms(us: number): number {
  return Math.round(us) / 1000;
}
