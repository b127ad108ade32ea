import { plural } from '../../../language/plurals.ts';
import type { Subject } from '../../case.ts';
import { absence, record } from '../../evidence.ts';
import type { Facts } from '../../facts/index.ts';
import { clear, defineRule, match } from '../../rule.ts';
import { isKtrdrsService } from '../../vocabulary/operations.ts';
import { timeOfOperationId } from '../../vocabulary/subject.ts';
import { clock, iso, operationNoun } from '../../words.ts';
import { isFromFiles, NOT_FOUND_TEXTS, PADDING, unknownText, type Variant } from './texts.ts';

/** No span names the operation: the possible reasons. */
export const rule = defineRule({
  id: 'trace-not-found',
  title: 'No trace of the operation',
  symptom: 'Jaeger has no span that names the operation or the trace.',
  proof: 'The age of the ID, the ktrdr API record, and the services that Jaeger lists.',
  scenario: 'tracing',
  severity: 'notice',
  tier: 'fallback',
  variants: {
    'unknown-operation': 'Neither Jaeger nor the ktrdr API has it.',
    'not-exported-yet': 'It was just created. Spans are exported in batches every few seconds.',
    'never-started': 'ktrdr has a record, but the operation never started its work.',
    expired: 'It’s older than the traces Jaeger keeps.',
    'not-traced': 'It ran in a process that doesn’t export spans.',
    'tracing-off': 'Jaeger lists no ktrdr services.',
  },

  check(facts, context) {
    if (facts.tree.spans.length > 0) return clear;
    const { subject, operation, search, sources, services } = facts.case;
    const isAway = sources.some(({ name, state }) => name === 'jaeger' && state === 'unavailable');
    // The verdict says that Jaeger did not respond.
    if (isAway || (search !== undefined && search.unanswered.length > 0)) return clear;

    const written = subject.kind === 'operation' ? timeOfOperationId(subject.operationId) : null;
    const createdAt = facts.record?.createdAt ?? written;
    const age = createdAt === null ? null : context.now - createdAt;
    const variant = variantOf(facts, age);
    const place = searchedPlace(facts);
    const status = facts.record?.status ?? null;
    const answer =
      operation?.kind === 'not-found'
        ? 'the ktrdr API has no record of it either'
        : status === null
          ? null
          : `ktrdr API: status ${status}`;
    const id = nameOf(subject);
    const found = { id, age, place, answer, status, services: services?.length ?? 0 };
    const texts =
      variant === 'unknown-operation' ? unknownText(facts, found, context) : NOT_FOUND_TEXTS[variant](found, context);
    return match({
      variant,
      confidence:
        operation === null && (variant === 'unknown-operation' || variant === 'expired') ? 'possible' : 'likely',
      ...texts,
      culprit: null,
      evidence: [
        absence(`no span names ${id} (${place})`),
        answer !== null && record(answer),
        facts.record?.createdAt != null && record(`created ${clock(facts.record.createdAt)}`),
        facts.record?.createdAt == null &&
          written !== null && { kind: 'time', text: `created ${clock(written)}, according to its ID` },
      ],
    });
  },
});

/** The agents' containers run untraced. So does the training host, whose operations look like those of any worker. */
const UNTRACED = new Set(['agent_design', 'agent_assessment']);
const EXPORT_DELAY = 15_000_000;
const USUAL_RETENTION = 48 * 3_600_000_000;

function variantOf({ case: input, type, record: known }: Facts, age: number | null): Variant {
  const { services, operation, search } = input;
  if (isFromFiles(input) || (search?.similarIds ?? []).length > 0) return 'unknown-operation';
  if (services !== null && !services.some(isKtrdrsService)) return 'tracing-off';
  if (type !== null && UNTRACED.has(type)) return 'not-traced';
  if (age !== null && age >= 0 && age < EXPORT_DELAY) return 'not-exported-yet';
  if (known?.status === 'pending') return 'never-started';
  if (operation?.kind !== 'not-found' && age !== null && age > USUAL_RETENTION) return 'expired';
  return known === null ? 'unknown-operation' : 'not-traced';
}

/** As it was typed: a short trace ID is padded with zeros. */
function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case 'operation':
      return subject.operationId;
    case 'trace':
      return subject.traceId.replace(PADDING, '');
    case 'last':
      return `any ${operationNoun(subject.type)}`;
  }
}

function searchedPlace({ case: input }: Facts): string {
  const { search, services, window } = input;
  if (isFromFiles(input)) return 'the given files';
  const count = search?.searchedServices ?? services?.length ?? null;
  const searched = count === null ? 'Jaeger' : `${plural(count, 'service')} on Jaeger`;
  return window === null ? searched : `${searched} (${iso(window.from)} to ${iso(window.to)})`;
}
