/** Answers the requester's symptom if the finding doesn't: from facts, or by naming what is needed to decide. */
import { formatDuration } from '../language/durations.ts';
import { percent } from '../language/numbers.ts';
import { plural } from '../language/plurals.ts';
import { type Symptom, symptomsIn } from './case.ts';
import type { Facts } from './facts/index.ts';
import { isWorkersRequest } from './facts/start.ts';
import { isTerminal } from './facts/transitions.ts';
import { capableOf } from './facts/workers.ts';
import type { Baseline, Finding, Scenario } from './finding.ts';
import { endOf, type Micros } from './trace.ts';
import { clock, duration, workerName } from './words.ts';

interface Known {
  readonly noun: string;
  readonly baseline: Baseline | null;
  readonly primary: Finding | null;
}

/** Findings of these scenarios answer the symptom themselves. */
const ANSWERED_BY: Readonly<Record<Symptom, readonly Scenario[]>> = {
  stuck: ['stuck'],
  slow: ['slow'],
  failed: [],
  'no-workers': ['no-workers'],
  'broken-trace': ['context-lost', 'tracing'],
};

const QUESTIONS: Readonly<Record<Symptom, string>> = {
  stuck: 'You asked why it is stuck',
  slow: 'You asked why it is slow',
  failed: 'You asked why it failed',
  'no-workers': 'You asked about missing workers',
  'broken-trace': 'You asked about a broken trace',
};

/** One sentence per symptom. Null if none was named, a finding answers them, or nothing is known about the operation. */
export function symptomAnswerOf(facts: Facts, known: Known): string | null {
  if (facts.tree.spans.length === 0 && facts.record === null) return null;
  const answers = symptomsIn(facts.case.symptom).flatMap((symptom) => answerTo(symptom, facts, known) ?? []);
  return answers.length === 0 ? null : answers.join(' ');
}

function answerTo(symptom: Symptom, facts: Facts, known: Known): string | null {
  if (isAnsweredBy(known.primary, symptom)) return null;
  const answer = ANSWERS[symptom](facts, known);
  return answer === null ? null : `${QUESTIONS[symptom]}: ${answer}.`;
}

/** These are about a missing worker, whatever their scenario. */
const NO_WORKER = /^(?:worker-(?:lost|rejected|selection-missing|unreachable)|agent\/no-workers)/;

function isAnsweredBy(primary: Finding | null, symptom: Symptom): boolean {
  if (primary === null) return false;
  const isAboutWorkers = symptom === 'no-workers' && NO_WORKER.test(primary.cause);
  if (!isAboutWorkers && !ANSWERED_BY[symptom].includes(primary.scenario)) return false;
  // A notice mentions something that isn't a fault; only for durations is it the answer.
  return primary.severity !== 'notice' || symptom === 'slow';
}

const ANSWERS: Readonly<Record<Symptom, (facts: Facts, known: Known) => string | null>> = {
  stuck: aboutStuck,
  slow: aboutSlow,
  failed: aboutFailed,
  'no-workers': aboutWorkers,
  'broken-trace': aboutTraces,
};

function aboutStuck(facts: Facts): string {
  const { status, record, progress } = facts;
  if (isRejected(facts)) return NEVER_STARTED;
  if (isTerminal(status.value)) return `it isn’t running anymore; ${endingOf(facts)}`;
  if (record === null)
    return 'its traces can’t show that, because unfinished spans aren’t exported; the ktrdr API (KTRDR_API_URL) has its progress';
  return (
    movement(facts) ??
    `the ktrdr API says ${status.value}${shown(progress?.percentage ?? null)}, and one reading can’t show whether it’s progressing; check again in a minute`
  );
}

/** A change between two checks, or a recent epoch; null when neither is known. */
function movement({ progress, case: { operation, operationLater } }: Facts): string | null {
  if (progress === null) return null;
  const before = operation?.kind === 'record' ? operation : null;
  const after = operationLater?.kind === 'record' ? operationLater : null;
  if (before !== null && after !== null) {
    const apart = duration(after.readAt - before.readAt);
    const [from, to] = [before.record.progress.percentage, after.record.progress.percentage];
    if (progress.moved === true)
      return from === null || to === null || percent(from) === percent(to)
        ? `it isn’t; its progress changed between two checks ${apart} apart`
        : `it isn’t; it advanced from ${percent(from)} to ${percent(to)} within ${apart}`;
  }
  const pace = (progress.secondsPerEpoch ?? 0) * 1e6;
  const idle = progress.lastSign === null ? null : progress.seenUntil - progress.lastSign;
  if (idle !== null && progress.lastSignIsCurrent && idle < Math.max(MOVED_RECENTLY, pace * 2))
    return `it isn’t; its last epoch ended ${duration(idle)} before the check${pace === 0 ? '' : `, and one takes about ${duration(pace)}`}`;
  if (progress.moved !== false || before === null || after === null) return null;
  return `it didn’t advance${shown(progress.percentage)} between two checks ${duration(after.readAt - before.readAt)} apart, which is too short a time to judge; check again in a minute`;
}

const MOVED_RECENTLY = 60_000_000;

function shown(percentage: number | null): string {
  return percentage === null ? '' : ` at ${percent(percentage)}`;
}

const NEVER_STARTED = 'it never started, because the request was rejected';

/** A worker may run later what it did not accept in time. */
function isRejected({ status, transitions }: Facts): boolean {
  return status.refused && transitions.length === 0;
}

function aboutSlow(facts: Facts, { baseline, noun }: Known): string {
  const { value, startedAt, endedAt } = facts.status;
  if (isRejected(facts)) return NEVER_STARTED;
  const isOver = isTerminal(value);
  const length = startedAt === null || (isOver && endedAt === null) ? null : (endedAt ?? facts.case.now) - startedAt;
  if (isOver && value !== 'completed')
    return `it didn’t finish; it ${value === 'cancelled' ? 'was cancelled' : value}${length === null ? '' : ` after ${duration(length)}`}`;
  const took =
    length === null
      ? `how long this ${noun} took is unknown`
      : `it ${isOver ? 'took' : 'has run for'} ${duration(length)}`;
  if (baseline === null) return `${took}, and no comparable earlier run was found to judge whether that’s slow`;
  const { comparedWith, typicalMs, ratio, kind } = baseline;
  const runs = `${plural(comparedWith, 'earlier run')} (${kind})`;
  switch (baseline.verdict) {
    case 'not-slower':
      return `it isn’t slower than usual; ${took}${typicalMs === null ? '' : `, and ${runs} typically took ${formatDuration(typicalMs)}`}`;
    case 'slower':
      return `${took}${ratio === null ? '' : `, ${ratio.toFixed(1)}× the usual time`}, compared with ${runs}`;
    case 'too-few':
      return `${took}, and ${runs} ${comparedWith === 1 ? 'is' : 'are'} too few to judge whether that’s slow`;
    case 'incomparable':
      return `${took}, and ${runs} can’t be compared with it`;
  }
}

function aboutFailed(facts: Facts, { primary, noun }: Known): string | null {
  const { status, errors } = facts;
  const source = status.source === 'ktrdr-api' ? 'according to the ktrdr API' : 'according to its traces';
  const along =
    errors.all.length === 0
      ? ''
      : `; ${plural(errors.all.length, 'error was', 'errors were')} recorded along the way, but it continued`;
  switch (status.value) {
    case 'completed':
    case 'cancelled':
      return `it didn’t; ${endingOf(facts)}, ${source}${along}`;
    case 'running':
    case 'resuming':
    case 'pending':
      if (status.refused) return null;
      if (status.source === 'ktrdr-api' && primary?.severity === 'blocking')
        return `the ktrdr API still says ${status.value}`;
      return status.source === 'ktrdr-api'
        ? `it hasn’t; it’s ${status.value}, ${source}${along}`
        : `its traces show no end${along}; the ktrdr API (KTRDR_API_URL) shows whether this ${noun} has failed since then`;
    case 'failed':
      return primary === null ? 'it did, and no source says why; check the worker’s log' : null;
    case 'unknown':
      return primary === null ? 'no source says how it ended; the ktrdr API (KTRDR_API_URL) may know' : null;
  }
}

/** The backend runs these itself. */
const WITHOUT_WORKER = new Set(['data_load', 'dummy']);

function aboutWorkers(facts: Facts, { noun }: Known): string {
  const { type, workers, status, record } = facts;
  if (type === 'agent_research')
    return `the backend coordinates this ${noun}; its steps need design, training, backtest, and assessment workers`;
  if (type !== null && WITHOUT_WORKER.has(type))
    return `the backend runs this ${noun} itself; it doesn’t need a worker`;
  const after = facts.start === null ? null : takenAt(facts);
  if (after !== null && facts.start !== null && after >= facts.start.span.start)
    return `a worker took it ${duration(after - facts.start.span.start)} after the request`;
  if (workers.assignedId !== null)
    return `${workers.assignedId} ${record?.workerId == null ? 'was selected for it' : 'took it'}`;
  if (facts.own.some(isWorkersRequest)) return 'a worker took it';
  if (isRejected(facts) && facts.selections.length + facts.dispatches.length === 0)
    return 'the request was rejected before worker selection';
  const waits =
    status.value === 'pending' ? 'no worker has taken it yet' : 'the data doesn’t show whether a worker took it';
  if (workers.all === null || type === null)
    return `${waits}; the worker list of the ktrdr API (KTRDR_API_URL) shows which are free`;
  const capable = capableOf(workers.all, type);
  const free = capable.filter((worker) => worker.status === 'available').length;
  return `${waits}; ${free} of ${plural(capable.length, `${workerName(type)} worker`)} currently free`;
}

/** When the worker accepted the request, by the backend's clock. */
function takenAt({ dispatches }: Facts): Micros | null {
  const accepted = dispatches.findLast(({ failed }) => !failed);
  return accepted === undefined ? null : endOf(accepted.call?.span ?? accepted.span);
}

function aboutTraces({ tree, case: { traces } }: Facts): string {
  if (tree.spans.length === 0) return 'Jaeger has no spans for it; only the ktrdr API has a record';
  const orphans = tree.roots.filter(({ parentId }) => parentId !== null).length;
  const spans = plural(tree.spans.length, 'span');
  if (orphans > 0)
    return `${orphans} of ${spans} ${orphans === 1 ? 'names a parent' : 'name parents'} that Jaeger doesn’t have`;
  const services = new Set(tree.spans.map(({ service }) => service)).size;
  const where = `${spans} of ${plural(services, 'service')}`;
  return traces.length === 1
    ? `it isn’t; all ${where} are connected in one trace`
    : `no parent span is missing among ${where}; they are in ${plural(traces.length, 'trace')}`;
}

function endingOf({ status: { value, endedAt } }: Facts): string {
  const words = value === 'cancelled' ? 'it was cancelled' : `it ${value}`;
  return `${words}${endedAt === null ? '' : ` at ${clock(endedAt)}`}`;
}
