/** Which of two findings of one operation is shown: by tier and severity, or because one names the other. */
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { SEVERITIES, type Severity } from '../../src/diagnosis/finding.ts';
import { type Rule, TIERS } from '../../src/diagnosis/rule.ts';
import { RULES } from '../../src/diagnosis/rules/index.ts';
import { caseOf } from '../support/build.ts';

/** Why each named exception is one, as `rule that explains → finding it replaces`. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'agent → workers-unavailable': 'a phase of the research run had no worker',
  'agent → data-missing': 'a child operation had no data',
  'agent → resources': 'a child operation ran out of memory',
  'agent → database': 'a child operation could not be stored',
  'agent → worker-lost/false-alarm': 'the research run is not claimed by a worker',
  'backend-restarted → worker-lost/crashed': 'the operation ran in the backend, not on a worker',
  'backend-spans-only → progress-not-traced': 'without worker spans there is no progress to trace',
  'cancelled → unhandled-exception': 'cancelling raises an exception',
  'export-overhead → slow': 'exporting is what took long',
  'failed-without-trace → backend-spans-only': 'the record says how it ended',
  'failed-without-trace → trace-not-found': 'the record says how it ended',
  'failed-without-trace → worker-selection-missing': 'the record says how it ended',
  'ib-gateway → worker-lost/false-alarm': 'the download failed before it could be orphaned',
  'progress-stalled → slow': 'it is stuck, not slow',
  'resume-failed → status-misreported': 'the refused resume changed the status',
  'resume-failed → worker-lost/crashed': 'the crash is why it was resumed',
  'resume-failed → worker-lost/shutdown': 'the shutdown is why it was resumed',
  'resume-failed → worker-lost/zombie': 'the old worker is why it was resumed',
  'resume-failed → workers-unavailable': 'the resume had no worker',
  'service-timeout → slow': 'waiting for the service is what took long',
  'service-timeout → worker-lost/false-alarm': 'the error came first',
  'service-unreachable → worker-lost/false-alarm': 'the error came first',
  'singleton-mismatch → slow': 'it is not running at all',
  'status-misreported → progress-stalled': 'the record stopped, not the operation',
  'status-misreported → worker-lost/undetected': 'the record stopped, not the worker',
  'worker-rejected → worker-selection-missing': 'a worker was selected: it answered',
  'worker-unreachable → slow': 'waiting for the worker is what took long',
  'worker-unreachable → workers-unavailable/unspecified': 'the reason is known',
};

/** Pairs that tiers decide: a rule, and a more general one whose finding it replaces. */
const BY_TIER = [
  ['agent', 'invalid-input'],
  ['data-missing', 'invalid-input'],
  ['database', 'service-unreachable'],
  ['database', 'worker-rejected'],
  ['duplicate-operation', 'invalid-input'],
  ['duplicate-operation', 'worker-rejected'],
  ['ib-gateway', 'service-timeout'],
  ['invalid-input', 'unhandled-exception'],
  ['progress-stalled', 'still-running'],
  ['resources', 'invalid-input'],
  ['resume-failed', 'worker-rejected'],
  ['service-timeout', 'unhandled-exception'],
  ['service-unreachable', 'backend-spans-only'],
  ['singleton-mismatch', 'progress-stalled'],
  ['status-misreported', 'still-running'],
  ['trace-split', 'backend-spans-only'],
  ['worker-lost', 'cancelled'],
  ['worker-lost', 'progress-stalled'],
  ['worker-rejected', 'failed-without-trace'],
  ['worker-selection-missing', 'still-running'],
  ['worker-unreachable', 'worker-selection-missing'],
  ['workers-unavailable', 'worker-selection-missing'],
  ['backend-restarted', 'unhandled-exception'],
] as const;

const named = RULES.flatMap((rule) => (rule.supersedes ?? []).map((cause) => ({ rule, cause })));

describe('tiers', () => {
  const pairs = TIERS.flatMap((tier) =>
    TIERS.flatMap((other) =>
      SEVERITIES.flatMap((severity) => SEVERITIES.map((otherSeverity) => ({ tier, other, severity, otherSeverity }))),
    ),
  );
  test.each(pairs)('$tier $severity beside $other $otherSeverity', ({ tier, other, severity, otherSeverity }) => {
    const explains =
      TIERS.indexOf(tier) < TIERS.indexOf(other) && SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(otherSeverity);
    const isExplained =
      TIERS.indexOf(other) < TIERS.indexOf(tier) && SEVERITIES.indexOf(otherSeverity) <= SEVERITIES.indexOf(severity);
    const shown = shownOf(
      matching('one', { tier, severity }),
      matching('other', { tier: other, severity: otherSeverity }),
    );
    expect(shown).toEqual([...(isExplained ? [] : ['one']), ...(explains ? [] : ['other'])]);
  });

  test.each(BY_TIER)('%s replaces %s', (id, replaced) => {
    expect(
      shownOf(...RULES.filter((rule) => rule.id === id || rule.id === replaced).map((rule) => always(rule))),
    ).toEqual([id]);
  });

  test('a rule about durations neither explains nor is explained', () => {
    for (const tier of TIERS) {
      expect(shownOf(matching('slow', {}), matching('other', { tier }))).toEqual(['other', 'slow']);
    }
  });
});

describe('named exceptions', () => {
  test('are the ones with a reason', () => {
    expect(named.map(({ rule, cause }) => `${rule.id} → ${cause}`).sort()).toEqual(Object.keys(EXCEPTIONS).sort());
  });

  test.each(named)('$rule.id replaces $cause', ({ rule, cause }) => {
    const [id = '', variant] = cause.split('/');
    const other = RULES.find((candidate) => candidate.id === id);
    expect(other).toBeDefined();
    if (other === undefined) return;
    const shown = shownOf(always(rule), always(other, variant));
    expect(shown).toEqual([rule.id]);
  });

  test.each(named)('$rule.id → $cause is not what the tiers say anyway', ({ rule, cause }) => {
    const other = RULES.find(({ id }) => id === cause.split('/')[0]);
    const { supersedes: _, ...withoutNames } = rule;
    expect(other !== undefined && shownOf(always(withoutNames), always(other)).includes(other.id)).toBe(true);
  });
});

/** The ids of the rules whose findings are left, when all of them match. */
function shownOf(...rules: readonly Rule[]): readonly string[] {
  const { primary, others } = diagnose(caseOf({ now: 0 }), { deployment: 'local', apiUrl: null, rules });
  return [...(primary === null ? [] : [primary]), ...others].map(({ cause }) => cause.split('/')[0] ?? cause).sort();
}

function matching(id: string, { tier, severity = 'blocking' }: { tier?: Rule['tier']; severity?: Severity }): Rule {
  const rule = { id, severity, title: id, symptom: '', proof: '', scenario: 'failed' as const, variants: {} };
  return always(tier === undefined ? { ...rule, check } : { ...rule, tier, check });
}

function always(rule: Rule, variant?: string): Rule {
  return { ...rule, check: () => ({ ...check(), ...(variant === undefined ? {} : { variant }) }) };
}

function check() {
  return {
    kind: 'match',
    confidence: 'certain',
    headline: 'Headline.',
    explanation: '',
    evidence: [{ kind: 'count', text: 'one' }],
    fixes: [{ kind: 'advice', text: 'Nothing.' }],
  } as const;
}
