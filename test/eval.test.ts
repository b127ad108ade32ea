import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgeAll, regressions, type Scoreboard, scoreboardOf } from '../eval/evaluate.ts';
import { FIXTURES, type Incident, incidentsIn } from './support/incidents.ts';

const INCIDENTS = incidentsIn(FIXTURES);
const BOARD: Scoreboard = JSON.parse(readFileSync(new URL('../eval/scoreboard.json', import.meta.url), 'utf8'));

describe('the scoreboard', () => {
  it('is reached by today’s engine on the fixtures', () => {
    expect(regressions(scoreboardOf(judgeAll(INCIDENTS)), BOARD)).toEqual([]);
  });

  it('counts each dialect and witness, and both vocabularies', () => {
    expect(Object.keys(BOARD)).toEqual(
      expect.arrayContaining([
        'all',
        'vocabulary: documented',
        'vocabulary: real',
        'dialect: legacy',
        'witness: traces only',
      ]),
    );
    expect(BOARD['all']?.rightCause.of).toBeGreaterThan(150);
    expect(BOARD['all']?.falseAlarms.of).toBeGreaterThan(30);
  });

  it('notices wrong causes, false alarms, missing answers and missing incidents', () => {
    const before = scoreboardOf(judgeAll(INCIDENTS));
    const notice = (change: (incident: Incident) => Incident) =>
      regressions(scoreboardOf(judgeAll(INCIDENTS.map(change))), before).join('\n');
    const said = notice(expectingTheOpposite);
    expect(said).toMatch(/^all: rightCause /m);
    expect(said).toMatch(/^all: falseAlarms /m);
    expect(notice(askingForNothingKnown)).toMatch(/^witness: traces only: abstentions /m);
    expect(regressions({}, before)[0]).toBe('No incident is left in "all".');
  });
});

function expectingTheOpposite({ expected, ...incident }: Incident): Incident {
  const { tracesOnly: _, ...kept } = expected;
  const healthy = expected.healthy !== true;
  return { ...incident, expected: { ...kept, healthy, causes: healthy ? ['healthy'] : ['database/refused'] } };
}

function askingForNothingKnown({ expected, ...incident }: Incident): Incident {
  return { ...incident, expected: { ...expected, ask: 'op_training_20200101_000000_00000000' } };
}
