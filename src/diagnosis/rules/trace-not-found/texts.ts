import { plural } from '../../../language/plurals.ts';
import type { Facts } from '../../facts/index.ts';
import { advice, type FixTable } from '../../fixes/table.ts';
import { duration } from '../../words.ts';
import type { RuleText } from '../text.ts';

export type Absence =
  | 'unknown-operation'
  | 'not-exported-yet'
  | 'never-started'
  | 'expired'
  | 'not-traced'
  | 'tracing-off';

export interface SearchedFor {
  readonly id: string;
  /** Microseconds since it was created. */
  readonly age: number | null;
  /** Where was looked, in words. */
  readonly looked: string;
  /** What the ktrdr API says of it. */
  readonly asked: string | null;
}

export function absenceText(
  absence: Absence,
  { id, age, looked, asked }: SearchedFor,
  facts: Facts,
  fix: FixTable,
): RuleText {
  const texts: Readonly<Record<Absence, RuleText>> = {
    'unknown-operation': {
      headline: `Nothing is known about ${id}.`,
      explanation: `Looked in ${looked}${asked === null ? '' : `; ${asked}`}. Most likely the id is mistyped, or the trace has expired (Jaeger’s memory store keeps no more than its configured number).`,
      fixes: [
        fix.recentFailures(),
        fix.activeOperations(),
        advice('Ask for the newest attempt instead, e.g. “last training”; a refused start has no operation id.'),
      ],
    },
    'not-exported-yet': {
      headline: `No span of ${id} has arrived yet: it is ${age === null ? 'very young' : `only ${duration(age)} old`}.`,
      explanation: 'Every process sends its spans in batches, about every 5 s, and a span only when it has ended.',
      fixes: [advice('Ask again in ten seconds.'), fix.showStatus(id)],
    },
    'never-started': {
      headline: `ktrdr knows ${id}, but it never began: it is ${facts.record?.status ?? 'pending'} and left no span.`,
      explanation: 'A record exists, yet no process worked on it.',
      fixes: [fix.showStatus(id), fix.backendLogs(), advice('Start it again.')],
    },
    expired: {
      headline: `The trace of ${id} is gone: it is ${age === null ? 'old' : `${duration(age)} old`}.`,
      explanation: `Looked in ${looked}${asked === null ? '' : `; ${asked}`}. Jaeger keeps traces for a limited time or number.`,
      fixes: [
        fix.showStatus(id),
        advice('For such old operations only the ktrdr API’s record and the log files are left.'),
      ],
    },
    'not-traced': {
      headline: `${id} ran where nothing is traced.`,
      explanation:
        'The design and assessment agents and the training host service export no spans, so Jaeger cannot know this operation. The ktrdr API’s record is the only witness.',
      fixes: [fix.showStatus(id), fix.backendLogs()],
    },
    'tracing-off': {
      headline: 'Jaeger knows no ktrdr service: tracing is off, or the spans go elsewhere.',
      explanation: `${facts.case.services?.length === 0 ? 'It lists no service at all.' : `It lists ${plural(facts.case.services?.length ?? 0, 'service')}, none of ktrdr.`} The backend exports to the address in KTRDR_OTEL_OTLP_ENDPOINT when KTRDR_OTEL_ENABLED is on.`,
      fixes: [
        fix.tracingSettings(),
        fix.backendLogs(),
        advice('Check that JAEGER_URL names the Jaeger that this ktrdr exports to.'),
      ],
    },
  };
  return texts[absence];
}
