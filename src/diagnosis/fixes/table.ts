/**
 * Every command that a finding may recommend, each in one entry: only those that exist and report the truth in the current ktrdr,
 * by container, because `docker compose up` needs the secrets of the first start and recreates with blank ones.
 * Left out on purpose: `ktrdr ib test|status|cleanup` (always print OK), `ktrdr list …` (empty or unusable), `--scale`
 * (service names and ports are fixed), the IB host's `/health/detailed` (always false), `POST …/retry` (dispatches nothing),
 * `kinfra sandbox up` (refuses to run while anything is running), `kinfra deploy core` (hands over the wrong variables).
 */
import type { Clean } from '../clean.ts';
import type { Facts } from '../facts/index.ts';
import { hostFixes } from './host-fixes.ts';
import { fixMaker } from './make.ts';
import { operationFixes } from './operation-fixes.ts';
import { serviceFixes } from './service-fixes.ts';
import { type DeploymentOptions, stackOf } from './stack.ts';
import { strategyFixes } from './strategy-fixes.ts';
import { workerFixes } from './worker-fixes.ts';

export { advice, readAs } from './make.ts';
export type { DeploymentOptions } from './stack.ts';

export type FixTable = ReturnType<typeof fixesFor>;

/** `clean` is applied to every text that is shown: a value that it would change is never put into a command. */
export function fixesFor(options: DeploymentOptions, facts: Facts, clean: Clean) {
  const stack = stackOf(options, clean);
  const make = fixMaker(stack, clean);
  return {
    ...workerFixes(stack, make, facts),
    ...serviceFixes(stack, make, facts),
    ...hostFixes(stack),
    ...operationFixes(make, facts),
    ...strategyFixes(stack, make),
  };
}
