import { describe, it } from 'vitest';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';
import { wellMade } from '../../support/judge.ts';

describe.each(incidentsIn(FIXTURES))('$name', (incident) => {
  it.each([true, false])('is answered in whole sentences, with commands that exist (API: %s)', (api) => {
    wellMade(caseOf(incident, 'v3', { api }));
  });
});
