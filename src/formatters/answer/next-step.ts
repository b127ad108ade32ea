import type { Diagnosis, Finding, ShellCommand } from '../../diagnosis/finding.ts';
import { cut, oneLine } from '../blocks/mrkdwn.ts';

/** The finding that the headline tells: a fault, or what shows that there is none. */
export function mainFinding({ primary, others, headline }: Diagnosis): Finding | null {
  return primary ?? others.find((other) => other.headline === headline) ?? null;
}

export interface NextStep {
  readonly title: 'Fix' | 'Look first' | 'Next';
  readonly words: string;
  readonly command: ShellCommand | null;
}

/** What to do first. A cause that is certain needs no further look: then the command that mends it comes before those that only look. */
export function nextStep(finding: Finding): NextStep {
  const [first] = finding.fixes;
  const commands = finding.fixes.filter((fix) => fix.kind === 'command');
  const mends = commands.find((fix) => fix.effect === 'changes');
  const isSure = finding.confidence === 'certain' && first.kind === 'command';
  const command = (isSure ? mends : undefined) ?? commands[0];
  const advice = finding.fixes.find((fix) => fix.kind === 'advice');
  const told = [advice?.text, command?.label].filter((text) => text !== undefined);
  const inOrder = command?.effect === 'changes' && first.kind === 'command' ? told.toReversed() : told;
  const words = inOrder.length > 0 ? inOrder : [first.kind === 'advice' ? first.text : first.label];
  const onlyLooks = command?.effect === 'inspects' && advice === undefined;
  return {
    title: finding.severity === 'notice' ? 'Next' : onlyLooks ? 'Look first' : 'Fix',
    words: words.map((text) => sentence(cut(oneLine(text), 300))).join(' '),
    command: command?.command ?? null,
  };
}

/** With a full stop where it has no end of its own. */
export function sentence(text: string): string {
  return /[.!?…:]$/.test(text) ? text : `${text}.`;
}
