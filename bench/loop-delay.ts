import { reportOf } from './built.ts';
import { atMost, type Bench } from './figure.ts';
import { median, ms } from './samples.ts';
import { saveTrace, serveFile } from './saved-trace.ts';
import { TRACE_ID } from './training-trace.ts';

const SPANS = 100_000;
const ROUNDS = 5;

export const loopDelayBench: Bench = {
  about: 'how long everything else waits while a very large trace is read and diagnosed',
  async run(workDir) {
    const { path, megabytes } = await saveTrace(workDir, SPANS, 'legacy');
    const server = await serveFile(path);
    const reports: Awaited<ReturnType<typeof reportOf>>[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      reports.push(await reportOf('loop-delay.mjs', [server.url, TRACE_ID]));
    }
    await server.close();
    const of = (name: string) => median(reports.map((report) => report[name] ?? Number.NaN));
    if (of('spans') !== SPANS) throw new Error(`Of ${SPANS} spans ${of('spans')} were read.`);
    const detail = `p50 ${ms(of('p50'))}, longest ${ms(of('max'))}, in ${ms(of('tookMs'))}; ${megabytes.toFixed(1)} MB`;
    return [{ name: 'delay, p99', value: of('p99'), unit: 'ms', limit: atMost(50), detail }];
  },
};
