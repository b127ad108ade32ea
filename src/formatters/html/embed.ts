/** The spans of a trace as the page of a report gets them: every text once, visible, and free of secrets. */
import { cleanText } from '../../diagnosis/clean.ts';
import type { Diagnosis, Evidence, Finding } from '../../diagnosis/finding.ts';
import type { Attributes } from '../../diagnosis/trace.ts';
import type { TraceView, ViewedSpan } from '../../diagnosis/trace-view.ts';
import { iso } from '../../diagnosis/words.ts';
import { gapText } from '../answer/execution-flow.ts';
import { oneLine } from '../blocks/mrkdwn.ts';
import { createValueCleaner } from '../clean.ts';
import { type Links, publicUrl } from '../links.ts';
import { FLAGS, type Pairs, type ReportData, type ReportEvent } from './report-data.ts';

/** Characters of one value; a stack trace is rarely longer. */
const LONGEST_VALUE = 20_000;
/** The most attributes and events of one page: searching this many texts for secrets takes seconds, and a browser still opens the page. */
const MOST_TEXTS = 60_000;
const MOST_CHARACTERS = 20_000_000;

/** The data, and where a span is in it. */
export interface Embedded {
  readonly data: ReportData;
  /** Null for a span that isn't in the view. */
  positionOf(ref: Pick<Evidence, 'spanId' | 'traceId'>): number | null;
}

export function embed(view: TraceView, diagnosis: Diagnosis, links: Links, redact: readonly RegExp[]): Embedded {
  const rows = rowsOf(view, diagnosis);
  const texts = createTexts(redact);
  const positions = positionsOf(rows);
  const positionOf: Embedded['positionOf'] = ({ spanId, traceId }) =>
    positions.get(`${traceId ?? ''}-${spanId}`) ?? null;
  const traceIds = createTable<string>();
  const resources = createTable<Attributes>();
  const details = detailsOf(rows, texts);
  const culprit = diagnosis.primary?.culprit ?? null;
  const culpritAt = culprit === null ? null : positionOf(culprit);
  const column = <Value>(cellOf: (row: Row, at: number) => Value) => rows.map(cellOf);
  const spans = {
    parent: column(({ parent }) => parent),
    id: column(({ span }) => span?.spanId ?? ''),
    trace: column(({ span }) => (span === null ? -1 : traceIds.positionOf(span.traceId))),
    name: column(({ span, name }) => texts.positionOf(oneLine(cleanText(span?.name ?? name, redact)) || '(no name)')),
    service: column(({ span }) => texts.positionOf(span === null ? '' : oneLine(cleanText(span.service, redact)))),
    kind: column(({ span }) => texts.positionOf(span?.kind ?? '')),
    start: column(({ start }) => start - view.startedAt),
    duration: column(({ duration }) => duration),
    self: column(({ self }) => Math.round(self)),
    flags: column((row, at) => flagsOf(row, at === culpritAt, details[at] === undefined)),
    status: column(({ span }) => (span?.status.message ? texts.clean(span.status.message, 'message') : -1)),
    resource: column(({ span }) => (span === null ? -1 : resources.positionOf(span.resource))),
    attributes: column((_, at) => details[at]?.attributes ?? []),
    events: column((_, at) => details[at]?.events ?? []),
    evidence: evidenceOf(rows.length, diagnosis, positionOf, texts),
  };
  return {
    positionOf,
    data: {
      startedAt: iso(view.startedAt),
      traces: traceIds.values().map((id) => ({ id, url: publicUrl(links, links.trace(id)) })),
      resources: resources.values().map((attributes) => texts.pairs(attributes)),
      spans,
      withoutDetails: rows.filter((row, at) => row.span !== null && details[at] === undefined).length,
      // Last, because building the other columns fills it.
      strings: texts.strings(),
    },
  };
}

/** A span, or a time without spans, which has only a name. */
interface Row extends Pick<ViewedSpan, 'parent' | 'self' | 'isFailed'> {
  readonly span: ViewedSpan['span'] | null;
  readonly name: string;
  readonly start: number;
  readonly duration: number;
}

function rowsOf({ spans, startedAt }: TraceView, { primary }: Diagnosis): readonly Row[] {
  const rows = spans.map((one): Row => ({ ...one, name: '', start: one.span.start, duration: one.span.duration }));
  const gap = primary?.gap;
  if (gap === undefined) return rows;
  const start = startedAt + gap.startMs * 1000;
  const duration = gap.durationMs * 1000;
  const after = rows.findIndex((row) => row.parent === -1 && row.start >= start + duration);
  const at = after === -1 ? rows.length : after;
  const text = gapText(primary);
  const name = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  const shifted = rows.map((row) => (row.parent >= at ? { ...row, parent: row.parent + 1 } : row));
  return shifted.toSpliced(at, 0, { span: null, parent: -1, self: 0, isFailed: false, name, start, duration });
}

function flagsOf({ span, parent, isFailed }: Row, isCulprit: boolean, isWithoutDetails: boolean): number {
  if (span === null) return FLAGS.gap;
  const isOrphan = span.parentId !== null && parent === -1;
  return (
    (isFailed ? FLAGS.failed : 0) |
    (isCulprit ? FLAGS.culprit : 0) |
    (isOrphan ? FLAGS.missingParent : 0) |
    (isWithoutDetails ? FLAGS.withoutDetails : 0)
  );
}

/** By trace and span; also by span alone, for evidence that names no trace. */
function positionsOf(rows: readonly Row[]): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  rows.forEach(({ span }, at) => {
    if (span === null) return;
    positions.set(`${span.traceId}-${span.spanId}`, at);
    if (!positions.has(`-${span.spanId}`)) positions.set(`-${span.spanId}`, at);
  });
  return positions;
}

interface Details {
  readonly attributes: Pairs;
  readonly events: readonly ReportEvent[];
}

/** Details of failed spans first, then of those on the critical path, then of the others, as far as there is room. */
function detailsOf(rows: readonly Row[], texts: Texts): readonly (Details | undefined)[] {
  const details: (Details | undefined)[] = Array.from(rows, () => undefined);
  const importance = ({ isFailed, self }: Row) => (isFailed ? 2 : Number(self > 0));
  const order = [...rows.keys()].sort((a, b) => {
    const [first, second] = [rows[a], rows[b]];
    return first === undefined || second === undefined ? 0 : importance(second) - importance(first) || a - b;
  });
  for (const at of order) {
    const span = rows[at]?.span ?? null;
    if (texts.isFull()) break;
    if (span === null) continue;
    const events = span.events.map((event) => ({
      at: event.time - span.start,
      name: texts.clean(event.name, ''),
      attributes: texts.pairs(event.attributes),
    }));
    details[at] = { attributes: texts.pairs(span.attributes), events };
  }
  return details;
}

function evidenceOf(
  count: number,
  { primary, others }: Diagnosis,
  positionOf: Embedded['positionOf'],
  texts: Texts,
): readonly (readonly number[])[] {
  const evidence: number[][] = Array.from({ length: count }, () => []);
  const findings: readonly Finding[] = [...(primary === null ? [] : [primary]), ...others];
  for (const one of findings.flatMap((finding) => finding.evidence)) {
    const at = one.spanId === undefined ? null : positionOf(one);
    if (at !== null) evidence[at]?.push(texts.positionOf(oneLine(one.text)));
  }
  return evidence;
}

type Texts = ReturnType<typeof createTexts>;

/** Spans repeat their texts many times: each is cleaned once, and written once. */
function createTexts(redact: readonly RegExp[]) {
  const table = createTable<string>();
  const cleanValue = createValueCleaner(redact, LONGEST_VALUE);
  const cleaned = new Map<string, Map<string, number>>();
  let length = 0;
  const positionOf = (text: string) => {
    const known = table.size();
    const position = table.positionOf(text);
    if (position === known) length += text.length;
    // The reference to it.
    length += 6;
    return position;
  };
  const clean = (value: string, name: string) => {
    const byValue = cleaned.get(name) ?? new Map<string, number>();
    cleaned.set(name, byValue);
    const position = byValue.get(value) ?? positionOf(cleanValue(value, name));
    byValue.set(value, position);
    return position;
  };
  const pairs = (attributes: Attributes): Pairs =>
    Object.entries(attributes).flatMap(([name, value]) => [
      clean(name, ''),
      clean(typeof value === 'string' ? value : JSON.stringify(value), name),
    ]);
  const isFull = () => table.size() > MOST_TEXTS || length > MOST_CHARACTERS;
  return { positionOf, clean, pairs, isFull, strings: table.values };
}

/** Positions of values, in the order in which they first occur. */
function createTable<Value>() {
  const positions = new Map<Value, number>();
  return {
    positionOf(value: Value): number {
      const position = positions.get(value) ?? positions.size;
      positions.set(value, position);
      return position;
    },
    size: () => positions.size,
    values: (): readonly Value[] => [...positions.keys()],
  };
}
