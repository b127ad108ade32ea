import type { SourceFailure } from './ports.ts';

/** One sentence that a person can act on: who, where, what happened. `name` is how people call the source, e.g. `Jaeger`. */
export function describeFailure(name: string, failure: SourceFailure): string {
  switch (failure.code) {
    case 'unreachable':
      return `${name} did not answer at ${failure.host} (${failure.reason}).`;
    case 'timed-out':
      return `${name} at ${failure.host} did not answer within ${seconds(failure.afterMs)}.`;
    case 'refused':
      return `${name} at ${failure.host} refused with HTTP ${failure.httpStatus}: ${failure.reason}.`;
    case 'unreadable':
      return `${name} at ${failure.host} answered ${failure.reason}.`;
    case 'too-large':
      return `${name} at ${failure.host} sent more than ${Math.round(failure.limitBytes / 1024 ** 2)} MiB; the rest was not read.`;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
