import { percent } from '../../../language/numbers.ts';
import { plural } from '../../../language/plurals.ts';
import { count } from '../../evidence.ts';
import { median } from '../../facts/progress.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { type Micros, micros, type Span } from '../../trace.ts';
import { positionsByName } from '../../vocabulary/span-names.ts';
import { duration } from '../../words.ts';

/** Tracing itself costs: thousands of tiny spans in one operation, or attributes the size of files. */
export const rule = defineRule({
  id: 'export-overhead',
  title: 'Too many spans',
  symptom: 'Operations have been slower since tracing was enabled. Traces load slowly.',
  proof: 'The number of spans with the same name, their duration, and the size of their attributes.',
  scenario: 'tracing',
  severity: 'degraded',
  supersedes: ['slow'],
  variants: {},

  check({ tree: { spans } }) {
    const group = spans.length < MANY_SPANS ? null : largestGroupOf(spans);
    if (group === null || group.size < spans.length / 2 || group.typical > TINY) return clear;

    const { name, size, typical } = group;
    const largest = largestAttributeOf(spans);
    const isHuge = largest.characters >= HUGE;
    const isPolling = /^GET\b/.test(name);
    const attributes = ` The ${largest.key} attribute has up to ${plural(largest.characters, 'character')}.`;
    const polls = ' These spans are status polls: a client polled the operation at short intervals within its trace.';
    return match({
      confidence: 'certain',
      // A command that follows a long run polls it within the same trace, which isn't the operation's fault.
      severity: isPolling ? 'notice' : 'degraded',
      headline: `This operation created ${plural(spans.length, 'span')}; ${percent(Math.round((size / spans.length) * 100))} are ${name}, with a median of ${duration(typical)}.`,
      explanation: `Every span takes time to create and to store.${isHuge ? attributes : ''}${isPolling ? polls : ''}`,
      culprit: group.example,
      evidence: [
        count(`${size} × ${name}, median ${duration(typical)}`),
        count(`${plural(spans.length, 'span')} in total`),
        isHuge && count(`${largest.span}: ${largest.key} has ${largest.characters} characters`),
      ],
      fixes: isPolling
        ? ['Poll less often, or outside a traced command.']
        : [
            `Create one span for the whole loop instead of one per ${name}, and record counts in its attributes or events.`,
            'Check that ktrdr uses a BatchSpanProcessor, and limit attribute length with SpanLimits(max_attribute_length=1024).',
          ],
    });
  },
});

const MANY_SPANS = 1000;
/** Microseconds. */
const TINY = 50_000;
/** Characters. */
const HUGE = 1024;

interface SpanGroup {
  readonly name: string;
  readonly size: number;
  /** Median duration. */
  readonly typical: Micros;
  readonly example: Span;
}

/** The spans with the most frequent name. */
function largestGroupOf(spans: readonly Span[]): SpanGroup | null {
  const [largest] = [...positionsByName(spans)].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  if (largest === undefined) return null;
  const [name, positions] = largest;
  const example = spans[positions[0] ?? -1];
  if (example === undefined) return null;
  const durations = positions.map((position) => spans[position]?.duration ?? 0);
  return { name, size: positions.length, typical: micros(median(durations) ?? 0), example };
}

function largestAttributeOf(spans: readonly Span[]) {
  let largest = { span: '', key: '', characters: 0 };
  for (const span of spans) {
    for (const [key, value] of Object.entries(span.attributes)) {
      if (typeof value === 'string' && value.length > largest.characters)
        largest = { span: span.name, key, characters: value.length };
    }
  }
  return largest;
}
