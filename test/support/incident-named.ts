import { basename } from 'node:path';
import { FIXTURES, type Incident, incidentsIn } from './incidents.ts';

export interface NamedIncident extends Incident {
  /** Empty when no operation id was given to the user. */
  readonly operationId: string;
  readonly ask: string;
}

/** The recorded incident whose folder's name begins so. */
export function incidentNamed(prefix: string): NamedIncident {
  const found = incidentsIn(FIXTURES).find(({ dir }) => basename(dir).startsWith(prefix));
  if (found === undefined) throw new Error(`There is no recorded incident whose name begins with ${prefix}.`);
  const operationId = found.expected.operationId ?? '';
  return { ...found, operationId, ask: found.expected.ask ?? operationId };
}
