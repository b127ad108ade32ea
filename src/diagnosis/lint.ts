/** Instrumentation gaps: attributes that the spans of a trace lack, and what can't be diagnosed without them. */

import { plural } from '../language/plurals.ts';
import type { Facts } from './facts/index.ts';
import { isTerminal } from './facts/transitions.ts';
import type { Span } from './trace.ts';
import { ATTRIBUTE, type AttributeName, carriersOf, readText } from './vocabulary/attributes.ts';
import { isObservation } from './vocabulary/noise.ts';

export interface InstrumentationGap {
  /** `No http.url on 2 spans (POST).` */
  readonly text: string;
  /** Completes “Unknown: …”, without a period. */
  readonly cannotTell: string;
}

type Check = (facts: Facts) => InstrumentationGap | null;

/** Most important first. Empty if there are no spans, which is a different problem. */
export function findInstrumentationGaps(facts: Facts): readonly InstrumentationGap[] {
  if (facts.own.length === 0) return [];
  return CHECKS.map((check) => check(facts)).filter((lack) => lack !== null);
}

const CHECKS: readonly Check[] = [
  lostParents,
  namelessProcesses,
  ({ own, status }) =>
    status.refused || carriersOf(own, 'operationId').some((span) => has(span, 'operationId'))
      ? null
      : { text: 'No span has operation.id.', cannotTell: 'which operation this is, and its other traces' },
  noEnd,
  ({ errors }) =>
    lacking(
      errors.origins.filter(({ type, message, httpStatus }) => type === null && message === '' && httpStatus === null),
      ({ span }) => span,
      'No exception on',
      'why they failed',
    ),
  ({ selections }) =>
    lacking(
      selections.filter(({ status, total, capable }) => status !== 'success' && (total === null || capable === null)),
      ({ span }) => span,
      `No ${current('workersTotal')} or ${current('workersCapable')} on`,
      'whether no worker was registered, none was of the right type, or all were busy',
    ),
  ({ own }) =>
    lacking(
      own.filter((span) => span.kind === 'client' && !isObservation(span) && !has(span, 'httpUrl')),
      (span) => span,
      `No ${current('httpUrl')} on`,
      'which worker or service was called',
    ),
  ({ phases }) =>
    lacking(
      phases.filter(
        ({ kind, rows, span }) =>
          kind === 'data-loading' && rows === null && !has(span, 'barsReceived') && span.status.code !== 'error',
      ),
      ({ span }) => span,
      `No ${current('rows')} or ${current('barsReceived')} on`,
      'how much data was loaded',
    ),
  ({ parameters, type }) =>
    parameters.symbol !== null || type === null || type.startsWith('agent') || type === 'dummy'
      ? null
      : { text: `No span names a symbol (${current('symbol')}).`, cannotTell: 'which symbol it worked on' },
  noLoop,
  noProgress,
];

function lostParents({ tree, own }: Facts): InstrumentationGap | null {
  const lost = new Set(tree.roots.filter(({ parentId }) => parentId !== null));
  return lacking(
    lost.size === 0 ? [] : own.filter((span) => lost.has(span)),
    (span) => span,
    'The parent span is missing for',
    'what called them, and how long the caller waited',
  );
}

function namelessProcesses({ own }: Facts): InstrumentationGap | null {
  return lacking(
    own.filter((span) => span.service === ''),
    (span) => span,
    'No service.name on',
    'which process created them',
  );
}

function noEnd({ status }: Facts): InstrumentationGap | null {
  if (isTerminal(status.trace)) return null;
  return {
    text: 'No span records the end (operation.state_transition to completed, failed, or cancelled).',
    cannotTell: isTerminal(status.value) ? 'what happened at its end' : 'whether it’s running, has ended, or was lost',
  };
}

/** Neither the training loop nor the simulation has a span today; only the time around them shows. */
function noLoop({ type, status, phases }: Facts): InstrumentationGap | null {
  if (type !== 'training' && type !== 'backtesting') return null;
  const begun = phases.some(({ kind }) => kind === 'data-loading');
  if (!begun || status.value === 'failed' || phases.some(({ kind }) => kind === 'loop')) return null;
  return type === 'training'
    ? {
        text: 'No span covers the training loop.',
        cannotTell: 'what took time in the training loop, and on which device it ran',
      }
    : { text: 'No span covers the simulation.', cannotTell: 'what took time in the simulation' };
}

function noProgress({ status, progress }: Facts): InstrumentationGap | null {
  if (isTerminal(status.value) || progress !== null) return null;
  return { text: `No span has ${current('progressPercentage')}.`, cannotTell: 'how far it got' };
}

function has(span: Span, name: AttributeName): boolean {
  return readText(span, name) !== null;
}

/** As the current ktrdr writes it. */
function current(name: AttributeName): string {
  return ATTRIBUTE[name][0];
}

const MOST_NAMES = 3;

function lacking<T>(
  items: readonly T[],
  spanOf: (item: T) => Span,
  missing: string,
  cannotTell: string,
): InstrumentationGap | null {
  if (items.length === 0) return null;
  const names = [...new Set(items.map((item) => spanOf(item).name))];
  const shown = names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', …' : '');
  return { text: `${missing} ${plural(items.length, 'span')} (${shown}).`, cannotTell };
}
