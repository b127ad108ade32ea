import { percent } from '../../../language/numbers.ts';
import { plural } from '../../../language/plurals.ts';
import { count } from '../../evidence.ts';
import { advice } from '../../fixes/table.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { duration } from '../../words.ts';
import { volumeOf } from './finder.ts';

/** Tracing itself costs: thousands of tiny spans in one operation, or attributes the size of files. */
export const rule = defineRule({
  id: 'export-overhead',
  title: 'The operation makes far too many spans',
  symptom: 'Work got slower since tracing is on; traces are slow to load.',
  proof: 'The number of spans of one name, how short they are, and the size of their attributes.',
  scenario: 'tracing',
  severity: 'degraded',
  supersedes: ['slow'],
  variants: {},

  check(facts) {
    const volume = facts.tree.spans.length < MANY ? null : volumeOf(facts.tree.spans);
    if (volume === null || volume.ofThatName < volume.spans / 2 || volume.typical > TINY) return clear;

    const { spans, name, ofThatName, typical, largest, isPolling } = volume;
    const isHuge = largest.characters >= HUGE;
    return match({
      confidence: 'certain',
      // Who follows a long run with a command polls it inside the same trace: a burden, no fault of the operation.
      severity: isPolling ? 'notice' : 'degraded',
      headline: `This one operation made ${plural(spans, 'span')}; ${percent(Math.round((ofThatName / spans) * 100))} of them are ${name}, of ${duration(typical)} each.`,
      explanation: `Every span costs time where it is made and where it is stored.${isHuge ? ` The attribute ${largest.key} carries up to ${plural(largest.characters, 'character')}.` : ''}${isPolling ? ' They are status polls inside the operation’s own trace: somebody followed it with a short interval.' : ''}`,
      culprit: volume.example,
      evidence: [
        count(`${ofThatName} × ${name}, median ${duration(typical)}`),
        count(`${plural(spans, 'span')} in all`),
        ...(isHuge ? [count(`${largest.span}: ${largest.key} has ${largest.characters} characters`)] : []),
      ],
      fixes: isPolling
        ? [advice('Poll less often, or outside of a traced command.')]
        : [
            advice(
              `Make one span for the whole loop instead of one per ${name}; put counts into its attributes or events.`,
            ),
            advice(
              'Check that a BatchSpanProcessor is used, and limit attribute length with SpanLimits(max_attribute_length=1024).',
            ),
          ],
    });
  },
});

const MANY = 1000;
/** Microseconds. */
const TINY = 50_000;
/** Characters. */
const HUGE = 1024;
