import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { readCausesFile } from '../../../src/config/causes-file.ts';
import { catalogue, ruleNamed, useOwnCauses } from '../../../src/diagnosis/catalogue.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import { NO_OWN_CAUSES } from '../../../src/diagnosis/own-causes/own-cause.ts';
import { RULES } from '../../../src/diagnosis/rules/index.ts';
import { acceptedCauses, caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';
import { runCommands } from '../../support/run-commands.ts';

const INCIDENTS = incidentsIn(FIXTURES);
const GUIDE = readFileSync(new URL('../../../docs/own-causes.md', import.meta.url), 'utf8');

afterEach(() => useOwnCauses(NO_OWN_CAUSES));

function incident(name: string) {
  const found = INCIDENTS.find((one) => one.name.endsWith(name));
  if (found === undefined) throw new Error(`no incident ${name}`);
  return caseOf(found, 'v3', { api: true });
}

function use(yaml: string): void {
  const { own, problems } = readCausesFile(yaml);
  expect(problems).toEqual([]);
  useOwnCauses(own);
}

function diagnosed(name: string, deployment: 'local' | 'homelab' = 'local'): Diagnosis {
  return diagnose(incident(name), { deployment, apiUrl: null });
}

const UNKNOWN = 'unhandled-exception/failed-worker-exception';

describe('a cause of the operator', () => {
  test('of the guide answers a recorded incident that no rule knows', () => {
    expect(diagnosed(UNKNOWN).primary?.cause).toBe('unhandled-exception');
    const yaml = /```yaml\n([\s\S]*?)```/.exec(GUIDE)?.[1]?.replaceAll(/^ {3}/gm, '') ?? '';
    use(yaml);
    const { primary, others } = diagnosed(UNKNOWN);
    expect(primary).toMatchObject({ cause: 'layer-shapes', confidence: 'likely', severity: 'blocking' });
    expect(primary?.headline).toMatch(/^Layer 3 of the strategy /);
    expect(primary?.evidence[0]?.text).toContain('shape mismatch in layer 3');
    expect(others.map(({ cause }) => cause)).not.toContain('unhandled-exception');
    expect(ruleNamed('layer-shapes')?.proof).toContain('shape mismatch');
  });

  test('changes nothing about the other incidents', () => {
    const before = INCIDENTS.map((one) => diagnosedCause(one));
    use(cause('when: { exception: NobodyRaisesThisError }'));
    expect(INCIDENTS.map((one) => diagnosedCause(one))).toEqual(before);
  });

  test.each([
    ['the whole message', 'message: shape mismatch in layer 3', true],
    ['not a part of it', 'message: shape mismatch', false],
    ['the start of it', 'message: { starts-with: shape mismatch }', true],
    ['the end of it', 'message: { ends-with: layer 3 }', true],
    ['all of it by an expression', "message: { matches: 'shape .* \\d' }", true],
    ['not a part of it by an expression', "message: { matches: 'mismatch' }", false],
    ['a service', 'service: { starts-with: ktrdr- }', true],
    ['a service in other letters', 'service: { starts-with: KTRDR- }', false],
    ['the type of the operation', 'types: [backtest], service: { starts-with: ktrdr- }', false],
    ['an attribute that nobody has', 'attributes: { no.such.thing: { matches: .* } }', false],
    ['an attribute called like a method', 'attributes: { toString: { matches: .* } }', false],
  ])('is found by %s', (_, when, isFound) => {
    use(cause(`when: { ${when} }`));
    expect(diagnosed(UNKNOWN).primary?.cause === 'own').toBe(isFound);
  });

  test('asks for all conditions of one and the same span', () => {
    const { traces } = incident(UNKNOWN);
    const spans = traces.flatMap((trace) => trace.spans);
    const one = spans[0];
    const other = spans.find(({ service }) => service !== one?.service);
    if (one === undefined || other === undefined) throw new Error('this needs an incident with two services');
    use(cause(`when: { span: '${one.name}', service: '${one.service}' }`));
    expect(causes(diagnosed(UNKNOWN))).toContain('own');
    use(cause(`when: { span: '${one.name}', service: '${other.service}' }`));
    expect(causes(diagnosed(UNKNOWN))).not.toContain('own');
  });

  test('of the scenario failed is not reported of an operation that did not fail', () => {
    const healthy = INCIDENTS.filter(({ expected }) => expected.healthy === true);
    expect(healthy.length).toBeGreaterThan(0);
    use(cause("when: { service: { matches: '.*' } }"));
    for (const one of healthy)
      expect(causes(diagnose(caseOf(one, 'v3', { api: true }), { deployment: 'local', apiUrl: null }))).not.toContain(
        'own',
      );
  });

  test('has the fixes of the deployment, and says so when there are none', () => {
    use(cause("when: { service: { matches: '.*' } }", 'fixes: [{ advice: Here., deployments: [homelab] }]'));
    const fixesIn = (deployment: 'local' | 'homelab') => diagnosed(UNKNOWN, deployment).primary?.fixes;
    expect(fixesIn('homelab')).toEqual([{ kind: 'advice', text: 'Here.' }]);
    expect(fixesIn('local')).toEqual([{ kind: 'advice', text: expect.stringContaining('no fix for this cause') }]);
  });
});

describe('a command of the operator', () => {
  test('gets every value as one word, whatever a span says', () => {
    const hostile = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        "X'; touch y; '",
        '$(id)',
        '`id`',
        '-rf',
        'a b',
        '"',
        '\\',
        '!!',
        '*',
        '~',
        '&& id',
        '> f',
        '{symbol}',
      ),
    );
    fc.assert(
      fc.property(hostile, (symbol) => {
        use(
          cause(
            "when: { service: { matches: '.*' } }",
            "fixes: [{ command: 'ktrdr show {symbol}', label: Show it, effect: inspects }]",
          ),
        );
        const given = incident(UNKNOWN);
        const traces = given.traces.map((trace) => ({
          ...trace,
          spans: trace.spans.map((span) => ({ ...span, attributes: { ...span.attributes, 'data.symbol': symbol } })),
        }));
        const [fix] =
          diagnose({ ...given, traces, operation: null }, { deployment: 'local', apiUrl: null }).primary?.fixes ?? [];
        if (fix?.kind !== 'command') {
          expect(fix).toMatchObject({ kind: 'advice', text: 'Show it.' });
          return;
        }
        const { ran, left } = runCommands([fix.command]);
        expect(left).toEqual([]);
        expect(ran[0]?.calls).toEqual([['ktrdr', 'show', symbol.trim()]]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('built-in causes', () => {
  test('that are switched off are not reported and not listed', () => {
    const one = INCIDENTS.find((each) => acceptedCauses(each, { api: true })[0] === 'data-missing/not-cached');
    if (one === undefined) throw new Error('no incident');
    use('off: [data-missing]');
    const found = diagnose(caseOf(one, 'v3', { api: true }), { deployment: 'local', apiUrl: null });
    expect(causes(found).filter((name) => name.startsWith('data-missing'))).toEqual([]);
    expect(catalogue()).toHaveLength(RULES.length - 1);
    expect(ruleNamed('data-missing')).toBeNull();
  });
});

function causes({ primary, others }: Diagnosis): readonly string[] {
  return [...(primary === null ? [] : [primary]), ...others].map((finding) => finding.cause);
}

function diagnosedCause(one: (typeof INCIDENTS)[number]): string | null {
  return diagnose(caseOf(one, 'v3', { api: true }), { deployment: 'local', apiUrl: null }).primary?.cause ?? null;
}

function cause(when: string, fixes = 'fixes: [{ advice: Mend it. }]'): string {
  return `causes:
  - id: own
    title: Something of ours
    ${when}
    headline: It is ours.
    explanation: We know it.
    ${fixes}
`;
}
