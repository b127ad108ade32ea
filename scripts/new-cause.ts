/** `npm run new-cause <id>`: the files of a new rule, ready to be filled in. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { recordedTrace } from './recorded-trace.ts';
import { RULES_FOLDER } from './rule-index.ts';

const ROOT = new URL('../', import.meta.url);
const TEMPLATES = new URL('./templates/', import.meta.url);

const [id = '', ...rest] = process.argv.slice(2);
const problem = rest.length > 0 ? `Unexpected argument "${rest[0]}".` : problemWith(id);
if (problem === null) await create();
else {
  process.stderr.write(`${problem}\nUsage: npm run new-cause <id>, such as npm run new-cause license-expired\n`);
  process.exitCode = 2;
}

function problemWith(name: string): string | null {
  if (name === '') return 'Name the new cause.';
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    return `"${name}" isn't kebab-case: use lower-case letters, digits, and single hyphens.`;
  const taken = [`${RULES_FOLDER}/${name}`, `test/diagnosis/rules/${name}`, `fixtures/${name}`].find((path) =>
    existsSync(new URL(path, ROOT)),
  );
  return taken === undefined ? null : `"${name}" exists already: see ${taken}.`;
}

async function create(): Promise<void> {
  const trace = template('trace.v3.json');
  const { legacy, v3 } = await recordedTrace(JSON.parse(trace));
  const files = {
    [`${RULES_FOLDER}/${id}/rule.ts`]: template('rule.ts.txt'),
    [`test/diagnosis/rules/${id}/rule.test.ts`]: template('rule.test.ts.txt'),
    [`fixtures/${id}/example/case.json`]: template('case.json'),
    [`fixtures/${id}/example/legacy.json`]: `${JSON.stringify(legacy, null, 2)}\n`,
    [`fixtures/${id}/example/v3.json`]: `${JSON.stringify(v3, null, 2)}\n`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(new URL(dirname(path), ROOT), { recursive: true });
    writeFileSync(new URL(path, ROOT), text);
    process.stdout.write(`Wrote ${path}\n`);
  }
  await import('./generate.ts');
  process.stdout.write(`
Next:
1. Replace each TODO in these files. Until then the test "${id} has no TODO left" lists them.
2. Replace fixtures/${id}/example with a recording: npm run record-fixture <operation id> fixtures/${id}/<name>
3. npm run generate
4. npx vitest run test/diagnosis/rules/${id} test/diagnosis/corpus.test.ts test/generated.test.ts
`);
}

function template(name: string): string {
  return readFileSync(new URL(name, TEMPLATES), 'utf8').replaceAll('__ID__', id);
}
