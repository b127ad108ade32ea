import type { Case } from './case.ts';
import { type Clean, cleanText } from './clean.ts';
import { culpritOf } from './culprit.ts';
import { type EvidenceDraft, shorten, worded } from './evidence.ts';
import type { ClockOffset } from './facts/clocks.ts';
import { type Facts, factsOf } from './facts/index.ts';
import { reportedStatus } from './facts/status.ts';
import { idleTimeOf, isTerminal, newestAttemptOf } from './facts/transitions.ts';
import { extentOf, type SpanTree } from './facts/tree.ts';
import { workerNamesOf } from './facts/workers.ts';
import {
  CONFIDENCES,
  type Diagnosis,
  type Evidence,
  type Finding,
  type NonEmpty,
  type OperationSummary,
  SEVERITIES,
  type Severity,
  type TraceSummary,
  type Verdict,
} from './finding.ts';
import { type DeploymentOptions, fixesFor } from './fixes/table.ts';
import { flowOf } from './flow.ts';
import { findInstrumentationGaps } from './lint.ts';
import { type Match, type Rule, type RuleContext, TIERS } from './rule.ts';
import { RULES } from './rules/index.ts';
import { symptomAnswerOf } from './symptom.ts';
import { baselineSummaryOf, compareWithBaseline } from './timing/baseline.ts';
import type { Micros, Trace } from './trace.ts';
import { clock, duration, iso, joined, operationNoun } from './words.ts';

export interface DiagnoseOptions extends DeploymentOptions {
  /** The operator's patterns for secrets, beside the built-in ones. */
  readonly redact?: readonly RegExp[];
  /** For tests: other rules, or the same in another order, which must not change anything. */
  readonly rules?: readonly Rule[];
  /** Milliseconds of a monotonic clock, to say how long the analysis took; without it the answer says 0. */
  readonly clockMs?: () => number;
}

/** Microseconds by which a clock is off that a reader would notice. */
const WORTH_A_NOTE = 1_000_000;

/** Findings of these rules say that nothing is wrong or that nothing is known: they shape the verdict and explain no fault. */
const NOT_A_FAULT = new Set(['still-running', 'trace-not-found']);

/**
 * Pure: the same case gives the same diagnosis, whatever the order of rules, spans, and traces. Text that is cut or put into a
 * command is cleaned before; all other text is cleaned by `cleanDiagnosis`, which every renderer calls.
 */
export function diagnose(input: Case, options: DiagnoseOptions): Diagnosis {
  const startedMs = options.clockMs?.() ?? 0;
  const clean: Clean = (text) => cleanText(text, options.redact);
  const facts = factsOf(input);
  const usual = compareWithBaseline(facts);
  const baseline = usual === null ? null : baselineSummaryOf(usual);
  const noun = operationNoun(facts.type);
  const rules = options.rules ?? RULES;
  const context: RuleContext = {
    now: input.now,
    symptom: input.symptom,
    baseline: usual,
    noun,
    clean,
    fix: fixesFor(options, facts, clean),
    findCause: (other) => causeIn(other, rules, context),
  };
  const { findings, notChecked } = runRules(facts, rules, context);
  const faults = findings.filter((finding) => !NOT_A_FAULT.has(ruleOf(finding)));
  const withHistory = <W extends Words>(words: W) => ({
    ...words,
    explanation: joined(' ', words.explanation, earlierAttempt(facts, clean)),
  });
  const primary = faults[0] === undefined ? null : withHistory(faults[0]);
  const aside = findings.find((finding) => NOT_A_FAULT.has(ruleOf(finding))) ?? null;
  const verdict = verdictOf(facts, primary);
  const flow = flowOf(facts, clean);
  const worker = workerNamesOf(facts);
  const symptomAnswer = symptomAnswerOf(facts, { noun, baseline, primary });
  const words = primary ?? withHistory((verdict === 'unavailable' ? null : aside) ?? wordsFor(verdict, facts));

  return {
    schemaVersion: 1,
    operationId: facts.operationId,
    ...(input.guess === undefined ? {} : { guess: input.guess }),
    verdict,
    headline: words.headline,
    explanation: words.explanation,
    ...(symptomAnswer === null ? {} : { symptomAnswer }),
    status: reportedStatus(facts.status),
    statusSource: facts.status.source,
    operationType: facts.type,
    ...(worker === null ? {} : { worker }),
    operation: summaryOf(facts),
    traces: traceSummariesOf(facts),
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
    .map(({ rule, found }) => findingOf(rule, found, facts, context.clean))
    .map((finding) => (isIncomplete ? notCertain(finding) : finding))
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
  const { confidence, severity, headline, explanation, culprit, gap, evidence, fixes } = found;
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
    fixes,
  };
}

function notCertain(finding: Finding): Finding {
  return finding.confidence === 'certain' ? { ...finding, confidence: 'likely' } : finding;
}

function wordedAll([first, ...rest]: NonEmpty<EvidenceDraft>, clean: Clean): NonEmpty<Evidence> {
  return [worded(first, clean), ...rest.map((draft) => worded(draft, clean))];
}

function ruleOf(finding: Finding): string {
  return finding.cause.split('/', 1)[0] ?? finding.cause;
}

function verdictOf(facts: Facts, primary: Finding | null): Verdict {
  if (primary !== null) return 'explained';
  const { value, source, isStated } = facts.status;
  const hasSpans = facts.tree.spans.length > 0;
  const isKnown = source === 'ktrdr-api' || (isStated && isTerminal(value));
  if (unansweredIn(facts).length > 0 && !(hasSpans && isKnown)) return 'unavailable';
  if (value === 'completed') return 'healthy';
  if (value === 'running' || value === 'pending' || value === 'resuming') return 'running';
  return hasSpans ? 'nothing-found' : 'not-found';
}

/** Sentences on the questions about the operation that Jaeger didn't answer, or only in part. */
function unansweredIn({ case: { search, sources } }: Facts): readonly string[] {
  if (search !== undefined) return search.unanswered;
  return sources.filter(({ name, state }) => name === 'jaeger' && state === 'unavailable').map(({ detail }) => detail);
}

type Words = Pick<Finding, 'headline' | 'explanation'>;

function wordsFor(verdict: Verdict, facts: Facts): Words {
  const noun = operationNoun(facts.type);
  const { startedAt, endedAt } = facts.status;
  const took =
    startedAt === null || endedAt === null || endedAt <= startedAt
      ? ''
      : ` in ${duration(endedAt - startedAt - idleTimeOf(facts.transitions))}`;
  switch (verdict) {
    case 'healthy':
      return {
        headline: `This ${noun} completed${took}; nothing looks wrong.`,
        explanation: 'No rule found a fault in its traces or its record.',
      };
    case 'running':
      return { headline: `This ${noun} has not ended yet.`, explanation: 'No rule found a fault so far.' };
    case 'unavailable':
      return {
        headline: unansweredIn(facts)[0] ?? 'Jaeger did not answer.',
        explanation: `Without that answer, nothing can be said about what its traces show.${statusSaid(facts)}`,
      };
    case 'not-found':
      return { headline: 'Nothing is known about this operation.', explanation: 'No span and no record names it.' };
    default:
      return {
        headline: `Its traces show no fault, and not how this ${noun} ended.`,
        explanation: 'No rule found a fault, and no source says whether it succeeded.',
      };
  }
}

/** What came before the last resume is history, and explains nothing about the newest attempt. */
function earlierAttempt({ transitions }: Facts, clean: Clean): string | null {
  const attempt = newestAttemptOf(transitions);
  const before = transitions[transitions.length - attempt.length - 1];
  const [resumption] = attempt;
  if (before === undefined || resumption === undefined || attempt.every(({ to }) => to !== 'running')) return null;
  const why = before.error === null ? '' : ` (“${shorten(clean(before.error), 160)}”)`;
  const ended = before.to === 'cancelled' ? 'was cancelled' : before.to;
  return `An earlier attempt ${ended} at ${clock(before.at)}${why}; it was resumed at ${clock(resumption.at)}.`;
}

function statusSaid({ status: { value, source }, progress }: Facts): string {
  if (source === 'none') return '';
  const percentage = progress?.percentage ?? null;
  const done = percentage === null || isTerminal(value) ? '' : ` (${Math.round(percentage)} %)`;
  return source === 'trace'
    ? ` In what was read, it is ${value}${done}.`
    : ` The ktrdr API says that it is ${value}${done}.`;
}

function summaryOf(facts: Facts): OperationSummary {
  const { startedAt, endedAt } = facts.status;
  const extent = extentOf(facts.own);
  const length =
    startedAt !== null && endedAt !== null
      ? Math.max(0, endedAt - startedAt - idleTimeOf(facts.transitions))
      : facts.status.refused && facts.start !== null
        ? facts.start.span.duration
        : null;
  const at = (time: Micros | null) => (time === null ? null : iso(time));
  return {
    symbol: facts.parameters.symbol,
    timeframe: facts.parameters.timeframe,
    startedAt: at(startedAt ?? extent?.start ?? null),
    endedAt: at(endedAt),
    // Both ends fall together only where the spans have no usable times.
    durationMs: length === null || length <= 0 ? null : Math.round(length) / 1000,
    // ktrdr resets the progress of what failed or was cancelled, so it means something for unfinished work only.
    progressPercent: isTerminal(facts.status.value) ? null : (facts.progress?.percentage ?? null),
    progressStep: isTerminal(facts.status.value) ? null : (facts.progress?.step ?? null),
    request: facts.start?.route ?? null,
    httpStatus: facts.start?.httpStatus ?? null,
  };
}

function traceSummariesOf({ case: { traces }, clocks, tree }: Facts): readonly TraceSummary[] {
  const notes = new Map(
    clocks.flatMap((clock) => (Math.abs(clock.ahead) < WORTH_A_NOTE ? [] : [[clock.service, clockNote(clock)]])),
  );
  return traces.map((trace) => {
    const summary = traceSummary(trace, tree);
    const remarks = summary.services.flatMap((service) => notes.get(service) ?? []);
    for (const service of summary.services) notes.delete(service);
    return { ...summary, warnings: [...remarks, ...summary.warnings] };
  });
}

function clockNote({ service, ahead, reference }: ClockOffset): string {
  const off = `${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}`;
  return `The clock of ${service} is ${off}; times are shown by the clock of ${reference}.`;
}

function traceSummary(trace: Trace, { roots }: SpanTree): TraceSummary {
  const extent = extentOf(trace.spans);
  const services = new Set(trace.spans.map(({ service }) => service));
  const missing = new Set(roots.filter(({ traceId }) => traceId === trace.traceId).map(({ parentId }) => parentId));
  missing.delete(null);
  // The parent of a span in a circle was delivered.
  if (missing.size > 0) for (const { spanId } of trace.spans) missing.delete(spanId);
  return {
    traceId: trace.traceId,
    spanCount: trace.spans.length,
    services: [...services].sort(),
    startTime: extent === null ? '' : iso(extent.start),
    durationMs: extent === null ? 0 : Math.round(extent.end - extent.start) / 1000,
    missingParents: missing.size,
    warnings: trace.warnings,
  };
}
