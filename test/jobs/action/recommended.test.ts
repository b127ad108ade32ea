import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { recommendedBy } from '../../../src/jobs/action/recommended.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';

/** Of the recorded incidents, those whose finding recommends something that is one call; all others recommend none. */
const RECOMMENDED: Readonly<Record<string, readonly string[]>> = {
  'cancelled/user': ['resume'],
  'data-missing/context': ['load-data USDJPY 1h full', 'start-again'],
  'data-missing/insufficient': ['load-data EURUSD 1h full'],
  'data-missing/not-cached': ['load-data * full', 'start-again'],
  'data-missing/timeframe': ['load-data EURUSD 1h full', 'start-again'],
  'database/lost': ['start-again'],
  'database/no-tables': ['start-again'],
  'database/refused': ['start-again'],
  'ib-gateway/connection-lost': ['start-again'],
  'ib-gateway/unreachable': ['start-again'],
  'invalid-input/model-path-missing': ['start-again'],
  'progress-stalled': ['cancel'],
  'resources/disk-full': ['start-again'],
  'worker-lost/crashed': ['resume'],
  'worker-lost/shutdown': ['resume'],
  'worker-selection-missing/not-reached': ['start-again'],
  'worker-unreachable/refused': ['start-again'],
  'service-unreachable/ib-host': ['start-again'],
  'workers-unavailable/all-busy': ['start-again'],
  'workers-unavailable/none-registered': ['start-again'],
};
const KEPT = { deployment: 'local', apiUrl: null } as const;

describe('what a finding recommends', () => {
  const diagnoses = incidentsIn(FIXTURES).map((incident) => {
    const url = { ...KEPT, apiUrl: 'http://ktrdr.example.com:8000' };
    const input = caseOf(incident, 'v3', { api: true });
    return { name: incident.name, diagnosis: diagnose(input, KEPT), elsewhere: diagnose(input, url) };
  });

  it.each(diagnoses.map((one) => [one.name, one] as const))('%s', (_name, { diagnosis, elsewhere }) => {
    const wanted = recommendedBy(diagnosis);
    // A start that was refused left no record to start from.
    const expected = diagnosis.operationId === null ? [] : (RECOMMENDED[diagnosis.primary?.cause ?? ''] ?? []);
    const said = wanted.map(({ kind, data }) => [kind, ...Object.values(data ?? {})].join(' '));
    expect(
      said.map((one) => (expected.includes('load-data * full') ? one.replace(/ \w+ \w+ full/, ' * full') : one)),
    ).toEqual(expected);
    expect(wanted.every(({ operationId }) => operationId === diagnosis.operationId)).toBe(true);
    // Commands for another address recommend the same.
    expect(recommendedBy(elsewhere)).toEqual(wanted);
  });

  it('was found for each of these', () => {
    const seen = new Set(
      diagnoses
        .filter(({ diagnosis }) => recommendedBy(diagnosis).length > 0)
        .map(({ diagnosis }) => diagnosis.primary?.cause),
    );
    expect([...seen].toSorted()).toEqual(Object.keys(RECOMMENDED).toSorted());
  });

  it.each([
    ['another operation', 'ktrdr cancel op_training_20260101_000000_00000000'],
    ['more than one word', 'ktrdr resume op_1 && touch PWNED'],
    ['something quoted', "ktrdr data load 'A;touch PWNED' --timeframe 1h --mode full"],
    ['an option in place of a value', 'ktrdr data load --config=evil --timeframe 1h --mode full'],
    ['a mode that ktrdr doesn’t take', 'ktrdr data load AUDUSD --timeframe 1h --mode local'],
  ])('is nothing for a command with %s', (_name, command) => {
    const stalled = diagnoses.find(({ diagnosis }) => diagnosis.primary?.cause === 'progress-stalled')?.diagnosis;
    if (stalled?.primary == null) throw new Error('there is no such incident');
    const fix = { kind: 'command', label: 'Do it', command: command as never, effect: 'changes' } as const;
    const forged: Diagnosis = { ...stalled, primary: { ...stalled.primary, fixes: [fix] } };
    expect(recommendedBy(forged)).toEqual([]);
  });
});
