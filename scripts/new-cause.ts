/** `npm run new-cause <id> [<error>]`: the files of a new rule, or the fixture of a new variant, ready to be filled in. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Rule } from '../src/diagnosis/rule.ts';
import { recordedTrace } from './recorded-trace.ts';
import { RULES_FOLDER } from './rule-index.ts';

const ROOT = new URL('../', import.meta.url);
const TEMPLATES = new URL('./templates/', import.meta.url);
const OPEN = 'TODO: the error message';

const [cause = '', error = '', ...rest] = process.argv.slice(2);
const [id = '', variant = null] = cause.split(/\/(.*)/s);
/** `RuntimeError` is the usual type of an exception that only has a message. */
const { type = 'RuntimeError', message = OPEN } =
  /^(?:(?<type>[A-Za-z_][\w.]*): )?(?<message>.+)$/.exec(error)?.groups ?? {};

const problem = rest.length > 0 ? `Unexpected argument "${rest[0]}". Quote the error.` : await problemWith(id, variant);
if (problem === null) await create();
else {
  process.stderr.write(`${problem}
Usage: npm run new-cause <rule>[/<variant>] ["<error>"], such as
  npm run new-cause license-expired
  npm run new-cause resources/file-handles "OSError: [Errno 24] Too many open files"
`);
  process.exitCode = 2;
}

async function problemWith(rule: string, name: string | null): Promise<string | null> {
  if (rule === '') return 'Name the new cause.';
  for (const word of name === null ? [rule] : [rule, name])
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(word))
      return `"${word}" isn't kebab-case: use lower-case letters, digits, and single hyphens.`;
  const exists = (path: string) => existsSync(new URL(path, ROOT));
  const path = `${RULES_FOLDER}/${rule}/rule.ts`;
  if (name !== null && !exists(path)) return `"${rule}" isn't a rule, so it can't get a variant: see docs/causes.md.`;
  if (name !== null && Object.hasOwn(await variantsIn(path), name)) return `"${cause}" exists already: see ${path}.`;
  const folders = name === null ? [dirname(path), `test/diagnosis/rules/${rule}`] : [];
  const taken = [...folders, `fixtures/${cause}`].find(exists);
  return taken === undefined ? null : `"${cause}" exists already: see ${taken}.`;
}

async function variantsIn(path: string): Promise<Rule['variants']> {
  const module: { readonly rule: Rule } = await import(new URL(path, ROOT).href);
  return module.rule.variants;
}

async function create(): Promise<void> {
  const { legacy, v3 } = await recordedTrace(filledTrace());
  write({
    [`fixtures/${cause}/example/case.json`]: template('case.json').replace(OPEN, () => beginningOf(message)),
    [`fixtures/${cause}/example/legacy.json`]: `${JSON.stringify(legacy, null, 2)}\n`,
    [`fixtures/${cause}/example/v3.json`]: `${JSON.stringify(v3, null, 2)}\n`,
  });
  if (variant === null) {
    write({
      [`${RULES_FOLDER}/${id}/rule.ts`]: template('rule.ts.txt').replace(`/${OPEN}/`, () => patternOf(message)),
      [`test/diagnosis/rules/${id}/rule.test.ts`]: template('rule.test.ts.txt').replace(`'${OPEN}'`, () =>
        quoted(message),
      ),
    });
    await import('./generate.ts');
  }
  process.stdout.write(variant === null ? nextForRule() : nextForVariant(variant));
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(new URL(dirname(path), ROOT), { recursive: true });
    writeFileSync(new URL(path, ROOT), text);
    process.stdout.write(`Wrote ${path}\n`);
  }
}

function nextForRule(): string {
  return `
Next:
1. Replace each TODO in these files. Until then the test "${id} has no TODO left" lists them.
${nextSteps(2)}`;
}

function nextForVariant(name: string): string {
  return `
Next:
1. In ${RULES_FOLDER}/${id}/rule.ts, add "${name}" to \`variants\`, to the patterns, and to the texts. A pattern for this error:
   ${patternOf(message)}
2. In test/diagnosis/rules/${id}/rule.test.ts, add a case for each wording, and similar errors that must not match.
3. Replace each TODO in fixtures/${cause}/example. Until then the test "${id} has no TODO left" lists them.
${nextSteps(4)}`;
}

function nextSteps(first: number): string {
  return `${first}. Replace fixtures/${cause}/example with a recording: npm run record-fixture <operation id> fixtures/${cause}/<name>
${first + 1}. npm run generate
${first + 2}. npx vitest run test/diagnosis/rules/${id} test/diagnosis/corpus.test.ts test/generated.test.ts
`;
}

function template(name: string): string {
  return readFileSync(new URL(name, TEMPLATES), 'utf8').replaceAll('__ID__', cause);
}

/** The example trace, whose worker raises the error. */
function filledTrace(): unknown {
  return JSON.parse(template('trace.v3.json'), (_, value) =>
    typeof value === 'string' ? value.replace('RuntimeError', () => type).replace(OPEN, () => message) : value,
  );
}

/** Words that every diagnosis of the error contains: longer ones are shortened, and others escaped. */
function beginningOf(text: string): string {
  return /^[^"\\]{1,60}/.exec(text)?.[0] ?? '';
}

/** The whole sentence: the words alone can be quoted by a text about something else. */
function patternOf(text: string): string {
  if (text === OPEN) return `/${OPEN}/`;
  return `/(?:^|: )${text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$/`;
}

function quoted(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text.replaceAll('\\', '\\\\')}'`;
}
