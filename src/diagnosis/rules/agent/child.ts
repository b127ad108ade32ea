/** Why an operation that a research started has failed, by the message that the research repeats. */
import type { Facts } from '../../facts/index.ts';
import type { ReportedError } from '../../facts/reported-error.ts';
import type { Match, RuleContext } from '../../rule.ts';
import { operationNoun } from '../../words.ts';
import { rule as dataMissing } from '../data-missing/rule.ts';
import { rule as database } from '../database/rule.ts';
import { rule as invalidInput } from '../invalid-input/rule.ts';
import { rule as resources } from '../resources/rule.ts';
import { rule as serviceUnreachable } from '../service-unreachable/rule.ts';

/** Those that read messages, more specific ones first. */
const RULES = [resources, dataMissing, database, invalidInput, serviceUnreachable];

export function causeOfChild(
  facts: Facts,
  { error, text, phase }: { readonly error: ReportedError; readonly text: string; readonly phase: string | undefined },
  context: RuleContext,
): Match | null {
  const type = phase === 'Backtest' ? 'backtesting' : 'training';
  const decisive = { ...error, text, type: null };
  const child: Facts = {
    ...facts,
    type,
    start: null,
    workers: { ...facts.workers, location: { endpoint: null, workerType: type } },
    failure: { ...facts.failure, decisive, reportedErrors: [decisive] },
  };
  for (const { check } of RULES) {
    const result = check(child, { ...context, noun: operationNoun(type) });
    if (result.kind === 'match') return result;
  }
  return null;
}
