/** Files that repeat what the code already says. `npm run generate` writes them; test/generated.test.ts compares them. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { renderEnvExample, renderEnvironmentTable } from '../src/config/documentation.ts';
import { Environment, loadConfig } from '../src/config/environment.ts';
import type { Rule } from '../src/diagnosis/rule.ts';
import { RULES } from '../src/diagnosis/rules/index.ts';
import { diagnosisSchema } from '../src/jobs/answer/diagnosis-schema.ts';
import { HOMES, LAYERS } from '../test/support/layers.ts';
import { AUDIENCES, type Audience, PERSONAL, READERS } from '../test/support/readers.ts';
import { renderLicences } from './licences.ts';
import { renderPageScript } from './page-script.ts';
import { renderTexts } from './texts.ts';

const ROOT = new URL('../', import.meta.url);

/** Path below the root of the repository → how its text is made. `RULE_INDEX` is generated before these, from the folder names. */
export const GENERATED_FILES: Readonly<Record<string, () => string>> = {
  'docs/causes.md': () => renderCauses(RULES),
  'docs/texts.md': () => renderTexts(),
  'docs/architecture.md': () =>
    withSection(withSection(read('docs/architecture.md'), 'layers', renderLayers()), 'homes', renderHomes()),
  'docs/access.md': () => withSection(read('docs/access.md'), 'readers', renderReaders()),
  'schema/diagnosis.schema.json': () =>
    `${JSON.stringify(z.toJSONSchema(diagnosisSchema, { io: 'input' }), null, 2)}\n`,
  '.env.example': renderEnvExample,
  'README.md': () => withSection(read('README.md'), 'environment', renderEnvironmentTable()),
  'docs/licences.md': () => renderLicences(read('package-lock.json')),
  'src/formatters/html/page-script.ts': renderPageScript,
  'src/config/defaults.ts': () => renderDefaults(Object.keys(Environment.shape), loadConfig({})),
};

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** The document with `section` between its comments `<!-- name: … -->` and `<!-- /name -->`. */
function withSection(document: string, name: string, section: string): string {
  const [, before, after] =
    new RegExp(`^([\\s\\S]*<!-- ${name}:[^>]*-->\n)[\\s\\S]*(\n<!-- /${name} -->[\\s\\S]*)$`).exec(document) ?? [];
  if (before === undefined)
    throw new Error(`A document has no section between <!-- ${name}: … --> and <!-- /${name} -->.`);
  return `${before}${section}${after}`;
}

function renderCauses(rules: readonly Rule[]): string {
  const sections = rules.flatMap((rule) => {
    const variants = Object.entries(rule.variants).map(([name, meaning]) => `| \`${rule.id}/${name}\` | ${meaning} |`);
    const replaced = (rule.supersedes ?? []).map((id) => `\`${id}\``).join(', ');
    return [
      `## ${rule.title}`,
      '',
      `\`${rule.id}\` · scenario ${rule.scenario} · ${rule.severity}${rule.tier === undefined ? '' : ` · ${rule.tier}`}`,
      '',
      `**Seen as:** ${rule.symptom}`,
      '',
      `**Proof:** ${rule.proof}`,
      '',
      ...(variants.length === 0 ? [] : ['| cause | meaning |', '|---|---|', ...variants, '']),
      ...(replaced === '' ? [] : [`Also replaces: ${replaced}.`, '']),
    ];
  });
  return [
    '# Causes',
    '',
    'Everything the bot can say about an operation. Generated from `src/diagnosis/rules/` by `npm run generate`.',
    '',
    ...sections,
  ].join('\n');
}

function renderDefaults(variables: readonly string[], defaults: object): string {
  return [
    '// Generated from `environment.ts` by `npm run generate`; not edited by hand.',
    "import type { Config } from './environment.ts';",
    '',
    `export const VARIABLES: readonly string[] = ${JSON.stringify(variables, null, 2)};`,
    '',
    '/** What `loadConfig({})` gives. */',
    `export const DEFAULTS: Config = ${JSON.stringify(defaults, null, 2)};`,
    '',
  ].join('\n');
}

function renderLayers(): string {
  const rows = LAYERS.map(({ folder, mayImport, packages, because }) => {
    const folders = mayImport.map((path) => code(asGlob(path))).join(', ') || '–';
    const names = packages.map((name) => (name === '*' ? 'any' : code(name))).join(', ') || 'none';
    return `| \`src/${folder}/\` | ${folders} | ${names} | ${because} |`;
  });
  return ['| folder | may import from `src` | packages | why |', '|---|---|---|---|', ...rows].join('\n');
}

function renderHomes(): string {
  const rows = HOMES.map(([name, home]) => `| ${code(name)} | ${code(asGlob(home.source))} |`);
  return ['| package | imported only in |', '|---|---|', ...rows].join('\n');
}

function renderReaders(): string {
  const names = Object.keys(AUDIENCES) as Audience[];
  const rows = Object.entries(READERS).map(([reader, others]) => {
    const cells = names.map((audience) => {
      if (audience === 'member') return 'shown';
      return audience === 'public' && PERSONAL.some((name) => name === reader) ? 'the member alone' : others;
    });
    return `| ${[reader, ...cells].join(' | ')} |`;
  });
  const columns = names.map((name) => `* **${name}**: ${AUDIENCES[name]}`);
  return [...columns, '', `| reader | ${names.join(' | ')} |`, `|${'---|'.repeat(names.length + 1)}`, ...rows].join(
    '\n',
  );
}

/** The regular expressions of layers.ts as globs: `a/(b|c)[.]ts` as `a/{b,c}.ts`. */
function asGlob(pattern: string): string {
  return pattern
    .replace(/^\^|\$$/g, '')
    .replaceAll('[.]', '.')
    .replaceAll('\\/', '/')
    .replace(/\((?:\?:)?/g, '{')
    .replaceAll(')', '}')
    .replaceAll('|', ',');
}

function code(text: string): string {
  return `\`${text}\``;
}
