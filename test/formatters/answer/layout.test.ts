/** The shape of an answer in Slack, over all recorded incidents: short, few controls, nothing said twice. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import {
  answersTo,
  flowProblems,
  headingProblems,
  nameProblems,
  placeholdersIn,
  repetitions,
  sizeProblems,
} from '../../support/answer-layout.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';

const CASES = incidentsIn(FIXTURES).flatMap((incident) =>
  [true, false].map((api) => ({ name: `${incident.name}${api ? '' : ' (traces only)'}`, incident, api })),
);

describe.each(CASES)('the answer to $name', ({ incident, api }) => {
  const kase = caseOf(incident, 'v3', { api });
  const diagnosis = diagnose(kase, { deployment: 'local', apiUrl: null });
  const answers = answersTo(kase, diagnosis);

  it('is one message of at most eight lines with four controls, and two replies', () => {
    expect(sizeProblems(answers)).toEqual([]);
  });

  it('has the headings that people look for, wherever there is a finding', () => {
    for (const answer of answers) expect(headingProblems(diagnosis, answer)).toEqual([]);
  });

  it('shows the flow in 45 columns', () => {
    for (const answer of answers) expect(flowProblems(answer)).toEqual([]);
  });

  it('says no sentence twice', () => {
    for (const answer of answers) expect(repetitions(answer)).toEqual([]);
  });

  it('has one name for a worker', () => {
    for (const answer of answers) expect(nameProblems(diagnosis, answer)).toEqual([]);
  });

  it('repeats no word of a program that had nothing to say', () => {
    for (const answer of answers) expect(placeholdersIn(answer)).toEqual([]);
  });
});
