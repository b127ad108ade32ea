import type { SourceFailure } from '../ports.ts';

/**
 * What happened, why, and what to do, as sentences. `name` is the display name of the source, e.g. `Jaeger`, and `question`
 * describes the request, e.g. `the search for this operation`.
 */
export function describeFailure(name: string, failure: SourceFailure, question?: string): string {
  const sentence = `${name} ${predicate(failure, question)}.`;
  return failure.advice === undefined ? sentence : `${sentence} ${failure.advice}`;
}

function predicate(failure: SourceFailure, question?: string): string {
  const at = `at ${failure.host}`;
  const to = question === undefined ? '' : ` to ${question}`;
  switch (failure.code) {
    case 'unreachable':
      return `is unreachable ${at}: ${failure.reason}`;
    case 'timed-out':
      return `${at} didn’t respond${to} within ${seconds(failure.afterMs)}`;
    case 'refused':
      return `${at} returned HTTP ${failure.httpStatus}${to}: ${failure.reason}`;
    case 'unreadable':
      return `${at} responded${to} ${failure.reason}`;
    case 'too-large':
      return `${at} sent more than ${bytes(failure.limitBytes)}${question === undefined ? '' : ` in response${to}`}, so the rest wasn’t read`;
    case 'rate-limited':
      return `${at} wasn’t queried: too many requests are waiting for the limit of ${failure.requestsPerSecond} per second`;
  }
}

/** The cause alone, for one part of a larger search. No period. */
export function briefly(failure: SourceFailure): string {
  switch (failure.code) {
    case 'timed-out':
      return 'no response in time';
    case 'rate-limited':
      return 'too many requests are waiting';
    case 'too-large':
      return `the response is larger than ${bytes(failure.limitBytes)}`;
    case 'refused':
      return `HTTP ${failure.httpStatus}, ${failure.reason}`;
    case 'unreachable':
      return failure.reason;
    case 'unreadable':
      return `it responded ${failure.reason}`;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function bytes(count: number): string {
  return count < 1024 ** 2 ? `${Math.round(count / 1024)} KiB` : `${Math.round(count / 1024 ** 2)} MiB`;
}
