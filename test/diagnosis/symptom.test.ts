import { describe, expect, it } from 'vitest';
import type { Case, Symptoms } from '../../src/diagnosis/case.ts';
import { SYMPTOMS } from '../../src/diagnosis/case.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { call, record, server, span, caseOf as told, trace } from '../support/build.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { caseOf, FIXTURES, incidentsIn } from '../support/incidents.ts';

const ID = 'op_training_20260512_093000_aaaaaaaa';
const started = trace(
  server(
    'POST /api/v1/trainings/start',
    'ktrdr-api',
    200,
    { at: 0, took: 50 },
    call(
      'POST',
      'http://127.0.0.1:5005/training/start',
      200,
      { at: 5, took: 20 },
      server(
        'POST /training/start',
        'ktrdr-training-worker-1',
        200,
        { at: 6, took: 10 },
        span('operation.register', { attributes: { 'operation.id': ID } }),
      ),
    ),
  ),
);

function answer(symptom: Symptoms, input: Case): string | undefined {
  return diagnose({ ...input, symptom }, { deployment: 'local', apiUrl: null }).symptomAnswer;
}

function running(percentage: number, later: number): Case {
  const at = (value: number) => record(ID, 'running', { percentage: value });
  return told({ id: ID, now: 60_000, traces: [started], operation: at(percentage), later: at(later) });
}

describe('the symptom of an operation in which nothing is wrong', () => {
  it('is answered by what moved between two checks', () => {
    expect(answer('stuck', running(41, 45))).toBe(
      'You asked why it is stuck: it isn’t; it advanced from 41% to 45% within 2.0 s.',
    );
  });

  it('is answered for each of two that were seen at once, in their order', () => {
    const [stuck, failed] = (['stuck', 'failed'] as const).map((symptom) => answer(symptom, running(41, 45)));
    expect(answer(['stuck', 'failed'], running(41, 45))).toBe(`${stuck} ${failed}`);
    expect(answer(['failed', 'stuck'], running(41, 45))).toBe(`${failed} ${stuck}`);
  });

  it('leaves one of two to the finding that answers it', () => {
    const lost = caseOf(incidentNamed('12a-'), 'v3', { api: true });
    expect(answer(['no-workers', 'slow'], lost)).toBe(answer('slow', lost));
  });

  it('stays open where two readings are equal, and where there is none', () => {
    expect(answer('stuck', running(41, 41))).toContain(
      'didn’t advance at 41% between two checks 2.0 s apart, which is too short',
    );
    expect(answer('stuck', { ...running(41, 41), operation: null, operationLater: null })).toContain('KTRDR_API_URL');
  });

  it('isn’t called a failure of what runs or completed', () => {
    expect(answer('failed', running(41, 45))).toBe(
      'You asked why it failed: it hasn’t; it’s running, according to the ktrdr API.',
    );
    const healthy = caseOf(incidentNamed('16a-training-healthy-1'), 'v3', { api: true });
    expect(answer('failed', healthy)).toContain('it didn’t; it completed at');
    expect(answer('no-workers', healthy)).toBe(
      'You asked about missing workers: a worker took it 61 ms after the request.',
    );
    expect(answer('broken-trace', healthy)).toContain('all 18 spans of 2 services are connected in one trace');
  });

  it.each([
    ['stuck', '12c-', 'ran it later', undefined],
    ['slow', '12c-', 'ran it later', /^You asked why it is slow: it took/],
    ['slow', '06c-', 'Too little data', /: it didn’t finish; it failed after 76 ms\.$/],
    ['no-workers', '12a-', 'Can’t connect to', undefined],
    ['no-workers', '19a-', 'No design agent is registered', undefined],
    ['no-workers', '07b-', 'strategy file was not found', /: the request was rejected before worker selection\.$/],
    ['failed', '10a-', 'is lost', /^You asked why it failed: the ktrdr API still says running\.$/],
  ] as const)('does not contradict what was found: %s, %s', (symptom, name, headline, said) => {
    const input = { ...caseOf(incidentNamed(name), 'v3', { api: true }), symptom };
    const diagnosis = diagnose(input, { deployment: 'local', apiUrl: null });
    expect(diagnosis.headline).toContain(headline);
    if (said === undefined) expect(diagnosis.symptomAnswer).toBeUndefined();
    else expect(diagnosis.symptomAnswer).toMatch(said);
  });

  it('is a broken trace only when a parent is missing', () => {
    const lost = {
      ...started,
      spans: started.spans.map((one) => (one.parentId === null ? { ...one, parentId: 'ffffffffffffffff' } : one)),
    };
    expect(answer('broken-trace', { ...running(41, 45), traces: [lost] })).toMatch(/1 of \d spans names a parent/);
  });
});

describe.each(incidentsIn(FIXTURES))('$name', (incident) => {
  it.each(SYMPTOMS)('is answered when it was seen as %s, by a finding or a sentence', (symptom) => {
    for (const api of [true, false]) {
      const input = { ...caseOf(incident, 'v3', { api }), symptom };
      const { primary, symptomAnswer, status } = diagnose(input, { deployment: 'local', apiUrl: null });
      expect(symptomAnswer ?? primary?.headline).toBeDefined();
      if (status === 'completed') expect(symptomAnswer ?? '').not.toContain('it isn’t; it advanced');
      if (status === 'failed') expect(symptomAnswer ?? '').not.toMatch(/it (?:didn|hasn)’t;/);
    }
  });
});

it('says nothing about an operation of which nothing is known', () => {
  expect(answer('stuck', told({ id: ID, now: 0 }))).toBeUndefined();
});
