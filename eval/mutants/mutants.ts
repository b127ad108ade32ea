/** Mutants: incidents with one change, always the same for the same seed. */

import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import type { Dialect, Incident } from '../../test/support/incidents.ts';
import { acceptedBy, caseOfDraft, type Draft, draftOf } from './draft.ts';
import { type Group, KINDS } from './kinds.ts';
import type { Kind } from './parts.ts';
import { randomOf } from './random.ts';

export interface Mutant {
  readonly kind: string;
  readonly group: Group;
  readonly seed: number;
  readonly dialect: Dialect;
  readonly draft: Draft;
}

export interface Judged extends Pick<Mutant, 'kind' | 'group' | 'seed' | 'dialect'> {
  readonly incident: string;
  readonly api: boolean;
  readonly outcome: 'right' | 'abstained' | 'wrong';
  /** Whether a wrong answer is given as certain. */
  readonly isCertain: boolean;
  /** Where nothing may be blocking or degraded: something is. */
  readonly isFalseAlarm: boolean;
  /** The first cause, or the verdict where there is none. */
  readonly answer: string;
  readonly accepted: readonly string[];
  readonly notes: string;
}

export interface Selection {
  readonly incidents: readonly Incident[];
  readonly seed: number;
  readonly count: number;
  /** Names of kinds; all if empty. */
  readonly only?: readonly string[];
}

/** Answers that admit that the cause isn't known. */
const ABSTENTIONS = ['unhandled-exception', 'failed-without-trace', 'nothing-found', 'not-found', 'unavailable'];

/**
 * The kinds take turns, so that each gets the same number of mutants; each goes through the incidents in an order of its own.
 * A kind that has gone through all of them goes on with the next seed. Fewer than `count` if nothing can be changed.
 */
export function* mutantsOf({ incidents, seed, count, only = [] }: Selection): Generator<Mutant> {
  const kinds = KINDS.filter(([, { name }]) => only.length === 0 || only.includes(name));
  let turns = kinds.map(([group, kind]) => endless(group, kind, incidents, seed));
  let made = 0;
  while (turns.length > 0)
    for (const turn of turns) {
      if (made === count) return;
      const { value, done } = turn.next();
      if (done === true) turns = turns.filter((other) => other !== turn);
      else {
        made += 1;
        yield value;
      }
    }
}

function* endless(group: Group, kind: Kind, incidents: readonly Incident[], first: number): Generator<Mutant, void> {
  for (let seed = first; ; seed += 1) {
    let isUsable = false;
    for (const incident of randomOf(seed, kind.name).shuffled(incidents)) {
      const mutant = mutantOf(group, kind, incident, seed);
      if (mutant === null) continue;
      isUsable = true;
      yield mutant;
    }
    if (!isUsable) return;
  }
}

/** Null where the incident has nothing that the kind could change. */
function mutantOf(group: Group, kind: Kind, incident: Incident, seed: number): Mutant | null {
  const random = randomOf(seed, `${kind.name} ${incident.name}`);
  const dialect = random.pick(['legacy', 'v3'] as const);
  const draft = structuredClone(original(incident));
  draft.api = random.chance(0.5);
  return kind.apply(draft, random) ? { kind: kind.name, group, seed, dialect, draft } : null;
}

const originals = new WeakMap<Incident, Draft>();

function original(incident: Incident): Draft {
  const known = originals.get(incident) ?? draftOf(incident, true);
  originals.set(incident, known);
  return known;
}

export function judge(mutant: Mutant): Judged {
  const { draft, kind, group, seed, dialect } = mutant;
  const said = diagnose(caseOfDraft(draft, dialect), { deployment: 'local', apiUrl: null });
  const answer = said.primary?.cause ?? said.verdict;
  const outcome = outcomeOf(said, answer, draft);
  const isAlarm = alarms(said).length > 0;
  return {
    kind,
    group,
    seed,
    dialect,
    incident: draft.name,
    api: draft.api,
    outcome,
    isCertain: outcome === 'wrong' && said.primary?.confidence === 'certain',
    isFalseAlarm: draft.expected.healthy === true && isAlarm,
    answer: draft.expected.healthy === true && isAlarm ? alarms(said).join(', ') : answer,
    accepted: acceptedBy(draft),
    notes: draft.notes,
  };
}

function outcomeOf(said: Diagnosis, answer: string, draft: Draft): Judged['outcome'] {
  const { healthy, never = [] } = draft.expected;
  if (healthy === true) return alarms(said).length === 0 ? 'right' : 'wrong';
  if (isOneOf(answer, acceptedBy(draft))) return 'right';
  if (isOneOf(answer, never) && said.primary?.confidence !== 'certain') return 'abstained';
  if (isOneOf(answer, ABSTENTIONS)) return 'abstained';
  return said.primary?.confidence === 'possible' ? 'abstained' : 'wrong';
}

function isOneOf(answer: string, causes: readonly string[]): boolean {
  return causes.some((cause) => answer.startsWith(cause));
}

function alarms({ primary, others }: Diagnosis): readonly string[] {
  const findings = primary === null ? others : [primary, ...others];
  return findings.filter(({ severity }) => severity !== 'notice').map(({ cause }) => cause);
}
