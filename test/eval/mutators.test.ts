/** The mutators themselves, with fixed seeds: each changes something and leaves an incident that can be read. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acceptedBy, caseOfDraft, type Draft, draftOf } from '../../eval/mutants/draft.ts';
import { GROUPS, KINDS } from '../../eval/mutants/kinds.ts';
import { KNOWN, UNKNOWN } from '../../eval/mutants/messages.ts';
import { type Judged, judge, type Mutant, mutantsOf } from '../../eval/mutants/mutants.ts';
import { randomOf } from '../../eval/mutants/random.ts';
import { report, shortfalls } from '../../eval/mutants/report.ts';
import { runMutants } from '../../eval/mutants/run.ts';
import { save } from '../../eval/mutants/save.ts';
import { writeTraces } from '../../eval/mutants/write.ts';
import { readTraceDocument } from '../../src/adapters/jaeger/read.ts';
import { isPlausibleTime } from '../../src/diagnosis/trace.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';

const INCIDENTS = incidentsIn(FIXTURES);
const DIALECTS = ['legacy', 'v3'] as const;
const NAMES = KINDS.map(([, { name }]) => name);
/** Kinds that write down the same facts, so that only the text differs, or nothing at all. */
const SAME_FACTS = [
  'unchanged',
  'json-indented',
  'json-mark-and-blank-lines',
  'json-without-wrapper',
  'order-of-attributes',
];

function mutants(kind: string, count = 6): readonly Mutant[] {
  return [...mutantsOf({ incidents: INCIDENTS, seed: 7, count, only: [kind] })];
}

function originalOf({ name }: Draft): Draft {
  const incident = INCIDENTS.find((one) => one.name === name);
  if (incident === undefined) throw new Error(`${name} is no incident`);
  return draftOf(incident, true);
}

function factsOf({ spans, operation, workers, now, ask }: Draft): unknown {
  return { spans, operation, workers, now, ask };
}

function orphansIn({ spans }: Draft): number {
  const ids = new Set(spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
  const orphans = spans.filter(({ traceId, parentId }) => parentId !== null && !ids.has(`${traceId} ${parentId}`));
  return new Set(orphans.map(({ spanId }) => spanId)).size;
}

it('there are more than 40 kinds that must not matter and 10 that must, each with its own name', () => {
  expect(GROUPS['must not matter'].length).toBeGreaterThan(40);
  expect(GROUPS['must matter'].length).toBeGreaterThan(10);
  expect(new Set(NAMES).size).toBe(NAMES.length);
});

it.each(INCIDENTS.map((incident) => [incident.name, incident] as const))(
  '%s is written as it was read',
  (_, incident) => {
    for (const dialect of DIALECTS) {
      const { traces, neighbours, subject } = caseOfDraft(draftOf(incident, false), dialect);
      const recorded = caseOf(incident, 'v3', { api: false });
      const bare = (list: typeof traces) => list.map(({ traceId, spans }) => ({ traceId, spans }));
      expect(bare(traces)).toEqual(bare(recorded.traces));
      expect(bare(neighbours)).toEqual(bare(recorded.neighbours));
      expect(subject).toEqual(recorded.subject);
    }
  },
);

describe.each(NAMES)('%s', (kind) => {
  const made = mutants(kind);

  it('changes something, and the rest stays', () => {
    expect(made.length).toBeGreaterThan(0);
    for (const { draft } of made) {
      const before = originalOf(draft);
      if (SAME_FACTS.includes(kind)) expect(factsOf(draft)).toEqual(factsOf(before));
      else expect([factsOf(draft), draft.layout], draft.name).not.toEqual([factsOf(before), {}]);
    }
  });

  it('leaves traces that both dialects show alike', () => {
    for (const { draft } of made) {
      const [legacy, v3] = DIALECTS.map((dialect) =>
        readTraceDocument(writeTraces(draft.spans, dialect, draft.layout)),
      );
      if (legacy?.kind !== 'traces' || v3?.kind !== 'traces') throw new Error(`${draft.name} can't be read`);
      expect(v3.traces, draft.name).toEqual(legacy.traces);
      const spans = legacy.traces.flatMap((trace) => trace.spans);
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(
        new Set(draft.spans.map(({ spanId }) => spanId)).size,
      );
      for (const { start, duration } of spans) expect(isPlausibleTime(start) && duration >= 0, draft.name).toBe(true);
    }
  });

  it('leaves no more spans without their parents than there were', () => {
    for (const { draft } of made)
      expect(orphansIn(draft), draft.name).toBeLessThanOrEqual(orphansIn(originalOf(draft)));
  });

  it('gives the same mutant for the same seed', () => {
    expect(mutants(kind)).toEqual(made);
  });
});

it.each(GROUPS['must matter'].map(({ name }) => name))('%s changes what is right', (kind) => {
  for (const { draft } of mutants(kind)) expect(draft.expected).not.toEqual(originalOf(draft).expected);
});

it('another seed gives other mutants', () => {
  const names = (seed: number) =>
    [...mutantsOf({ incidents: INCIDENTS, seed, count: 200 })].map(({ draft }) => draft.name);
  expect(names(1)).not.toEqual(names(2));
});

it('the kinds take turns', () => {
  const made = [...mutantsOf({ incidents: INCIDENTS, seed: 1, count: 2 * KINDS.length })];
  for (const name of NAMES) expect(made.filter(({ kind }) => kind === name)).toHaveLength(2);
});

it('unknown words hold no whole sentence that is known', () => {
  for (let seed = 0; seed < 200; seed += 1)
    for (const [name, make] of Object.entries(UNKNOWN)) {
      const message = make(randomOf(seed, name));
      for (const known of KNOWN) expect(message === known.message || message.startsWith(known.message)).toBe(false);
    }
});

describe('a judgement', () => {
  const [healthy, fault] = ['healthy/16b-backtest-healthy-1', 'data-missing/not-cached/06a-backtest-no-data'].map(
    (name) => INCIDENTS.filter((incident) => incident.name === name),
  );

  function judgedWith(incidents: typeof INCIDENTS | undefined, change: (draft: Draft) => void): Judged {
    const [mutant] = mutantsOf({ incidents: incidents ?? [], seed: 1, count: 1, only: ['unchanged'] });
    if (mutant === undefined) throw new Error('there is no mutant');
    change(mutant.draft);
    return judge(mutant);
  }

  it('is right where the accepted cause comes first, and where nothing is said of a healthy operation', () => {
    for (const incidents of [healthy, fault])
      expect(judgedWith(incidents, () => {})).toMatchObject({
        outcome: 'right',
        isCertain: false,
        isFalseAlarm: false,
      });
  });

  it('is wrong for another cause, and says how certain that was', () => {
    const judged = judgedWith(fault, (draft) => {
      draft.expected = { causes: ['database'] };
    });
    expect(judged).toMatchObject({ outcome: 'wrong', isCertain: true, answer: 'data-missing/not-cached' });
    expect(shortfalls([judged]).join(' ')).toMatch(/0\.00% right .* 1 wrong and certain/);
    expect(report([judged], 1)).toContain('--mutants --seed 1 --only unchanged --case data-missing/not-cached/06a-');
  });

  it('is an abstention where the cause isn’t known', () => {
    const judged = judgedWith(fault, (draft) => {
      draft.spans = draft.spans.filter(({ name }) => name.includes('/backtests/start'));
      draft.api = false;
      draft.ask = draft.spans[0]?.traceId ?? '';
    });
    expect(judged).toMatchObject({ outcome: 'abstained', isCertain: false });
  });

  it('is a false alarm where nothing may be said', () => {
    const judged = judgedWith(fault, (draft) => {
      draft.expected = { causes: ['healthy'], healthy: true };
    });
    expect(judged).toMatchObject({ outcome: 'wrong', isFalseAlarm: true });
    expect(shortfalls([judged]).join(' ')).toContain('1 false alarms');
  });
});

it('a saved mutant is an incident with the same answer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
  try {
    const [mutant] = mutants('symbols', 1);
    if (mutant === undefined) throw new Error('there is no mutant');
    mutant.draft.api = true;
    expect(save(mutant, folder)).toContain(`--file ${join(folder, `${mutant.dialect}.json`)}`);
    const [saved] = incidentsIn(folder);
    if (saved === undefined) throw new Error('nothing was saved');
    expect(acceptedBy(draftOf(saved, true))).toEqual(acceptedBy(mutant.draft));
    const { traces, operation, workers } = caseOf(saved, 'legacy', { api: true });
    const written = caseOfDraft(mutant.draft, 'legacy');
    expect(traces).toEqual(written.traces);
    expect(operation?.kind).toBe(written.operation?.kind);
    expect(workers).toEqual(written.workers);
    expect(readFileSync(join(folder, 'case.json'), 'utf8')).toContain('symbols, seed 7');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('npm run eval -- --mutants', () => {
  it('prints the seed and a row for each kind', () => {
    const { text } = runMutants({ seed: '12', count: '3', only: ['unchanged', 'trace-ids'], json: false });
    expect(text).toMatch(/^ {2}unchanged +2 /m);
    expect(text).toMatch(/^ {2}trace-ids +1 /m);
    expect(text).toContain('Seed 12, 3 mutants.');
  });

  it.each([
    [{ only: ['nothing'] }, /^--only nothing isn't a kind/],
    [{ seed: 'x' }, /^--seed and --count take/],
    [{ count: '0' }, /^--seed and --count take/],
    [{ fixtures: ['/nowhere'] }, /^No such incident/],
    [{ case: 'nothing' }, /^No such incident/],
  ])('refuses %o', (options, why) => {
    expect(runMutants({ json: false, ...options })).toMatchObject({ status: 2, text: expect.stringMatching(why) });
  });
});
