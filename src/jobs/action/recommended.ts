/** Which actions a finding recommends: those of its fixes that are one call of the ktrdr API. */
import type { Diagnosis, Fix } from '../../diagnosis/finding.ts';
import type { ActionKind } from '../../diagnosis/vocabulary/actions.ts';
import type { WantedAction } from './wanted.ts';

/** Matches the commands in fixes; see `diagnosis/fixes/operation-fixes.ts`. */
const ABOUT_OPERATION = /\bktrdr (?:--url \S+ )?(cancel|resume) ([\w.:-]+)(?=`|$)/;
const LOAD_DATA =
  /\bktrdr (?:--url \S+ )?data load ([\w^][\w.^=-]{0,29}) --timeframe (\w{1,5}) --mode (tail|backfill|full)$/;
/** A button can start an operation again only with the recorded values, except for the model, which a form asks for. */
const START_AGAIN = /\bstart (?:it|(?:the|that) [\w ]{1,30}?) again\b(?! with (?!--model-path))/i;

/** Each action once, in the order of the fixes. */
export function recommendedBy({ primary, operationId }: Diagnosis): readonly WantedAction[] {
  if (primary === null || operationId === null) return [];
  const all = primary.fixes.map((fix) => wantedBy(fix, operationId)).filter((wanted) => wanted !== null);
  const kinds = new Set<ActionKind>();
  return all.filter(({ kind }) => kinds.size < kinds.add(kind).size);
}

function wantedBy(fix: Fix, operationId: string): WantedAction | null {
  const text = fix.kind === 'command' ? fix.command : fix.kind === 'advice' ? fix.text : '';
  const [, verb, id] = ABOUT_OPERATION.exec(text) ?? [];
  if (verb === 'cancel' || verb === 'resume') return id === operationId ? { kind: verb, operationId } : null;
  const [, symbol, timeframe, mode] = LOAD_DATA.exec(text) ?? [];
  if (symbol !== undefined && timeframe !== undefined && mode !== undefined)
    return { kind: 'load-data', operationId, data: { symbol, timeframe, mode } };
  return fix.kind === 'advice' && START_AGAIN.test(text) ? { kind: 'start-again', operationId } : null;
}
