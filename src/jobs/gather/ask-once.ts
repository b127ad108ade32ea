/** Wraps the sources so that one request reads each operation only once. Incomplete responses aren't kept. */
import type { KtrdrApi, TraceSource } from '../ports.ts';

export function tracesOnce(source: TraceSource): TraceSource {
  const findOperation = once(
    source.findOperation,
    (answer) => answer.kind === 'traces' && answer.gaps.length === 0,
    (operationId, window) => JSON.stringify([operationId, window]),
  );
  return { ...source, findOperation };
}

export function recordsOnce(ktrdr: KtrdrApi): KtrdrApi {
  const operation = once(
    ktrdr.operation,
    ({ kind }) => kind === 'record',
    (operationId) => operationId,
  );
  return { ...ktrdr, operation };
}

function once<Question extends readonly unknown[], Answer>(
  ask: (...question: Question) => Promise<Answer>,
  isComplete: (answer: Answer) => boolean,
  keyOf: (...question: Question) => string,
) {
  const answers = new Map<string, Promise<Answer>>();
  return async (...question: Question): Promise<Answer> => {
    const key = keyOf(...question);
    const asked = answers.get(key) ?? ask(...question);
    answers.set(key, asked);
    const answer = await asked;
    if (!isComplete(answer)) answers.delete(key);
    return answer;
  };
}
