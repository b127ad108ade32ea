import type { Case } from './case.ts';
import { catalogue } from './catalogue.ts';
import { type Clean, cleanText } from './clean.ts';
import { culpritOf } from './culprit.ts';
import { type EvidenceDraft, worded } from './evidence.ts';
import { type Facts, factsOf } from './facts/index.ts';
import { reportedStatus } from './facts/status.ts';
import { isTerminal } from './facts/transitions.ts';
import { workerNamesOf } from './facts/workers.ts';
import {
  CONFIDENCES,
  type Diagnosis,
  type Evidence,
  type Finding,
  type NonEmpty,
  SEVERITIES,
  type Severity,
} from './finding.ts';
import { inOrder } from './fixes/order.ts';
import { type DeploymentOptions, fixesFor } from './fixes/table.ts';
import { flowOf } from './flow.ts';
import { findInstrumentationGaps } from './lint.ts';
import { type Match, type Rule, type RuleContext, TIERS } from './rule.ts';
import { summaryOf, traceSummariesOf } from './summary.ts';
import { symptomAnswerOf } from './symptom.ts';
import { baselineSummaryOf, compareWithBaseline } from './timing/baseline.ts';
import { disagreementOf, earlierAttempt, unansweredIn, verdictOf, type Words, wordsFor } from './verdict.ts';
import { iso, joined, operationNoun } from './words.ts';

export interface DiagnoseOptions extends DeploymentOptions {
  /** The operator's patterns for secrets, in addition to the built-in ones. */
  readonly redact?: readonly RegExp[];
  /** For tests: other rules, or the same in another order, which must not change anything. */
  readonly rules?: readonly Rule[];
  /** Milliseconds of a monotonic clock, to say how long the analysis took; without it the answer says 0. */
  readonly clockMs?: () => number;
}

/** Findings of these rules say that nothing is wrong or that nothing is known: they shape the verdict and explain no fault. */
const NOT_A_FAULT = new Set(['still-running', 'trace-not-found']);

/**
 * Pure, for a given catalogue: the same case gives the same diagnosis, whatever the order of rules, spans, and traces. Text that is cut or put into a
 * command is cleaned before; all other text is cleaned by `cleanDiagnosis`, which every renderer calls.
 */
export function diagnose(input: Case, options: DiagnoseOptions): Diagnosis {
  const startedMs = options.clockMs?.() ?? 0;
  const clean: Clean = (text) => cleanText(text, options.redact);
  const facts = factsOf(input);
  const usual = compareWithBaseline(facts);
  const baseline = usual === null ? null : baselineSummaryOf(usual);
  const noun = operationNoun(facts.type);
  const rules = options.rules ?? catalogue();
  const context: RuleContext = {
    now: input.now,
    symptom: input.symptom,
    baseline: usual,
    noun,
    clean,
    deployment: options.deployment,
    fix: fixesFor(options, facts, clean),
    findCause: (other) => causeIn(other, rules, context),
  };
  const worker = workerNamesOf(facts);
  const { findings: found, notChecked } = runRules(facts, rules, context);
  const findings = withOneName(found, worker);
  const faults = findings.filter((finding) => !NOT_A_FAULT.has(ruleOf(finding)));
  const withHistory = <W extends Words>(words: W) => ({
    ...words,
    explanation: joined(' ', words.explanation, disagreementOf(facts, clean), earlierAttempt(facts, clean)),
  });
  const primary = faults[0] === undefined ? null : withHistory(faults[0]);
  const aside = findings.find((finding) => NOT_A_FAULT.has(ruleOf(finding))) ?? null;
  const verdict = verdictOf(facts, primary);
  const flow = flowOf(facts, clean);
  const similarIds = input.search?.similarIds ?? [];
  const symptomAnswer = symptomAnswerOf(facts, { noun, baseline, primary });
  const words = primary ?? withHistory((verdict === 'unavailable' ? null : aside) ?? wordsFor(verdict, facts));

  return {
    schemaVersion: 1,
    operationId: facts.operationId,
    asOf: iso(input.now),
    ...(input.guess === undefined ? {} : { guess: input.guess }),
    ...(verdict === 'not-found' && similarIds.length > 0 ? { similarIds } : {}),
    verdict,
    headline: words.headline,
    explanation: words.explanation,
    ...(symptomAnswer === null ? {} : { symptomAnswer }),
    status: reportedStatus(facts.status),
    statusSource: facts.status.source,
    operationType: facts.type,
    ...(worker === null ? {} : { worker }),
    operation: summaryOf(facts),
    traces: traceSummariesOf(facts).map((trace) => ({
      ...trace,
      warnings: trace.warnings.map((text) => withOneName({ text }, worker).text),
    })),
    flow: flow.steps,
    leftOut: flow.leftOut,
    criticalPath: flow.criticalPath,
    baseline,
    primary,
    others: findings.filter((finding) => finding !== faults[0]),
    notChecked,
    lacks: findInstrumentationGaps(facts),
    sources: input.sources,
    analysisMs: Math.round(((options.clockMs?.() ?? 0) - startedMs) * 10) / 10,
  };
}

/** Texts name the worker as ktrdr lists it where the list is known; the trace summary says what it is in Jaeger. */
function withOneName<Texts>(texts: Texts, worker: Diagnosis['worker'] | null): Texts {
  if (worker == null) return texts;
  const { id, service } = worker;
  return JSON.parse(JSON.stringify(texts), (key, value: unknown) =>
    typeof value === 'string' && TEXTS.has(key)
      ? value.replaceAll(service, (name, at: number) => (isWholeName(value, at, at + name.length) ? id : name))
      : value,
  );
}

/** A service named `work` isn’t named by the word “network”. */
function isWholeName(text: string, start: number, end: number): boolean {
  return !/[\w-]/.test(text[start - 1] ?? '') && !/[\w-]/.test(text[end] ?? '');
}

/** A reader checks a culprit in Jaeger, by the name that it has there. */
const TEXTS: ReadonlySet<string> = new Set(['headline', 'explanation', 'text', 'label', 'reading']);

/** The first finding that explains a failure; fallbacks don't. */
function causeIn(facts: Facts, rules: readonly Rule[], context: RuleContext): Finding | null {
  const explaining = rules.filter(
    ({ scenario, tier }) => scenario === 'failed' && tier !== undefined && tier !== 'fallback',
  );
  const within = { ...context, noun: operationNoun(facts.type), findCause: () => null };
  return runRules(facts, explaining, within).findings[0] ?? null;
}

function runRules(facts: Facts, rules: readonly Rule[], context: RuleContext) {
  const matches: RuleMatch[] = [];
  // A trace that wasn't read may say something else.
  const isIncomplete = unansweredIn(facts).length > 0;
  // The second reading of the record is the newest evidence: what moves is not blocked.
  const isMoving = facts.progress?.moved === true && !isTerminal(facts.status.value);
  const notChecked: { readonly cause: string; readonly missing: readonly string[] }[] = [];
  for (const rule of rules) {
    const result = rule.check(facts, context);
    if (result.kind === 'match' && !(isMoving && (result.severity ?? rule.severity) === 'blocking'))
      matches.push({ rule, cause: causeOf(rule, result), found: result });
    if (result.kind === 'not-enough-data') notChecked.push({ cause: rule.id, missing: result.missing });
  }
  const findings = matches
    .filter((one) => !matches.some((other) => explains(other, one)))
    .map(({ rule, found }) => findingOf(rule, isIncomplete ? notCertain(found) : found, facts, context.clean))
    .sort(byRank);
  return { findings, notChecked: notChecked.sort((a, b) => (a.cause < b.cause ? -1 : 1)) };
}

interface RuleMatch {
  readonly rule: Rule;
  readonly cause: string;
  readonly found: Match;
}

/** Whether the first match makes the second redundant. A rule's named exceptions outrank the tiers. */
function explains(one: RuleMatch, other: RuleMatch): boolean {
  if (names(one, other)) return true;
  if (names(other, one) || one.rule.tier === undefined || other.rule.tier === undefined) return false;
  return (
    TIERS.indexOf(one.rule.tier) < TIERS.indexOf(other.rule.tier) &&
    SEVERITIES.indexOf(severityOf(one)) <= SEVERITIES.indexOf(severityOf(other))
  );
}

function names({ rule: { supersedes = [] } }: RuleMatch, { rule, cause }: RuleMatch): boolean {
  return supersedes.includes(rule.id) || supersedes.includes(cause);
}

function severityOf({ rule, found }: RuleMatch): Severity {
  return found.severity ?? rule.severity;
}

/** Severity, then confidence, then the cause's name by code unit: never the machine's locale, never the order of the files. */
function byRank(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    CONFIDENCES.indexOf(a.confidence) - CONFIDENCES.indexOf(b.confidence) ||
    (a.cause < b.cause ? -1 : 1)
  );
}

function causeOf(rule: Rule, { variant }: Match): string {
  return variant === undefined ? rule.id : `${rule.id}/${variant}`;
}

function findingOf(rule: Rule, found: Match, facts: Facts, clean: Clean): Finding {
  const { confidence, severity, headline, explanation, culprit, gap, evidence } = found;
  return {
    cause: causeOf(rule, found),
    scenario: rule.scenario,
    severity: severity ?? rule.severity,
    confidence,
    headline,
    explanation,
    culprit: culpritOf(facts, culprit ?? null),
    ...(gap == null ? {} : { gap }),
    evidence: wordedAll(evidence, clean),
    fixes: inOrder(found, confidence),
  };
}

function notCertain(found: Match): Match {
  return found.confidence === 'certain' ? { ...found, confidence: 'likely' } : found;
}

function wordedAll([first, ...rest]: NonEmpty<EvidenceDraft>, clean: Clean): NonEmpty<Evidence> {
  return [worded(first, clean), ...rest.map((draft) => worded(draft, clean))];
}

function ruleOf(finding: Finding): string {
  return finding.cause.split('/', 1)[0] ?? finding.cause;
}
