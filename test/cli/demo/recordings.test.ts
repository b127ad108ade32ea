/** The recordings of the demo, moved to the present. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RecordedIncident, readIncidents } from '../../../src/cli/demo/incidents.ts';
import { moveTimes } from '../../../src/cli/demo/move-times.ts';
import { type Recordings, startRecordings } from '../../../src/cli/demo/recordings.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import { caseOf, FIXTURES, incidentsIn } from '../../support/incidents.ts';

const DAY_MS = 86_400_000;

/** Without what a run measures itself; times in words become such that can be moved. */
function textOf(diagnosis: unknown): string {
  const text = JSON.stringify(diagnosis, (key, value) => (key === 'analysisMs' ? 0 : value));
  return text.replace(/\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d UTC/g, (words) => new Date(words).toISOString());
}

describe('moved times', () => {
  it.each(incidentsIn(FIXTURES))('leave the diagnosis of $name as it was, at another time', (incident) => {
    const recorded = caseOf(incident, 'v3', { api: true });
    const recordedMs = Date.parse(incident.expected.now ?? '') || (recorded.traces[0]?.spans[0]?.start ?? 0) / 1000;
    // One whose time is not known is asked about long after.
    const near =
      incident.expected.now === undefined ? { ...recorded, now: recorded.traces[0]?.spans[0]?.start } : recorded;
    const move = { recordedMs, moveMs: 9 * DAY_MS + 3_723_000 };
    const moved = JSON.parse(moveTimes(JSON.stringify(near), move));
    const options = { deployment: 'local', apiUrl: null } as const;
    const expected = moveTimes(textOf(diagnose(near as typeof recorded, options)), move);
    expect(textOf(diagnose(moved, options))).toBe(expected);
  });

  it('are those near the recording, in whatever form; others stay', () => {
    const recordedMs = Date.UTC(2026, 10, 23, 7, 20);
    const text = [
      '"startTimeUnixNano":"1795418410589123456"',
      '"at":1795418410.5',
      '"2026-11-23T07:20:10.589123Z" 2026-11-23 07:20:10+00:00',
      'op_training_20261123_072010_c87fc1a6',
      '"start_date":"2022-01-03T00:00:00" 2026-11-01T00:00:00 1699999999 port 5005 4bf92f3577b34da6a3ce929d0e0e4736',
    ].join('\n');
    expect(moveTimes(text, { recordedMs, moveMs: 61_000 })).toBe(
      [
        '"startTimeUnixNano":"1795418471589123456"',
        '"at":1795418471.5',
        '"2026-11-23T07:21:11.589123Z" 2026-11-23 07:21:11+00:00',
        'op_training_20261123_072111_c87fc1a6',
        '"start_date":"2022-01-03T00:00:00" 2026-11-01T00:00:00 1699999999 port 5005 4bf92f3577b34da6a3ce929d0e0e4736',
      ].join('\n'),
    );
  });
});

describe('the recordings', () => {
  const startMs = Math.floor(Date.now() / 1000) * 1000 - 10 * 60_000;
  let incidents: readonly RecordedIncident[];
  let recordings: Recordings;
  beforeAll(async () => {
    incidents = await readIncidents(FIXTURES, startMs);
    recordings = await startRecordings({ incidents, startMs, onExchange: () => {} });
  });
  afterAll(() => recordings.close());

  it('are of the last day, in their order, and what ran runs at the start', () => {
    const times = incidents.map(({ recordedMs, moveMs, isRunning }) => ({
      at: recordedMs + moveMs,
      recordedMs,
      isRunning,
    }));
    const ended = times.filter(({ isRunning }) => !isRunning).toSorted((a, b) => a.recordedMs - b.recordedMs);
    expect(ended.map(({ at }) => at)).toEqual(ended.map(({ at }) => at).toSorted((a, b) => a - b));
    for (const { at } of ended) expect(startMs - at).toBeLessThan(DAY_MS);
    for (const { at } of ended) expect(startMs - at).toBeGreaterThan(20 * 60_000);
    const running = times.filter(({ isRunning }) => isRunning);
    expect(running.length).toBeGreaterThan(1);
    for (const { at } of running) expect(Math.abs(startMs - at)).toBeLessThanOrEqual(1000);
  });

  it('keep what ran in the present, in Jaeger and in ktrdr, under the same ids', async () => {
    const running = incidents.find(({ name }) => name.startsWith('21a-')) ?? expect.fail();
    const tagsFor = encodeURIComponent(JSON.stringify({ 'operation.id': running.ask }));
    const range = (from: number, to: number) =>
      `query.startTimeMin=${new Date(from).toISOString()}&query.startTimeMax=${new Date(to).toISOString()}`;
    const spansIn = async (from: number, to: number) => {
      const query = `query.attributes=${tagsFor}&${range(from, to)}&query.searchDepth=20`;
      const response = await fetch(`${recordings.jaeger.url}/api/v3/traces?${query}`);
      return (await response.text()).match(/"startTimeUnixNano"/g)?.length ?? 0;
    };
    const createdAt = async () => {
      const response = await fetch(`${recordings.ktrdr.url}/api/v1/operations/${running.ask}`);
      return Date.parse(/"created_at":"([^"]+)"/.exec(await response.text())?.[1] ?? '');
    };
    const [spans, created] = [await spansIn(startMs - 60_000, startMs + 1000), await createdAt()];
    expect(spans).toBeGreaterThan(0);
    expect(Math.abs(startMs - created)).toBeLessThan(60_000);
    await recordings.advance();
    expect(await spansIn(startMs - 60_000, startMs + 1000)).toBe(0);
    expect(await spansIn(Date.now() - 60_000, Date.now() + 1000)).toBe(spans);
    expect((await createdAt()) - created).toBeGreaterThanOrEqual(10 * 60_000 - 1000);
    expect(running.ask).toMatch(/^op_training_\d{8}_\d{6}_7f108e27$/);
  });
});
