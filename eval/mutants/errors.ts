/** The same error, said in other places and shapes: must not matter. */
import { type Draft, type DraftSpan, isAbout, recordOf } from './draft.ts';
import {
  bagsOf,
  carriersOf,
  eachAttribute,
  endOf,
  iso,
  type Kind,
  messageOf,
  renameAttributes,
  setRecord,
  textOf,
} from './parts.ts';
import type { Random } from './random.ts';

const STACK_LINE =
  '  File "/app/ktrdr/async_infrastructure/service_orchestrator.py", line 412, in _run\n    return await call()\n';

export const ERRORS: readonly Kind[] = [
  {
    name: 'exception-twice',
    apply: (draft) => exceptions(draft, (events) => events.flatMap((event) => [event, structuredClone(event)])),
  },
  {
    name: 'exception-once',
    apply: (draft) =>
      exceptions(draft, (events) =>
        events.filter((one, i) => events.findIndex((other) => messageOf(other) === messageOf(one)) === i),
      ),
  },
  {
    name: 'exception-type-without-module',
    apply: (draft) =>
      eachAttribute(draft, (key, value) =>
        key === 'exception.type' && typeof value === 'string' ? (value.split('.').at(-1) ?? value) : value,
      ),
  },
  {
    name: 'exception-without-stack',
    apply: (draft) => renameAttributes(bagsOf(draft), { 'exception.stacktrace': null }),
  },
  { name: 'message-with-stack', apply: withStack },
  { name: 'status-without-message', apply: withoutStatusMessages },
  { name: 'error-on-transition-only', apply: onTransitionOnly },
  { name: 'error-on-exception-only', apply: onExceptionOnly },
  { name: 'end-in-its-own-trace', apply: endInItsOwnTrace },
  { name: 'record-lags', apply: recordLags },
];

function exceptions(draft: Draft, change: (events: DraftSpan['events']) => DraftSpan['events']): boolean {
  let changed = false;
  for (const span of draft.spans) {
    const events = change(span.events);
    changed ||= events.length !== span.events.length;
    span.events = events;
  }
  return changed;
}

/** As a handler does that puts `traceback.format_exc()` behind the message. */
function withStack(draft: Draft, random: Random): boolean {
  const stack = `\n\nTraceback (most recent call last):\n${STACK_LINE.repeat(random.int(2, 60))}`;
  setRecord(draft, withStackIn(recordOf(draft), 'error_message', stack));
  return eachAttribute(draft, (key, value) =>
    ['exception.message', 'operation.error'].includes(key) && typeof value === 'string' && value.trim() !== ''
      ? `${value}${stack}`
      : value,
  );
}

function withStackIn(record: Record<string, unknown> | null, key: string, stack: string): Record<string, unknown> {
  const text = record?.[key];
  return typeof text === 'string' && text !== '' ? { [key]: `${text}${stack}` } : {};
}

/** The exception event says the same. */
function withoutStatusMessages(draft: Draft): boolean {
  const spans = draft.spans.filter(({ status, events }) => status.message !== null && events.length > 0);
  for (const { status } of spans) status.message = null;
  return spans.length > 0;
}

/** Most failures inside a worker leave no exception event: `operation.error` is the only text. */
function onTransitionOnly(draft: Draft): boolean {
  const words = errorOfEnd(draft);
  const carriers = words === null ? [] : carriersOf(draft, words).filter(({ kind }) => kind === 'internal');
  for (const span of carriers) {
    span.events = span.events.filter(({ name }) => name !== 'exception');
    span.status = { code: 'unset', message: null };
  }
  return carriers.length > 0;
}

function onExceptionOnly(draft: Draft): boolean {
  const end = endOf(draft, 'failed');
  const words = errorOfEnd(draft);
  if (
    end === null ||
    words === null ||
    !carriersOf(draft, words).some((span) => words === messageOf(span.events[0] ?? { attributes: {} }))
  )
    return false;
  delete end.attributes['operation.error'];
  return true;
}

function errorOfEnd(draft: Draft): string | null {
  const end = endOf(draft, 'failed');
  return end === null ? null : textOf(end, 'operation.error') || null;
}

/** As ktrdr's own orphan check and cancel do. */
function endInItsOwnTrace(draft: Draft, random: Random): boolean {
  const end = endOf(draft, 'failed') ?? endOf(draft, 'completed');
  if (end === null) return false;
  end.traceId = random.hex(32);
  end.parentId = null;
  return true;
}

/** The ktrdr API was asked a moment before it knew the end. */
function recordLags(draft: Draft, random: Random): boolean {
  const end = endOf(draft, 'failed') ?? endOf(draft, 'completed');
  const record = recordOf(draft);
  if (end === null || record === null || isAbout(draft, 'status-misreported', 'result-useless', 'silent-empty'))
    return false;
  draft.api = true;
  draft.now = Math.max(...draft.spans.map(({ start, duration }) => start + duration)) + 1_500_000;
  Object.assign(record, { status: 'running', completed_at: null, error_message: null, result_summary: null });
  const progress = { percentage: random.int(20, 90), current_step: null, steps_completed: 0, steps_total: 0 };
  Object.assign(record, { progress, started_at: iso(end.start - 20_000), metrics: {} });
  draft.workers = null;
  return true;
}
