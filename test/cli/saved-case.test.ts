import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { plantSecrets } from '../support/secrets.ts';
import { runHere } from './run-cli.ts';

const FAILED = incidentNamed('06a-');
const folder = mkdtempSync(join(tmpdir(), 'ktrdr-bot-save-'));
afterAll(() => rmSync(folder, { recursive: true }));

const secrets = plantSecrets();
const named = plantSecrets().values.slice(0, 3);
/** The operator's own kind, which nothing else recognizes. */
const OWN = 'ACCT-4711';
const env = { REDACT: 'ACCT-\\d+' };

/** The trace with secrets in its messages, and in attributes whose names alone tell. */
function traceWithSecrets(): string {
  const traces = JSON.parse(readFileSync(join(FAILED.dir, 'legacy.json'), 'utf8'));
  const [password = '', key = '', header = ''] = named;
  for (const span of traces.data[0].spans) {
    for (const { fields } of span.logs)
      for (const field of fields)
        if (field.key === 'exception.message') field.value = `${field.value} ${OWN} ${secrets.text}`;
    span.tags.push(
      { key: 'db.password', type: 'string', value: password },
      { key: 'aws.secret_access_key', type: 'string', value: key },
      { key: 'http.request.header.x_api_key', type: 'string', value: JSON.stringify([header]) },
    );
  }
  const path = join(folder, 'with-secrets.json');
  writeFileSync(path, JSON.stringify(traces));
  return path;
}

const asked = ['diagnose', FAILED.ask, '--now', FAILED.expected.now ?? '', '--file', traceWithSecrets()];

function seenIn(text: string): readonly string[] {
  return [...secrets.values, ...named, OWN].filter((value) => text.includes(value));
}

describe('a saved case', () => {
  it('holds no secret, keeps other users out, and gives the same diagnosis', async () => {
    const path = join(folder, 'case.json');
    writeFileSync(path, 'x', { mode: 0o644 });
    chmodSync(path, 0o644);
    const first = await runHere([...asked, '--json', '--save', path], { env });
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const saved = readFileSync(path, 'utf8');
    expect(seenIn(saved)).toEqual([]);
    expect(saved).toContain('[redacted]');

    const again = await runHere(['diagnose', FAILED.ask, '--json', '--file', path], { env });
    expect(withoutTime(again.stdout)).toEqual(withoutTime(first.stdout));
    expect(JSON.parse(again.stdout).verdict).toBe('explained');
  });

  it('holds them when that is asked for, with a warning, and for its owner alone', async () => {
    const path = join(folder, 'raw.json');
    const run = await runHere([...asked, '--save-raw', path], { env });
    expect(run.status).toBe(0);
    expect(run.stderr).toMatch(/^--save-raw .*raw\.json contains everything .*, including secrets\./);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(seenIn(readFileSync(path, 'utf8'))).toHaveLength(14);
    const again = await runHere(['diagnose', FAILED.ask, '--file', path], { env });
    expect(again.status).toBe(0);
    expect(seenIn(again.stdout)).toEqual([]);
  });

  it('that cannot be written is told', async () => {
    for (const option of ['--save', '--save-raw']) {
      const { status, stderr } = await runHere([...asked, option, join(folder, 'none', 'case.json')], { env });
      expect([status, stderr]).toEqual([2, expect.stringContaining(`${option} `)]);
    }
  });
});

function withoutTime(json: string): unknown {
  const { analysisMs, ...diagnosis } = JSON.parse(json);
  expect(typeof analysisMs).toBe('number');
  return diagnosis;
}
