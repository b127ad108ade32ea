import { reportOf } from './built.ts';
import { atMost, type Bench, type Figure } from './figure.ts';
import { inTurns, median, ms } from './samples.ts';
import { saveTrace } from './saved-trace.ts';
import type { Dialect } from './trace-text.ts';
import type { Shape } from './training-trace.ts';

const SIZES = [1_000, 3_162, 10_000, 31_623, 100_000];
const LARGEST = 100_000;
const ROUNDS = 7;

export const largeBench: Bench = {
  about: 'up to 100,000 spans, from the text of the answer to the diagnosis, against JSON.parse of that text',
  async run(workDir) {
    const figures: Figure[] = [];
    for (const dialect of ['legacy', 'v3'] as const) {
      for (const shape of ['training', 'chain', 'fan'] as const) {
        figures.push(await growth(workDir, dialect, shape), ...(await largest(workDir, dialect, shape)));
      }
    }
    for (const shape of ['failing chain', 'failing fan'] as const) figures.push(await growth(workDir, 'legacy', shape));
    return figures;
  },
};

/** The exponent of the power of the size that fits the times best: 1 when twice as many spans take twice as long. */
async function growth(workDir: string, dialect: Dialect, shape: Shape): Promise<Figure> {
  const paths: string[] = [];
  for (const size of SIZES) paths.push((await saveTrace(workDir, size, dialect, shape)).path);
  const measure = async (task: 'diagnose' | 'parse') => Object.values(await reportOf('scaling.mjs', [task, ...paths]));
  const [times, parse] = [await measure('diagnose'), await measure('parse')];
  const detail = `${times.map(ms).join(', ')} for ${SIZES.join(', ')} spans; JSON.parse alone grows with ${exponent(SIZES, parse).toFixed(2)}`;
  return {
    name: `growth, ${nameOf(dialect, shape)}`,
    value: exponent(SIZES, times),
    unit: '',
    limit: atMost(1.1),
    detail,
  };
}

function exponent(sizes: readonly number[], times: readonly number[]): number {
  const x = sizes.map(Math.log);
  const y = times.map(Math.log);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const together = mean(x.map((value, index) => (value - meanX) * ((y[index] ?? Number.NaN) - meanY)));
  return together / mean(x.map((value) => (value - meanX) ** 2));
}

async function largest(workDir: string, dialect: Dialect, shape: Shape): Promise<readonly Figure[]> {
  const { path, megabytes } = await saveTrace(workDir, LARGEST, dialect, shape);
  const peaks: Record<'diagnose' | 'parse', number[]> = { diagnose: [], parse: [] };
  const measure = async (task: 'diagnose' | 'parse') => {
    const { tookMs, peakKilobytes } = await reportOf('diagnose-text.mjs', [task, path]);
    peaks[task].push(peakKilobytes ?? Number.NaN);
    return tookMs ?? Number.NaN;
  };
  const pair = await inTurns(
    ROUNDS,
    () => measure('diagnose'),
    () => measure('parse'),
  );
  const [own, other] = [median(peaks.diagnose), median(peaks.parse)];
  const megabytesOf = (kilobytes: number) => `${(kilobytes / 1024).toFixed(0)} MiB`;
  const name = nameOf(dialect, shape);
  return [
    {
      name: `time, ${name}`,
      value: pair.ratio,
      unit: '×',
      limit: atMost(1.5),
      detail: `${ms(pair.ours)} against ${ms(pair.theirs)}; ${LARGEST} spans, ${megabytes.toFixed(1)} MB`,
    },
    {
      name: `peak memory, ${name}`,
      value: own / other,
      unit: '×',
      limit: atMost(2),
      detail: `${megabytesOf(own)} against ${megabytesOf(other)}, whole processes`,
    },
  ];
}

function nameOf(dialect: Dialect, shape: Shape): string {
  return shape === 'training' ? dialect : `${dialect}, a ${shape}`;
}
