import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { reportOf } from './built.ts';
import { atMost, type Bench } from './figure.ts';
import { median, ms } from './samples.ts';
import { saveTrace } from './saved-trace.ts';
import { TRACE_ID } from './training-trace.ts';

const SPANS = 100_000;
const ROUNDS = 5;

export const loopDelayBench: Bench = {
  about: 'how long everything else waits while the client reads a very large answer',
  async run(workDir) {
    const { path, megabytes } = await saveTrace(workDir, SPANS, 'legacy');
    const server = createServer((_request, response) => {
      createReadStream(path).pipe(response.setHeader('content-type', 'application/json'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const reports: Awaited<ReturnType<typeof reportOf>>[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      reports.push(await reportOf('loop-delay.mjs', [`http://127.0.0.1:${port}`, TRACE_ID]));
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const of = (name: string) => median(reports.map((report) => report[name] ?? Number.NaN));
    if (of('spans') !== SPANS) throw new Error(`Of ${SPANS} spans ${of('spans')} were read.`);
    const detail = `p50 ${ms(of('p50'))}, longest ${ms(of('max'))}, in ${ms(of('tookMs'))}; ${megabytes.toFixed(1)} MB`;
    return [{ name: 'delay, p99', value: of('p99'), unit: 'ms', limit: atMost(50), detail }];
  },
};
