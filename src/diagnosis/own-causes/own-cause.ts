/** Causes that an operator adds without code, and built-in ones that are disabled: plain data, as it is sent to computing processes. */
import type { Confidence, Scenario, Severity } from '../finding.ts';
import type { Deployment } from '../fixes/deployment.ts';
import type { OperationType } from '../vocabulary/operations.ts';

export interface OwnCauses {
  readonly causes: readonly OwnCause[];
  /** IDs of built-in causes (`rule`) that are not reported. */
  readonly off: readonly string[];
}

export const NO_OWN_CAUSES: OwnCauses = { causes: [], off: [] };

export interface OwnCause {
  readonly id: string;
  /** A noun phrase for what is wrong. */
  readonly title: string;
  readonly when: Conditions;
  readonly scenario: Scenario;
  readonly severity: Severity;
  /** An operator's cause is never certain, because nothing measures it against incidents. */
  readonly confidence: Exclude<Confidence, 'certain'>;
  readonly headline: string;
  readonly explanation: string;
  /** At least one. */
  readonly fixes: readonly OwnFix[];
}

/** All conditions that are given must hold. */
export interface Conditions {
  /** One of these; absent: all. */
  readonly types?: readonly OperationType[];
  /** The words with which the operation failed, or one of the sentences in them. */
  readonly message?: TextMatch;
  /** The type of the exception, with or without its module. */
  readonly exception?: TextMatch;
  /** These three apply to the same span of the operation. */
  readonly span?: TextMatch;
  readonly service?: TextMatch;
  readonly attributes?: Readonly<Record<string, TextMatch>>;
}

/** About the whole text; a regular expression must match all of it. */
export type TextMatch =
  | { readonly kind: 'equals'; readonly text: string }
  | { readonly kind: 'starts-with'; readonly text: string }
  | { readonly kind: 'ends-with'; readonly text: string }
  | { readonly kind: 'matches'; readonly text: string };

export type OwnFix =
  | { readonly kind: 'advice'; readonly text: string; readonly deployments?: readonly Deployment[] }
  | {
      readonly kind: 'command';
      readonly label: string;
      readonly command: string;
      readonly effect: 'inspects' | 'changes';
      readonly deployments?: readonly Deployment[];
    };

/** What a text or a command may name in braces, in addition to the named groups of `message`. */
export const PLACEHOLDERS = ['operation', 'symbol', 'timeframe', 'strategy', 'worker', 'service', 'noun'] as const;
