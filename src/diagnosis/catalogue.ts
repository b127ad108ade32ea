/**
 * The causes that this process knows: the built-in rules except those that are disabled, and the operator's. They are
 * set once, before anything is diagnosed, in each process and each of its computing processes.
 */
import { NO_OWN_CAUSES, type OwnCauses } from './own-causes/own-cause.ts';
import { ownRule } from './own-causes/rule.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules/index.ts';

let own: OwnCauses = NO_OWN_CAUSES;
let current: readonly Rule[] = RULES;

/** Built-in rules first, each group by ID. */
export function catalogue(): readonly Rule[] {
  return current;
}

/** What was set, for computing processes that need the same causes. */
export function ownCauses(): OwnCauses {
  return own;
}

export function useOwnCauses(given: OwnCauses): void {
  const { causes, off } = given;
  own = given;
  const kept = RULES.filter(({ id }) => !off.includes(id));
  current = causes.length === 0 ? kept : [...kept, ...causes.map(ownRule)];
}

/** `rule` or `rule/variant`; null when there is no such cause. */
export function ruleNamed(cause: string): Rule | null {
  const [id, variant] = cause.split('/', 2);
  const rule = current.find((known) => known.id === id);
  return rule !== undefined && (variant === undefined || Object.hasOwn(rule.variants, variant)) ? rule : null;
}
