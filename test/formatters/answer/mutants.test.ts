/** The same shape for what nobody has recorded yet: incidents with times, spans, attributes, names, and answers changed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SYMPTOMS } from '../../../src/diagnosis/case.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { DEPLOYMENTS } from '../../../src/diagnosis/fixes/deployment.ts';
import {
  answersTo,
  flowProblems,
  headingProblems,
  nameProblems,
  placeholdersIn,
  repetitions,
  sizeProblems,
} from '../../support/answer-layout.ts';
import { caseOfRecording, FIXTURES, incidentsIn, recordingOf } from '../../support/incidents.ts';
import { anyMutation } from '../../support/mutants.ts';

const MUTANTS = 120;
const INCIDENTS = incidentsIn(FIXTURES);
/** One that is always the same, and one that finds more with time. */
const SEEDS = [20261130, Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 1_000_000) + 1)];

const anyIncident = fc.record({
  incident: fc.constantFrom(...INCIDENTS),
  api: fc.boolean(),
  symptom: fc.constantFrom(null, ...SYMPTOMS),
  mutations: fc.array(anyMutation, { minLength: 1, maxLength: 4 }),
  deployment: fc.constantFrom(...DEPLOYMENTS),
});

describe.each(SEEDS)('%i as the seed', (seed) => {
  it(`keeps the shape of ${MUTANTS} answers to incidents that were changed`, () => {
    let mutants = 0;
    fc.assert(
      fc.property(anyIncident, ({ incident, api, symptom, mutations, deployment }) => {
        const recording = mutations.reduce((one, { of }) => of(one), recordingOf(incident, 'v3', { api }));
        const kase = { ...caseOfRecording(recording), symptom };
        const diagnosis = diagnose(kase, { deployment, apiUrl: null });
        const answers = answersTo(kase, diagnosis);
        const [answer] = answers;
        if (answer === undefined) throw new Error('no answer');
        const about = [incident.name, ...mutations.map(({ name }) => name)].join('; ');
        mutants += 1;
        expect(sizeProblems(answers), about).toEqual([]);
        expect(headingProblems(diagnosis, answer), about).toEqual([]);
        expect(flowProblems(answer), about).toEqual([]);
        expect(repetitions(answer), about).toEqual([]);
        expect(placeholdersIn(answer), about).toEqual([]);
        expect(nameProblems(diagnosis, answer), about).toEqual([]);
      }),
      { numRuns: MUTANTS, seed },
    );
    expect(mutants).toBeGreaterThanOrEqual(MUTANTS);
  });
});
