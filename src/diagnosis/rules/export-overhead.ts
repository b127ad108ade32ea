import { count } from '../evidence.ts';
import { median } from '../facts/progress.ts';
import { advice } from '../fixes/table.ts';
import { clear, defineRule, match } from '../rule.ts';
import { duration, plural } from '../words.ts';

/** Tracing itself costs: thousands of tiny spans in one operation, or attributes the size of files. */
export const rule = defineRule({
  id: 'export-overhead',
  title: 'The operation makes far too many spans',
  symptom: 'Work got slower since tracing is on; traces are slow to load.',
  proof: 'The number of spans of one name, how short they are, and the size of their attributes.',
  scenario: 'tracing',
  severity: 'degraded',
  variants: {},
  supersedes: ['slow'],

  check(facts) {
    const spans = facts.tree.spans;
    if (spans.length < MANY) return clear;
    const byName = new Map<string, number[]>();
    for (const span of spans) {
      const durations = byName.get(span.name);
      if (durations === undefined) byName.set(span.name, [span.duration]);
      else durations.push(span.duration);
    }
    const [top] = [...byName].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
    if (top === undefined || top[1].length < spans.length / 2) return clear;
    const [name, durations] = top;
    const typical = median(durations) ?? 0;
    if (typical > TINY) return clear;

    let largest = { name: '', key: '', size: 0 };
    for (const span of spans) {
      for (const [key, value] of Object.entries(span.attributes)) {
        const size = typeof value === 'string' ? value.length : 0;
        if (size > largest.size) largest = { name: span.name, key, size };
      }
    }
    const huge = largest.size >= HUGE;
    const polls = /^(?:GET|http)/.test(name);
    return match({
      confidence: 'certain',
      headline: `This one operation made ${plural(spans.length, 'span')}; ${Math.round((durations.length / spans.length) * 100)} % of them are ${name}, of ${duration(typical)} each.`,
      explanation: `Every span costs time where it is made and where it is stored.${huge ? ` The attribute ${largest.key} carries up to ${plural(largest.size, 'character')}.` : ''}${polls ? ' They are status polls inside the operation’s own trace: somebody followed it with a short interval.' : ''}`,
      culprit: spans.find((span) => span.name === name) ?? null,
      evidence: [
        count(`${durations.length} × ${name}, median ${duration(typical)}`),
        count(`${plural(spans.length, 'span')} in all`),
        ...(huge ? [count(`${largest.name}: ${largest.key} has ${largest.size} characters`)] : []),
      ],
      fixes: [
        advice(
          polls
            ? 'Poll less often, or outside of a traced command.'
            : `Make one span for the whole loop instead of one per ${name}; put counts into its attributes or events.`,
        ),
        advice(
          'Check that a BatchSpanProcessor is used, and limit attribute length with SpanLimits(max_attribute_length=1024).',
        ),
      ],
    });
  },
});

const MANY = 1000;
const TINY = 50_000;
const HUGE = 1024;
