/** What was asked of the two witnesses and how it went, so that the answer can say what it does not know. */
import type { OperationAnswer, SourceReport, WorkerRecord } from '../../diagnosis/case.ts';
import type { Micros, Trace } from '../../diagnosis/trace.ts';
import type { Clock, KtrdrApi, SourceFailure, TraceAnswer, TraceSource } from '../ports.ts';
import { describeFailure } from './source-failure.ts';

export interface SourceLog {
  /** null when Jaeger did not answer. The answer about what was asked for speaks in the report, not those about what is around. */
  traces(answer: Promise<TraceAnswer>, role?: 'asked' | 'around'): Promise<readonly Trace[] | null>;
  services(answer: ReturnType<TraceSource['services']>): Promise<readonly string[] | null>;
  operation(answer: ReturnType<KtrdrApi['operation']>): Promise<OperationAnswer | null>;
  workers(answer: ReturnType<KtrdrApi['workers']>): Promise<readonly WorkerRecord[] | null>;
  /** One report for each witness. */
  reports(): readonly SourceReport[];
}

interface Account {
  answers: number;
  /** Sets, because a look repeated says the same again. */
  facts: Set<string>;
  gaps: Set<string>;
  failures: Set<string>;
  lastAt: Micros;
}

/** `ktrdrReport` is given when the ktrdr API is not asked at all. */
export function openSourceLog(clock: Clock, ktrdrReport: SourceReport | null): SourceLog {
  const startedAt = clock();
  const jaeger = emptyAccount(startedAt);
  const ktrdr = emptyAccount(startedAt);

  function failed(account: Account, name: string, failure: SourceFailure): null {
    account.failures.add(describeFailure(name, failure));
    account.lastAt = clock();
    return null;
  }
  function answered(account: Account, detail: string | null) {
    account.answers += 1;
    if (detail !== null) account.facts.add(detail);
    account.lastAt = clock();
  }

  return {
    async traces(asked, role = 'asked') {
      const answer = await asked;
      if (answer.kind === 'unavailable') return failed(jaeger, 'Jaeger', answer.failure);
      answered(jaeger, role === 'asked' ? answer.detail : null);
      for (const gap of answer.gaps) jaeger.gaps.add(gap);
      return answer.traces;
    },
    async services(asked) {
      const answer = await asked;
      if (answer.kind === 'unavailable') return failed(jaeger, 'Jaeger', answer.failure);
      jaeger.lastAt = clock();
      return answer.services;
    },
    async operation(asked) {
      const answer = await asked;
      if (answer.kind === 'unavailable') return failed(ktrdr, 'The ktrdr API', answer.failure);
      answered(ktrdr, describeOperation(answer));
      return answer;
    },
    async workers(asked) {
      const answer = await asked;
      if (answer.kind === 'unavailable') return failed(ktrdr, 'The ktrdr API', answer.failure);
      const count = answer.workers.length;
      answered(ktrdr, count === 1 ? '1 worker registered' : `${count} workers registered`);
      return answer.workers;
    },
    reports() {
      return [report('jaeger', jaeger, startedAt), ktrdrReport ?? report('ktrdr-api', ktrdr, startedAt)];
    },
  };
}

function emptyAccount(at: Micros): Account {
  return { answers: 0, facts: new Set(), gaps: new Set(), failures: new Set(), lastAt: at };
}

function report(name: 'jaeger' | 'ktrdr-api', account: Account, startedAt: Micros): SourceReport {
  const tookMs = Math.max(0, (account.lastAt - startedAt) / 1000);
  const trouble = [...account.failures, ...account.gaps];
  if (account.answers === 0 && account.failures.size > 0)
    return { name, state: 'unavailable', detail: trouble.slice(0, 3).join(' '), tookMs };
  const facts = [...account.facts].slice(0, 4).join(', ');
  const detail = [facts === '' ? '' : `${facts}.`, ...trouble.slice(0, 3)].filter((part) => part !== '').join(' ');
  return { name, state: trouble.length > 0 ? 'partial' : 'ok', detail, tookMs };
}

function describeOperation(answer: OperationAnswer): string {
  if (answer.kind === 'record') return `operation ${answer.record.status}`;
  return answer.kind === 'not-found' ? 'operation not known' : `HTTP ${answer.httpStatus}: ${answer.message}`;
}
