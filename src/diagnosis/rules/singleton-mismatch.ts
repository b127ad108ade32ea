import { readText, spellingOf } from '../attributes.ts';
import { attribute } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';

/** Two parts of the system keep the operation in two different places, so what one writes the other never sees. */
export const rule = defineRule({
  id: 'singleton-mismatch',
  title: 'Backend and worker use different operations services',
  symptom: 'The worker works, and the progress that the backend shows does not move.',
  proof: 'Different instance ids of the operations service on the spans of one operation.',
  scenario: 'stuck',
  severity: 'blocking',
  variants: {},
  supersedes: ['progress-stalled', 'still-running', 'slow', 'progress-not-traced'],

  check(facts, { fix }) {
    const carriers = facts.own.filter((span) => spellingOf(span, 'instanceId') !== null);
    const firstOfEach = [...new Map(carriers.map((span) => [readText(span, 'instanceId'), span])).values()];
    const [first, second] = firstOfEach;
    if (first === undefined || second === undefined) return clear;
    const evidence: [Evidence, ...Evidence[]] = [
      attribute(first, 'instanceId'),
      ...firstOfEach.slice(1).map((span) => attribute(span, 'instanceId')),
    ];
    return match({
      confidence: 'certain',
      headline: `${first.service} and ${second.service} each use an operations service of their own, so progress never reaches the backend.`,
      explanation: `The spans of this one operation name ${firstOfEach.length} instances of the operations service. What the worker reports goes to its own, and the backend reads another.`,
      culprit: second,
      evidence,
      fixes: [
        fix.workerLogs(facts.dispatches.at(-1)?.call?.endpoint ?? null, facts.type),
        fix.restartWorker(facts.dispatches.at(-1)?.call?.endpoint ?? null, facts.type),
        advice('Then submit the operation again: the running one cannot be joined up.'),
      ],
    });
  },
});
