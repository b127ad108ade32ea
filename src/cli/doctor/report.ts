/** What a check finds: whether a dependency responds, and every misconfiguration that the check reveals. */
import type { SourceReport } from '../../diagnosis/case.ts';

export interface Problem {
  /** What to change; null if it isn't a setting, such as a missing font. */
  readonly variable: string | null;
  /** `error`: something that is configured doesn't work. `warning`: it works, but not as people expect. */
  readonly severity: 'error' | 'warning';
  /** What is wrong and what to change, in sentences that name the variable. */
  readonly text: string;
}

export interface Report extends Pick<SourceReport, 'detail' | 'tookMs'> {
  readonly name: SourceReport['name'] | 'queue' | 'slack' | 'grafana' | 'settings';
  /** `off` is a dependency that isn't configured, which is never a failure. */
  readonly state: 'ok' | 'partial' | 'unavailable' | 'off';
  readonly problems: readonly Problem[];
}

export function error(variable: string | null, text: string): Problem {
  return { variable, severity: 'error', text: naming(variable, text) };
}

export function warning(variable: string | null, text: string): Problem {
  return { variable, severity: 'warning', text: naming(variable, text) };
}

/** Sentences of the parts of the bot don't always name the setting, because they are also said where it doesn't help. */
function naming(variable: string | null, text: string): string {
  const sentence = /[.!?]$/.test(text) ? text : `${text}.`;
  return variable === null || sentence.includes(variable) ? sentence : `${sentence} Check ${variable}.`;
}

export function off(name: Report['name'], detail: string, problems: readonly Problem[] = []): Report {
  return { name, state: 'off', detail, tookMs: 0, problems };
}

/** The same finding with more problems of its dependency. */
export function withProblems(report: Report, more: readonly Problem[]): Report {
  const isBroken = report.state === 'ok' && more.some(({ severity }) => severity === 'error');
  return { ...report, state: isBroken ? 'partial' : report.state, problems: [...report.problems, ...more] };
}

/** Adds how long the check took. */
export async function timed(check: () => Promise<Omit<Report, 'tookMs'>>): Promise<Report> {
  const startedAt = performance.now();
  const report = await check();
  return { ...report, tookMs: Math.round(performance.now() - startedAt) };
}
