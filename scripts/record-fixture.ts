/** `npm run record-fixture <operation id> [folder]`: saves what Jaeger and ktrdr return for an operation as a fixture. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadConfig } from '../src/config/environment.ts';
import { recordFixture } from './record.ts';

const ROOT = join(import.meta.dirname, '..');
const USAGE = `Usage: npm run record-fixture <operation id> [folder], such as
  npm run record-fixture op_training_20261123_025232_c79c8094 fixtures/resources/gpu-memory/a-training-run
JAEGER_URL and KTRDR_API_URL are read from .env.
`;
const TIMEOUT_MS = 120_000;

const [operationId = '', folder = join('fixtures', 'recorded', operationId)] = process.argv.slice(2);
const directory = resolve(ROOT, folder);
if (!/^op_\w{1,200}$/.test(operationId)) fail(`"${operationId}" isn't an operation ID.\n${USAGE}`);
else if (existsSync(directory)) fail(`${folder} exists already. Name another folder, or delete it.\n`);
else await record();

async function record(): Promise<void> {
  const recorded = await recordFixture(operationId, loadConfig(process.env), AbortSignal.timeout(TIMEOUT_MS));
  if (recorded.kind === 'failed') return fail(`${recorded.reason}\n`);
  await mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(recorded.files)) {
    await writeFile(join(directory, name), text);
    process.stdout.write(`Wrote ${join(folder, name)}\n`);
  }
  for (const remark of recorded.remarks) process.stdout.write(`${remark}\n`);
  process.stdout.write(`
Next:
1. Read the files. Known forms of secrets and the text of strategies are redacted; hosts, paths, and names are kept.
2. Replace the TODO in case.json with what was really wrong. fixtures/README.md explains the fields.
`);
}

function fail(text: string): void {
  process.stderr.write(text);
  process.exitCode = 1;
}
