import type { Symptoms } from './case.ts';
import type { Clean } from './clean.ts';
import { type EvidenceDraft, reportedError } from './evidence.ts';
import type { Facts } from './facts/index.ts';
import type { Explained } from './facts/reported-error.ts';
import type { Confidence, Finding, Fix, Gap, NonEmpty, Scenario, Severity, SpanRef } from './finding.ts';
import type { Deployment } from './fixes/deployment.ts';
import { advice, type FixTable } from './fixes/table.ts';
import type { BaselineComparison } from './timing/baseline.ts';
import type { Micros, Span } from './trace.ts';

/** What a rule found. The engine adds the rule's own name and defaults to make a finding of it. */
export interface Match {
  /** One of the rule's `variants`, or absent for a rule without any. */
  readonly variant?: string;
  readonly confidence: Confidence;
  /** When it differs from the rule's usual severity. */
  readonly severity?: Severity;
  readonly headline: string;
  readonly explanation: string;
  readonly culprit?: Span | SpanRef | null;
  /** Replaces the culprit. */
  readonly gap?: Gap | null;
  readonly evidence: NonEmpty<EvidenceDraft>;
  /** In any order: the engine puts first what helps most. */
  readonly fixes: NonEmpty<Fix>;
  /** One of the fixes: it comes first, however certain the cause is. */
  readonly lookFirst?: Fix | null;
}

/** Entries that don't apply are null, undefined, or false; at least one always applies. */
type Entries<T> = readonly [T, ...Optional<T>[]] | readonly [...Optional<T>[], T];
type Optional<T> = T | null | undefined | false;

/** A match as a rule writes it. A sentence among the fixes is advice. */
export interface MatchDraft extends Omit<Match, 'evidence' | 'fixes'> {
  readonly evidence: Entries<EvidenceDraft>;
  readonly fixes: Entries<Fix | string>;
}

/** What a variant says, without its evidence. */
export type RuleText = Pick<MatchDraft, 'headline' | 'explanation' | 'fixes' | 'lookFirst'>;

export type RuleResult =
  | ({ readonly kind: 'match' } & Match)
  | { readonly kind: 'clear' }
  | { readonly kind: 'not-enough-data'; readonly missing: readonly string[] };

/** The only things besides facts that a rule may look at: no clock, network or environment. */
export interface RuleContext {
  readonly now: Micros;
  readonly symptom: Symptoms | null;
  /** What earlier operations of its kind took; null when none is known. */
  readonly baseline: BaselineComparison | null;
  /** What the operation is called in a sentence: `backtest`. */
  readonly noun: string;
  /** For text quoted in a sentence, which is cleaned before it is shortened. */
  readonly clean: Clean;
  readonly deployment: Deployment;
  /** The commands of that deployment. */
  readonly fix: FixTable;
  /** What the other rules find in changed facts, such as those of an operation that this one started; null if nothing. */
  readonly findCause: (facts: Facts) => Finding | null;
}

/**
 * How much a rule's finding says about the cause, most first. A finding replaces those of lower tiers that are no more
 * severe: an operation that failed for lack of data needs no additional "unrecognized error".
 */
export const TIERS = ['specific', 'general', 'fallback'] as const;
type Tier = (typeof TIERS)[number];

/** A rule is data plus one pure function. Its file name is its id; its variants are its possible outcomes. */
export interface Rule {
  readonly id: string;
  /** A noun phrase for what is wrong. */
  readonly title: string;
  /** For `explain`: what a person sees, and what the rule needs to decide. One or two sentences each. */
  readonly symptom: string;
  readonly proof: string;
  readonly scenario: Scenario;
  readonly severity: Severity;
  /** Variant → what it means, in one sentence. Empty for a rule without variants. */
  readonly variants: Readonly<Record<string, string>>;
  /** Absent for a rule about durations: it neither replaces a cause of failure nor is replaced by one, except by name. */
  readonly tier?: Tier;
  /** Findings (`rule` or `rule/variant`) that this rule explains although its tier alone doesn't say so. */
  readonly supersedes?: readonly string[];
  readonly check: (facts: Facts, context: RuleContext) => RuleResult;
}

/** Type-checks a rule where it is written; IDs are checked against file names by a test. */
export function defineRule<const R extends Rule>(rule: R): Rule {
  return rule;
}

export const clear: RuleResult = { kind: 'clear' };

export function match({ evidence, fixes, ...draft }: MatchDraft): RuleResult {
  return {
    kind: 'match',
    ...draft,
    evidence: applicable(evidence, (entry) => entry),
    fixes: applicable(fixes, (fix) => (typeof fix === 'string' ? advice(fix) : fix)),
  };
}

/** The usual proof of a cause that the operation's own words name. */
export function proofOf({ variant, confidence, reportedError: error }: Explained<string>) {
  return { variant, confidence, culprit: error.span, evidence: [reportedError(error)] as const };
}

function applicable<T, R>(entries: Entries<T>, read: (entry: T) => R): NonEmpty<R> {
  const [first, ...rest] = entries.flatMap((entry) =>
    entry === null || entry === undefined || entry === false ? [] : [read(entry)],
  );
  if (first === undefined) throw new Error('A match needs evidence and fixes.');
  return [first, ...rest];
}

export function notEnoughData(...missing: string[]): RuleResult {
  return { kind: 'not-enough-data', missing };
}
