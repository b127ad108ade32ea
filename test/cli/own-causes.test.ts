import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { useOwnCauses } from '../../src/diagnosis/catalogue.ts';
import { NO_OWN_CAUSES } from '../../src/diagnosis/own-causes/own-cause.ts';
import { FIXTURES } from '../support/incidents.ts';
import { runHere } from './run-cli.ts';

const dir = mkdtempSync(join(tmpdir(), 'own-causes-'));
const CAUSES_FILE = join(dir, 'causes.yml');
const TRACE = join(FIXTURES, 'unhandled-exception/failed-worker-exception/v3.json');

afterAll(() => rmSync(dir, { recursive: true }));
afterEach(() => useOwnCauses(NO_OWN_CAUSES));

function write(message: string): void {
  writeFileSync(
    CAUSES_FILE,
    `causes:
  - id: layer-shapes
    title: Layers that don't fit together
    when: { message: ${message} }
    headline: The layers of this {noun} don't fit together.
    explanation: The input size was not changed with the layer.
    fixes: [{ advice: Correct the size. }]
`,
  );
}

describe('CAUSES_FILE', () => {
  test('answers at the command line, and is in the catalogue', async () => {
    write('shape mismatch in layer 3');
    const diagnosed = await runHere(['diagnose', 'last', '--file', TRACE, '--json'], { env: { CAUSES_FILE } });
    expect(JSON.parse(diagnosed.stdout).primary).toMatchObject({ cause: 'layer-shapes', confidence: 'likely' });
    expect((await runHere(['explain'], { env: { CAUSES_FILE } })).stdout).toContain("Layers that don't fit together");
    expect((await runHere(['explain', 'layer-shapes'], { env: { CAUSES_FILE } })).stdout).toContain('Proof:');
    const env = { CAUSES_FILE, JAEGER_URL: 'http://127.0.0.1:1' };
    expect((await runHere(['search', '--cause', 'layer-shapes'], { env })).status).toBe(1);
    expect((await runHere(['search', '--cause', 'layer-shape'], { env })).status).toBe(2);
  });

  test('that cannot be understood stops every command but doctor, with its lines', async () => {
    write('{ contains: shape }');
    const { status, stderr } = await runHere(['explain'], { env: { CAUSES_FILE } });
    expect(status).toBe(2);
    expect(stderr).toContain('CAUSES_FILE, line 4: must be the whole text');
    for (const command of ['doctor', 'diagnose', 'start'])
      expect((await runHere([command, '--help'], { env: { CAUSES_FILE } })).status).toBe(0);
  });
});
