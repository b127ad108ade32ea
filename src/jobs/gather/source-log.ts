/** Records how each source responded, so that the answer can state what it doesn't know. */
import type { OperationAnswer, SourceReport, WorkerRecord } from '../../diagnosis/case.ts';
import type { Micros, Trace } from '../../diagnosis/trace.ts';
import { plural } from '../../language/plurals.ts';
import type { Clock, KtrdrApi, TraceAnswer, TraceSource, Unavailable } from '../ports.ts';
import { describeFailure } from './source-failure.ts';

/** The result of one query to the trace store. */
export interface Looked {
  readonly traces: readonly Trace[];
  /** Sentences that say why there may be more traces; empty when the response was complete. */
  readonly unanswered: readonly string[];
  readonly searchedServices: number | null;
}

/** Methods that may resolve to null do so when the source is unavailable. */
export interface SourceLog {
  /** `question` completes "Jaeger didn't respond to …"; it is null for a search that decides nothing. */
  traces(answer: Promise<TraceAnswer>, question: string | null): Promise<Looked>;
  services(answer: ReturnType<TraceSource['services']>): Promise<readonly string[] | null>;
  operation(answer: ReturnType<KtrdrApi['operation']>): Promise<OperationAnswer | null>;
  workers(answer: ReturnType<KtrdrApi['workers']>): Promise<readonly WorkerRecord[] | null>;
  /** A ktrdr API response about other operations. Only failures are reported. */
  ofOthers<Answer>(answer: Promise<Answer | Unavailable>): Promise<Answer | null>;
  /** One report for each source. */
  reports(): readonly SourceReport[];
}

/** The report where no ktrdr API is configured. */
export const KTRDR_API_OFF = {
  name: 'ktrdr-api',
  state: 'off',
  detail: 'KTRDR_API_URL is not set: traces only.',
  tookMs: 0,
} as const satisfies SourceReport;

interface SourceStatus {
  answers: number;
  /** Sets, because a repeated request repeats them. */
  readonly facts: Set<string>;
  readonly gaps: Set<string>;
  readonly failures: Set<string>;
  lastAt: Micros;
}

/** `ktrdrReport` is set when the ktrdr API isn't queried at all. */
export function openSourceLog(clock: Clock, ktrdrReport: SourceReport | null): SourceLog {
  const startedAt = clock();
  const newStatus = (): SourceStatus => ({
    answers: 0,
    facts: new Set(),
    gaps: new Set(),
    failures: new Set(),
    lastAt: startedAt,
  });
  const jaeger = newStatus();
  const ktrdr = newStatus();

  async function unlessUnavailable<Answer>(
    status: SourceStatus,
    asked: Promise<Answer | Unavailable>,
  ): Promise<Answer | null> {
    const answer = await asked;
    status.lastAt = clock();
    if (!isUnavailable(answer)) return answer;
    status.failures.add(describeFailure(status === jaeger ? 'Jaeger' : 'The ktrdr API', answer.failure));
    return null;
  }
  function noteAnswer(status: SourceStatus, fact: string | null): void {
    status.answers += 1;
    if (fact !== null) status.facts.add(fact);
  }

  return {
    async traces(asked, question) {
      const answer = await asked;
      await unlessUnavailable(jaeger, asked);
      if (answer.kind === 'unavailable') {
        const sentence = describeFailure('Jaeger', answer.failure, question ?? undefined);
        return { traces: [], unanswered: [sentence], searchedServices: null };
      }
      const { traces, gaps, searchedServices, detail } = answer;
      noteAnswer(jaeger, question === null ? null : detail);
      for (const gap of gaps) jaeger.gaps.add(gap);
      const unanswered = gaps.map((gap) => `Jaeger responded only partially to ${question}: ${gap}`);
      return { traces, unanswered, searchedServices };
    },
    services: async (asked) => (await unlessUnavailable(jaeger, asked))?.services ?? null,
    async operation(asked) {
      const answer = await unlessUnavailable(ktrdr, asked);
      if (answer !== null) noteAnswer(ktrdr, describeOperation(answer));
      return answer;
    },
    async workers(asked) {
      const answer = await unlessUnavailable(ktrdr, asked);
      if (answer === null) return null;
      noteAnswer(ktrdr, `${plural(answer.workers.length, 'worker')} registered`);
      return answer.workers;
    },
    async ofOthers(asked) {
      const answer = await unlessUnavailable(ktrdr, asked);
      if (answer !== null) noteAnswer(ktrdr, null);
      return answer;
    },
    reports: () => [report('jaeger', jaeger, startedAt), ktrdrReport ?? report('ktrdr-api', ktrdr, startedAt)],
  };
}

function isUnavailable(answer: unknown): answer is Unavailable {
  return typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind === 'unavailable';
}

function report(name: 'jaeger' | 'ktrdr-api', status: SourceStatus, startedAt: Micros): SourceReport {
  const tookMs = Math.max(0, (status.lastAt - startedAt) / 1000);
  const problems = [...status.failures, ...status.gaps].slice(0, 3);
  if (status.answers === 0 && status.failures.size > 0)
    return { name, state: 'unavailable', detail: problems.join(' '), tookMs };
  const facts = [...status.facts].slice(0, 4).join(', ');
  const detail = [facts === '' ? '' : `${facts}.`, ...problems].filter((part) => part !== '').join(' ');
  return { name, state: problems.length > 0 ? 'partial' : 'ok', detail, tookMs };
}

function describeOperation(answer: OperationAnswer): string {
  if (answer.kind === 'record') return `operation ${answer.record.status}`;
  return answer.kind === 'not-found' ? 'no record of this operation' : `HTTP ${answer.httpStatus}: ${answer.message}`;
}
