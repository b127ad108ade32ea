/** How well the engine answers recorded incidents, by vocabulary, dialect and witness. */

import type { Case } from '../src/diagnosis/case.ts';
import { ruleNamed } from '../src/diagnosis/catalogue.ts';
import { diagnose } from '../src/diagnosis/diagnose.ts';
import type { Diagnosis, Scenario } from '../src/diagnosis/finding.ts';
import { attributeNamed } from '../src/diagnosis/vocabulary/attribute-reference.ts';
import { acceptedCauses, caseOf, type Dialect, type Incident } from '../test/support/incidents.ts';

/** One incident, read in one dialect, with or without the ktrdr API. */
export interface Judgement {
  readonly incident: string;
  readonly vocabulary: 'documented' | 'real' | 'mixed';
  readonly dialect: Dialect;
  readonly witness: 'traces and ktrdr API' | 'traces only';
  readonly accepted: readonly string[];
  /** The first cause, or the verdict where there is none. */
  readonly answer: string;
  readonly isRight: boolean;
  /** Null where the expected causes do not determine one. */
  readonly isRightScenario: boolean | null;
  /** Of healthy and running operations alone. */
  readonly isFalseAlarm: boolean | null;
  /** Where a cause was expected: the engine found none. */
  readonly isAbstention: boolean | null;
}

/** How many of those that count; more is better for the first two. */
export interface Figure {
  readonly count: number;
  readonly of: number;
}

interface Figures {
  readonly rightCause: Figure;
  readonly rightScenario: Figure;
  readonly falseAlarms: Figure;
  readonly abstentions: Figure;
}

/** `all`, and one entry for each vocabulary, dialect and witness. */
export type Scoreboard = Readonly<Record<string, Figures>>;

/** Answers that blame nothing. */
const VERDICTS = ['healthy', 'running', 'nothing-found', 'not-found', 'unavailable'];
const NO_ANSWER = ['nothing-found', 'not-found', 'unavailable'];

export function judgeAll(incidents: readonly Incident[]): readonly Judgement[] {
  return incidents.flatMap((incident) =>
    (['legacy', 'v3'] as const).flatMap((dialect) => {
      const whole = caseOf(incident, dialect, { api: true });
      const hasApi = whole.operation !== null || whole.workers !== null;
      const tracesOnly = judge(incident, dialect, caseOf(incident, dialect, { api: false }), false);
      return hasApi ? [judge(incident, dialect, whole, true), tracesOnly] : [tracesOnly];
    }),
  );
}

export function scoreboardOf(judgements: readonly Judgement[]): Scoreboard {
  const groups: Record<string, readonly Judgement[]> = { all: judgements };
  for (const aspect of ['vocabulary', 'dialect', 'witness'] as const)
    for (const value of [...new Set(judgements.map((judgement) => judgement[aspect]))].sort())
      groups[`${aspect}: ${value}`] = judgements.filter((judgement) => judgement[aspect] === value);
  return Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, figuresOf(group)]));
}

/** Sentences, one for each figure that is worse than it was; a group that is gone is worse too. */
export function regressions(now: Scoreboard, before: Scoreboard): readonly string[] {
  return Object.entries(before).flatMap(([group, figures]) => {
    const current = now[group];
    if (current === undefined) return [`No incident is left in "${group}".`];
    return (Object.keys(figures) as (keyof Figures)[])
      .filter((name) => loss(name, figures[name], current[name]) > 1e-9)
      .map((name) => `${group}: ${name} ${text(current[name])}, was ${text(figures[name])}.`);
  });
}

export function text({ count, of }: Figure): string {
  return of === 0 ? '–' : `${count}/${of}`;
}

function judge(incident: Incident, dialect: Dialect, kase: Case, api: boolean): Judgement {
  const said = diagnose(kase, { deployment: 'local', apiUrl: null });
  const accepted = acceptedCauses(incident, { api });
  const answer = said.primary?.cause ?? said.verdict;
  const scenario = scenarioOf(accepted);
  const isQuiet = incident.expected.healthy === true || accepted.every((cause) => VERDICTS.includes(cause));
  const isFault = accepted.every((cause) => !VERDICTS.includes(cause));
  return {
    incident: incident.name,
    vocabulary: vocabularyOf(kase),
    dialect,
    witness: api ? 'traces and ktrdr API' : 'traces only',
    accepted,
    answer,
    isRight: isQuiet ? alarms(said).length === 0 : accepted.some((cause) => matches(answer, cause)),
    isRightScenario: scenario === null || isQuiet ? null : said.primary?.scenario === scenario,
    isFalseAlarm: isQuiet ? alarms(said).length > 0 : null,
    isAbstention: isFault ? said.primary === null && NO_ANSWER.includes(answer) : null,
  };
}

/** A rule's name stands for all its variants. */
function matches(answer: string, cause: string): boolean {
  return answer === cause || answer.startsWith(cause.endsWith('/') ? cause : `${cause}/`);
}

function alarms({ primary, others }: Diagnosis): readonly string[] {
  const findings = primary === null ? others : [primary, ...others];
  return findings.filter(({ severity }) => severity !== 'notice').map(({ cause }) => cause);
}

function scenarioOf(causes: readonly string[]): Scenario | null {
  if (causes.some((cause) => VERDICTS.includes(cause))) return null;
  const scenarios = causes.map((cause) => ruleNamed(cause.split('/', 1)[0] ?? '')?.scenario);
  const [first, second] = new Set(scenarios.filter((scenario) => scenario !== undefined));
  return first !== undefined && second === undefined ? first : null;
}

function vocabularyOf({ traces }: Case): Judgement['vocabulary'] {
  const names = new Set(traces.flatMap(({ spans }) => spans.flatMap(({ attributes }) => Object.keys(attributes))));
  const used = new Set([...names].map((name) => attributeNamed(name)?.vocabulary));
  if (!used.has('documented')) return 'real';
  return used.has('real') ? 'mixed' : 'documented';
}

function figuresOf(group: readonly Judgement[]): Figures {
  const figure = (values: readonly (boolean | null)[]): Figure => {
    const counted = values.filter((value) => value !== null);
    return { count: counted.filter(Boolean).length, of: counted.length };
  };
  return {
    rightCause: figure(group.map(({ isRight }) => isRight)),
    rightScenario: figure(group.map(({ isRightScenario }) => isRightScenario)),
    falseAlarms: figure(group.map(({ isFalseAlarm }) => isFalseAlarm)),
    abstentions: figure(group.map(({ isAbstention }) => isAbstention)),
  };
}

function loss(name: keyof Figures, before: Figure, now: Figure): number {
  const share = ({ count, of }: Figure) => (of === 0 ? 0 : count / of);
  if (name === 'falseAlarms' || name === 'abstentions') return share(now) - share(before);
  return before.of === 0 ? 0 : share(before) - share(now);
}
