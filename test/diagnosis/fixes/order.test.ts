/** The first fix is the one that helps most now, over all recorded incidents in every deployment. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import type { Confidence, Fix, NonEmpty } from '../../../src/diagnosis/finding.ts';
import { DEPLOYMENTS, LAYOUTS } from '../../../src/diagnosis/fixes/deployment.ts';
import { advice, changes, inspects, looks } from '../../../src/diagnosis/fixes/make.ts';
import { inOrder } from '../../../src/diagnosis/fixes/order.ts';
import { literal, sh } from '../../../src/diagnosis/fixes/shell.ts';
import { nextStep } from '../../../src/formatters/answer/fix.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';
import { findingsOf } from '../../support/judge.ts';

const look = inspects('Look', 'It shows this.', sh`ls`);
const lookAgain = inspects('Look again', 'It shows that.', sh`pwd`);
const remedy = changes('Mend', sh`touch ${literal('x')}`);
const words = advice('Do it.');
const untyped = looks('Look for it.');

describe('the order of fixes', () => {
  it.each<[string, Confidence, NonEmpty<Fix>, Fix | null, readonly Fix[]]>([
    ['a certain cause is fixed', 'certain', [look, words, remedy, lookAgain], null, [remedy, look, lookAgain, words]],
    ['one that is likely is looked at', 'likely', [remedy, look, words], null, [look, remedy, words]],
    [
      'so is one that is possible',
      'possible',
      [words, remedy, look, lookAgain],
      null,
      [look, lookAgain, remedy, words],
    ],
    [
      'what has to be seen first comes first',
      'certain',
      [remedy, look, lookAgain],
      lookAgain,
      [lookAgain, look, remedy],
    ],
    [
      'the same command comes once',
      'certain',
      [look, inspects('Other', 'The same.', sh`ls`), remedy],
      null,
      [remedy, look],
    ],
    ['of advice, the remedy of a certain cause', 'certain', [untyped, words], null, [words, untyped]],
    ['of advice, the look at another', 'likely', [words, untyped], null, [untyped, words]],
  ])('%s', (_about, confidence, fixes, lookFirst, expected) => {
    expect(inOrder({ fixes, lookFirst }, confidence)).toEqual(expected);
  });
});

/** Certain, and still to be looked at first: what the fix is depends on the answer. */
const DEPENDS =
  /^(?:cancelled|worker-lost\/crashed|worker-unreachable\/(?:timeout|unresolvable)|data-missing\/insufficient|invalid-input\/strategy-invalid|resume-failed\/no-worker|backend-restarted|agent\/child-failed)/;

const CASES = incidentsIn(FIXTURES).flatMap((incident) =>
  [true, false].map((api) => ({ name: `${incident.name}${api ? '' : ' (traces only)'}`, incident, api })),
);

describe.each(CASES)('the fixes of $name', ({ incident, api }) => {
  const kase = caseOf(incident, 'v3', { api });
  const said = DEPLOYMENTS.map((deployment) => ({
    deployment,
    diagnosis: diagnose(kase, { deployment, apiUrl: null }),
  }));
  const everything = JSON.stringify(kase);

  it('begin with the one that helps most', () => {
    for (const { deployment, diagnosis } of said) {
      for (const finding of findingsOf(diagnosis)) {
        const { cause, confidence, fixes } = finding;
        const about = `${cause} in ${deployment}`;
        const [first, ...rest] = fixes;
        const step = nextStep(finding);
        expect(step.command, about).toBe(first.kind === 'command' ? first.command : null);
        const commands = fixes.filter((fix) => fix.kind === 'command');
        if (commands.length > 0) expect(first.kind, about).toBe('command');
        const canChange = commands.some(({ effect }) => effect === 'changes');
        if (confidence === 'certain') {
          if (canChange && !DEPENDS.test(cause)) expect(first, about).toMatchObject({ effect: 'changes' });
        } else if (first.kind === 'command') {
          expect(first, `${about} is only ${confidence}`).toMatchObject({ effect: 'inspects' });
          expect(step.text, about).toContain(first.reading?.slice(0, 60));
          expect(step.title, about).toBe(finding.severity === 'notice' ? 'Next' : 'Check first');
        } else if (finding.severity !== 'notice') expect(step.title, about).toMatch(/^(?:If so|Check first)$/);
        const looksAfterChange = rest.findLastIndex((fix) => fix.kind === 'command' && fix.effect === 'inspects');
        const firstChange = rest.findIndex((fix) => fix.kind === 'command' && fix.effect === 'changes');
        if (firstChange >= 0) expect(looksAfterChange, about).toBeLessThan(firstChange);
      }
    }
  });

  it('point to nothing that is not there', () => {
    for (const { deployment, diagnosis } of said) {
      for (const { cause, fixes } of findingsOf(diagnosis)) {
        for (const fix of fixes) {
          const text =
            fix.kind === 'command' ? `${fix.label} ${fix.reading ?? ''} ${fix.command}` : JSON.stringify(fix);
          const about = `${cause} in ${deployment}: ${text}`;
          expect(text, about).not.toMatch(/\b(?:null|undefined|NaN|None)\b|N\/A/);
          for (const id of text.match(/\bop_[a-z_]+_\d{8}_\d{6}_\w+/g) ?? []) expect(everything, about).toContain(id);
          if (fix.kind !== 'command') continue;
          for (const name of containersIn(fix.command)) expect(containersOf(deployment), about).toContain(name);
          expect(fix.effect === 'inspects', about).toBe(fix.reading !== undefined);
          if (/^ktrdr\b.* resume /.test(fix.command)) expect(diagnosis.status, about).toMatch(/^(?:failed|cancelled)$/);
        }
      }
    }
  });
});

function containersIn(command: string): readonly string[] {
  const one = /docker (?:logs --tail 200|restart|exec) ([\w.-]+)/.exec(command)?.[1];
  const many = /docker start ((?:[\w.-]+ ?)+)/.exec(command)?.[1]?.split(' ') ?? [];
  return one === undefined ? many : [one, ...many];
}

function containersOf(deployment: (typeof DEPLOYMENTS)[number]): readonly string[] {
  const layout = LAYOUTS[deployment];
  if (layout.kind === 'hosts')
    return ['ktrdr-backend', 'ktrdr-db', ...layout.machines.flatMap(({ containers }) => Object.values(containers))];
  const services = ['backend', 'db', ...Object.values(layout.workers ?? {}).flat()];
  return layout.project === null ? [] : services.map((service) => `${layout.project}-${service}-1`);
}
