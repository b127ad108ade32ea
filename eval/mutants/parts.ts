/** What changes share: where an operation works, how it ends, and new spans. */
import type { AttributeValue } from '../../src/diagnosis/trace.ts';
import { type Draft, type DraftAttributes, type DraftSpan, recordOf } from './draft.ts';
import type { Random } from './random.ts';

/** A change: it edits the draft, or returns false because the draft has nothing to change. */
export interface Kind {
  readonly name: string;
  readonly apply: (draft: Draft, random: Random) => boolean;
}

export interface Words {
  readonly type: string;
  readonly message: string;
}

export const SECOND = 1_000_000;
/** What the record of an ended operation says of its progress. */
export const NO_PROGRESS = { percentage: 0, current_step: null, steps_completed: 0, steps_total: 0 };
const TRANSITION = 'operation.state_transition';
const TERMINAL = ['completed', 'failed', 'cancelled'];

export function textOf(span: DraftSpan, key: string): string {
  return String(span.attributes[key] ?? '');
}

/** Transitions of the operation, oldest first. */
export function transitionsOf(draft: Draft): readonly DraftSpan[] {
  return draft.spans
    .filter((span) => span.name === TRANSITION && textOf(span, 'operation.id') === draft.operationId)
    .sort((a, b) => a.start - b.start);
}

/** The last transition to a final state, if nothing came after it; ktrdr's orphan check isn't an end. */
export function endOf(draft: Draft, status: 'failed' | 'completed'): DraftSpan | null {
  const end = transitionsOf(draft).at(-1);
  return end !== undefined && textOf(end, 'operation.to_status') === status && !isOrphanCheck(end) ? end : null;
}

function isOrphanCheck(transition: DraftSpan): boolean {
  return textOf(transition, 'operation.error').includes('no worker claimed it');
}

/** Where the operation's work is done, and when. */
export interface Work {
  readonly parent: DraftSpan;
  readonly from: number;
  readonly to: number;
}

/** Null for a refused start, and for untraced work. */
export function workOf(draft: Draft): Work | null {
  const documented = draft.spans.find(({ name }) => /^worker\.(?:training|backtest)$/.test(name));
  if (documented !== undefined)
    return { parent: documented, from: documented.start, to: documented.start + documented.duration };
  const transitions = transitionsOf(draft);
  const running = transitions.findLast((span) => textOf(span, 'operation.to_status') === 'running');
  const parent = draft.spans.find(({ spanId }) => spanId === running?.parentId);
  if (running === undefined || parent === undefined) return null;
  const end = transitions.findLast((span) => TERMINAL.includes(textOf(span, 'operation.to_status')));
  const own = draft.spans.filter(({ service, traceId }) => service === running.service && traceId === running.traceId);
  const to = end?.start ?? Math.max(...own.map(({ start, duration }) => start + duration));
  return to - running.start < 1000 ? null : { parent, from: running.start, to };
}

export function operationType(draft: Draft): string {
  return /^op_(.+?)_\d{8}_/.exec(draft.operationId ?? '')?.[1] ?? '';
}

/** Spans that every service of ktrdr exports under its own name. */
export function isKtrdr({ service }: DraftSpan): boolean {
  return /ktrdr/i.test(service);
}

export interface NewSpan {
  readonly name: string;
  readonly kind?: DraftSpan['kind'];
  readonly service?: string;
  readonly start: number;
  readonly duration: number;
  readonly attributes?: DraftAttributes;
  /** Root of a new trace if null. */
  readonly parent: DraftSpan | null;
  readonly raises?: Words;
  readonly status?: DraftSpan['status']['code'];
}

export function addSpan(draft: Draft, random: Random, told: NewSpan): DraftSpan {
  const { parent, raises, kind = 'internal', attributes = {} } = told;
  const span: DraftSpan = {
    traceId: parent?.traceId ?? random.hex(32),
    spanId: random.hex(16),
    parentId: parent?.spanId ?? null,
    followsFrom: false,
    name: told.name,
    service: told.service ?? parent?.service ?? 'ktrdr-api',
    kind,
    start: Math.round(told.start),
    duration: Math.max(1, Math.round(told.duration)),
    status: { code: told.status ?? 'unset', message: null },
    attributes: { ...attributes },
    events: [],
    resource: { ...(parent ?? draft.spans[0])?.resource },
  };
  if (raises !== undefined) raise(span, raises);
  draft.spans.push(span);
  return span;
}

export function raise(span: DraftSpan, words: Words): void {
  span.status = { code: 'error', message: `${words.type.split('.').at(-1)}: ${words.message}` };
  span.events.push({ name: 'exception', time: span.start + span.duration, attributes: exceptionOf(words) });
}

function exceptionOf({ type, message }: Words): DraftAttributes {
  return {
    'exception.type': type,
    'exception.message': message,
    'exception.stacktrace': `Traceback (most recent call last):\n  File "/app/ktrdr/api/run.py", line 88, in run\n    await step()\n${type}: ${message}\n`,
    'exception.escaped': 'False',
  };
}

export function callOf(method: string, url: string, status: number | null): DraftAttributes {
  return { 'http.method': method, 'http.url': url, ...(status !== null && { 'http.status_code': status }) };
}

export function addTransition(
  draft: Draft,
  random: Random,
  told: { parent: DraftSpan | null; at: number; from: string; to: string; more?: DraftAttributes; service?: string },
): DraftSpan {
  const { parent, at, from, to, more, service } = told;
  return addSpan(draft, random, {
    name: TRANSITION,
    parent,
    start: at,
    duration: 60,
    status: 'ok',
    ...(service !== undefined && { service }),
    attributes: {
      'operation.id': draft.operationId,
      'operation.from_status': from,
      'operation.to_status': to,
      ...more,
    },
  });
}

/** Removes the error of spans, so that they ended well. */
export function heal(span: DraftSpan): void {
  span.events = span.events.filter(({ name }) => name !== 'exception');
  if (span.status.code === 'error') span.status = { code: 'unset', message: null };
  if (span.kind === 'client' && span.attributes['http.method'] !== undefined)
    span.attributes['http.status_code'] ??= 200;
}

export function messageOf(event: { readonly attributes: DraftAttributes }): string {
  return String(event.attributes['exception.message'] ?? '');
}

/** The spans whose exception says what ended the operation. */
export function carriersOf(draft: Draft, words: string): readonly DraftSpan[] {
  return draft.spans.filter(({ events }) =>
    events.some((event) => messageOf(event) !== '' && words.includes(messageOf(event))),
  );
}

export function iso(microseconds: number): string {
  return new Date(microseconds / 1000).toISOString();
}

/** Sets fields of the operation record, if there is one. */
export function setRecord(draft: Draft, fields: Record<string, unknown>): void {
  const record = recordOf(draft);
  if (record !== null) Object.assign(record, fields);
}

/** Every bag of attributes, those of events included. */
export function bagsOf({ spans }: Draft): readonly DraftAttributes[] {
  return spans.flatMap(({ attributes, events }) => [attributes, ...events.map((event) => event.attributes)]);
}

/** Changes attribute values in place; false when none changed. */
export function eachAttribute(draft: Draft, change: (key: string, value: AttributeValue) => AttributeValue): boolean {
  let changed = false;
  for (const bag of bagsOf(draft))
    for (const [key, value] of Object.entries(bag)) {
      bag[key] = change(key, value);
      changed ||= bag[key] !== value;
    }
  return changed;
}

/** Gives attributes other names; null removes one. False when none had a name. */
export function renameAttributes(bags: readonly DraftAttributes[], names: Readonly<Record<string, string | null>>) {
  let changed = false;
  for (const bag of bags)
    for (const [before, after] of Object.entries(names)) {
      const value = bag[before];
      if (value === undefined) continue;
      delete bag[before];
      if (after !== null) bag[after] ??= value;
      changed = true;
    }
  return changed;
}
