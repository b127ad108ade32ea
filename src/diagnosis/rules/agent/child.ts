import type { Facts } from '../../facts/index.ts';
import type { ReportedError } from '../../facts/reported-error.ts';

/** The facts of an operation that a research run started, as far as the message that the research run repeats shows them. */
export function factsOfChild(facts: Facts, error: ReportedError, text: string, type: string): Facts {
  const decisive = { ...error, text, type: null };
  return {
    ...facts,
    type,
    start: null,
    resume: null,
    selections: [],
    calls: [],
    dispatches: [],
    phases: [],
    errors: { ...facts.errors, all: [], origins: [], handled: [] },
    workers: { ...facts.workers, location: { endpoint: null, workerType: type } },
    failure: {
      ...facts.failure,
      decisive,
      reportedErrors: [decisive],
      causes: new Set(),
      survived: [],
      unstored: null,
    },
  };
}
