/** Which fix helps most right now, and the order of the others: for all rules in one place. */
import type { Confidence, Fix, NonEmpty } from '../finding.ts';

export interface Steps {
  readonly fixes: NonEmpty<Fix>;
  /** What comes first, however certain the cause is. */
  readonly lookFirst?: Fix | null;
}

/**
 * A certain cause is fixed; one that is only likely is first distinguished from the others, by a command that inspects.
 * Among the other commands, those that inspect come before those that change something, and advice comes last.
 */
export function inOrder({ fixes, lookFirst }: Steps, confidence: Confidence): NonEmpty<Fix> {
  const effect = confidence === 'certain' ? 'changes' : 'inspects';
  const first =
    lookFirst ??
    fixes.find((fix) => isCommand(fix, effect)) ??
    fixes.find((fix) => isCommand(fix)) ??
    adviceFor(fixes, effect);
  const [next = first, ...rest] = [
    first,
    ...fixes.filter((fix) => isCommand(fix, 'inspects')),
    ...fixes.filter((fix) => isCommand(fix, 'changes')),
    ...fixes.filter((fix) => !isCommand(fix)),
  ];
  // Several steps at one container begin with the same search for its name.
  const seen = new Set([identity(next)]);
  return [next, ...rest.filter((fix) => seen.size < seen.add(identity(fix)).size)];
}

/** What makes two fixes the same. */
export function identity(fix: Fix): string {
  if (fix.kind === 'command') return fix.command;
  return fix.kind === 'advice' ? fix.text : fix.url;
}

function isCommand(fix: Fix, effect?: 'inspects' | 'changes'): boolean {
  return fix.kind === 'command' && (effect === undefined || fix.effect === effect);
}

/** If there is only advice: what to do about a certain cause, and what to check otherwise. */
function adviceFor(fixes: NonEmpty<Fix>, effect: 'inspects' | 'changes'): Fix {
  return fixes.find((fix) => isLook(fix) === (effect === 'inspects')) ?? fixes[0];
}

/** Advice that replaces a command that inspects. */
export function isLook(fix: Fix): boolean {
  return fix.kind === 'advice' && fix.effect === 'inspects';
}
