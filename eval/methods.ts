/** Ways to name the service at fault, each with one step more than the one before, and what choosing among them is worth. */
import { buildTree } from '../src/diagnosis/facts/tree.ts';
import { blame, chargeSlowCallers, type ExcessTime, excessTimes, rankServices } from '../src/diagnosis/timing/blame.ts';
import { groupBy } from '../src/diagnosis/timing/group-by.ts';
import type { Trace } from '../src/diagnosis/trace.ts';
import { type Attempt, percentWithin, table } from './labelled.ts';

/** A trace, healthy ones, and its times with all of them as excess and with what goes beyond healthy ones. */
interface Input {
  readonly trace: Trace;
  readonly usual: readonly Trace[];
  readonly whole: readonly ExcessTime[];
  readonly beyond: readonly ExcessTime[];
}

type Method = (input: Input) => readonly { readonly service: string }[];

export const TODAY = 'and uneven calls';

export const METHODS: Readonly<Record<string, Method>> = {
  'longest span below the root': ({ trace }) => {
    const { spans, parents } = buildTree([trace]);
    return spans.filter((_, at) => parents[at] !== -1).toSorted((a, b) => b.duration - a.duration);
  },
  'critical path, owner of the span': ({ whole }) =>
    rankServices(whole.map((time) => ({ ...time, service: time.caller ?? time.service }))),
  'calls charged to the callee': ({ whole }) => rankServices(whole),
  'beyond healthy calls': ({ beyond }) => rankServices(beyond),
  'and slow callers': ({ beyond }) => rankServices(chargeSlowCallers(beyond)),
  [TODAY]: ({ trace, usual }) => blame([trace], usual),
};

/** The services that each method names, the most suspect first. */
export function namedByEach(trace: Trace, usual: readonly Trace[]): Readonly<Record<string, readonly string[]>> {
  const input = { trace, usual, whole: excessTimes([trace], []), beyond: excessTimes([trace], usual) };
  const named = ([name, method]: [string, Method]) => [name, method(input).map(({ service }) => service)];
  return Object.fromEntries(Object.entries(METHODS).map(named));
}

/** A table of all methods, then of the figure of each pack and each fault when the method is chosen without it. */
export function crossValidation(attempts: readonly Attempt[]): string {
  const packs = [...groupBy(attempts, ({ pack }) => pack)];
  const faults = [...groupBy(attempts, ({ fault }) => fault)].sort(([a], [b]) => (a < b ? -1 : 1));
  const methods = Object.keys(METHODS);
  const compared = methods.map((method) => [method, ...packs.map(([, group]) => percentWithin(group, 1, method))]);
  const leftOut = [...packs, ...faults].flatMap(([name, group]) => {
    const rest = attempts.filter((attempt) => !group.includes(attempt));
    if (rest.length === 0) return [];
    const best = methods.reduce((a, b) =>
      Number(percentWithin(rest, 1, b)) > Number(percentWithin(rest, 1, a)) ? b : a,
    );
    return [[name, percentWithin(group, 1, best), best, percentWithin(rest, 1, best)]];
  });
  return [
    table([['AS@1 %', ...packs.map(([name]) => name)], ...compared]),
    table([['left out', 'AS@1 %', 'method chosen on the rest', 'AS@1 % there'], ...leftOut]),
  ].join('\n\n');
}
