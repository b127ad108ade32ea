/** A fixture recorded over HTTP says the same as the incident that the servers were given. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JAEGER_VERSIONS, readRecordedTraces, startRecordedJaeger, startRecordedKtrdr } from '@ktrdr-bot/local-slack';
import { afterEach, describe, expect, test } from 'vitest';
import { recordFixture } from '../../scripts/record.ts';
import { loadConfig } from '../../src/config/environment.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { caseOf } from '../support/incidents.ts';

const INCIDENT = incidentNamed('15a-training-user-cancel');
const SECRET = ['correct', 'horse', 'battery'].join('-');
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

async function servers(version: (typeof JAEGER_VERSIONS)[number]) {
  const documents = JSON.stringify(await readRecordedTraces([INCIDENT.dir]));
  const attribute = (key: string, text: string) => JSON.stringify({ key, value: { stringValue: text } });
  const secrets = [attribute('db.password', SECRET), attribute('http.note', `password=${SECRET}`)].join(',');
  const traces = JSON.parse(documents.replaceAll('"attributes":[{', `"attributes":[${secrets},{`));
  const jaeger = await startRecordedJaeger({ version, traces });
  const ktrdr = await startRecordedKtrdr({ fixtureDirs: [INCIDENT.dir] });
  cleanups.push(jaeger.close, ktrdr.close);
  return { jaeger, ktrdr };
}

describe('npm run record-fixture', () => {
  test.each(JAEGER_VERSIONS)('records both dialects of Jaeger %s without secrets', async (version) => {
    const { jaeger, ktrdr } = await servers(version);
    const config = loadConfig({ JAEGER_URL: jaeger.url, KTRDR_API_URL: ktrdr.url });
    const recorded = await recordFixture(INCIDENT.operationId, config, AbortSignal.timeout(120_000));
    if (recorded.kind === 'failed') throw new Error(recorded.reason);
    expect(Object.keys(recorded.files).sort()).toEqual([
      'case.json',
      'legacy.json',
      'operation.json',
      'v3.json',
      'workers.json',
    ]);
    const all = Object.values(recorded.files).join('\n');
    expect(all).toContain('db.password');
    expect(all).not.toContain(SECRET);
    expect(all).not.toMatch(/"strategy_yaml": "(?!\[redacted\])/);

    const dir = await mkdtemp(join(tmpdir(), 'fixture-'));
    cleanups.push(() => rm(dir, { recursive: true }));
    for (const [name, text] of Object.entries(recorded.files)) await writeFile(join(dir, name), text);
    const incident = { name: 'recorded', dir, expected: JSON.parse(recorded.files['case.json'] ?? '') };
    const causes = (['legacy', 'v3'] as const).map((dialect) => {
      const { primary, verdict } = diagnose(caseOf(incident, dialect, { api: true }), {
        deployment: 'local',
        apiUrl: null,
      });
      return primary?.cause ?? verdict;
    });
    expect(causes).toEqual([INCIDENT.expected.causes[0], INCIDENT.expected.causes[0]]);
  });

  test('says what is missing', async () => {
    const { jaeger } = await servers('2.20');
    const record = (id: string, url: string) =>
      recordFixture(id, loadConfig({ JAEGER_URL: url }), AbortSignal.timeout(120_000));
    const unknown = 'op_training_20261123_000000_00000000';
    expect(await record(unknown, jaeger.url)).toEqual({ kind: 'failed', reason: `Jaeger has no trace of ${unknown}.` });
    expect(await record(INCIDENT.operationId, 'http://127.0.0.1:1')).toMatchObject({ kind: 'failed' });
    expect(await record(INCIDENT.operationId, jaeger.url)).toMatchObject({
      kind: 'recorded',
      remarks: ['KTRDR_API_URL is not set: only traces were recorded.'],
    });
  });
});
