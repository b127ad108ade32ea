import { reportOf } from './built.ts';
import { atMost, type Bench, type Figure } from './figure.ts';
import { median, ms } from './samples.ts';
import { saveTrace } from './saved-trace.ts';

const SPANS = 50;
const PROCESSES = 5;

export const engineBench: Bench = {
  about: 'a typical case in a warm process, against JSON.parse of its answer',
  async run(workDir) {
    const { path } = await saveTrace(workDir, SPANS, 'legacy');
    const reports: Awaited<ReturnType<typeof reportOf>>[] = [];
    for (let index = 0; index < PROCESSES; index += 1) reports.push(await reportOf('engine.mjs', [path]));
    const of = (name: string) => median(reports.map((report) => report[name] ?? Number.NaN));
    const [parse, diagnosis, both] = [of('parse'), of('diagnose'), of('both')];
    const against = `against ${ms(parse)}; ${SPANS} spans`;
    const figures: readonly Figure[] = [
      {
        name: 'diagnosis',
        value: diagnosis / parse,
        unit: '×',
        limit: atMost(3),
        detail: `${ms(diagnosis)} ${against}`,
      },
      { name: 'text to diagnosis', value: both / parse, unit: '×', limit: null, detail: `${ms(both)} ${against}` },
    ];
    return figures;
  },
};
