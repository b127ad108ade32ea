import type { Rule } from '../diagnosis/rule.ts';
import { RULES } from '../diagnosis/rules/index.ts';
import { nearest } from '../handlers/near.ts';
import { EXIT, type Io, wrongUsage } from './io.ts';
import { parseOptions } from './options.ts';

export const HELP = `Usage: ktrdr-bot explain [cause] [--json]

Without a cause: the catalogue. With one (rule or rule/variant): what a person sees, what proves it, its variants.
`;

export async function explain(args: readonly string[], io: Io): Promise<number> {
  const options = parseOptions(args, { json: 'flag' });
  if (!options.ok) return wrongUsage(io, options.problem);
  if (options.value.has('help')) {
    io.write(HELP);
    return EXIT.answered;
  }
  const [cause, extra] = options.value.words;
  if (extra !== undefined) return wrongUsage(io, `"${extra}" is one word too many: explain takes one cause.`);
  const isJson = options.value.has('json');
  if (cause === undefined) {
    io.write(isJson ? json(RULES.map(entryOf)) : catalogue());
    return EXIT.answered;
  }
  const rule = ruleFor(cause);
  if (rule === null) return wrongUsage(io, unknownCause(cause));
  io.write(isJson ? json(entryOf(rule)) : page(rule));
  return EXIT.answered;
}

/** A rule without its code. */
function entryOf({ id, title, symptom, proof, scenario, severity, variants }: Rule) {
  return { id, title, symptom, proof, scenario, severity, variants };
}

function ruleFor(cause: string): Rule | null {
  const [id, variant] = cause.split('/', 2);
  const rule = RULES.find((known) => known.id === id);
  return rule !== undefined && (variant === undefined || Object.hasOwn(rule.variants, variant)) ? rule : null;
}

function unknownCause(cause: string): string {
  const names = RULES.flatMap(({ id, variants }) => [
    id,
    ...Object.keys(variants).map((variant) => `${id}/${variant}`),
  ]);
  const meant = nearest(cause, names);
  const hint = meant === null ? '"ktrdr-bot explain" lists them.' : `Did you mean "${meant}"?`;
  return `"${cause}" is not a cause in the catalogue. ${hint}`;
}

function catalogue(): string {
  const width = Math.max(...RULES.map(({ id }) => id.length));
  const lines = RULES.map(({ id, title }) => `${id.padEnd(width)}  ${title}`);
  return `${lines.join('\n')}\n\n"ktrdr-bot explain <cause>" tells more about one of them.\n`;
}

function page({ id, title, symptom, proof, scenario, severity, variants }: Rule): string {
  const width = Math.max(0, ...Object.keys(variants).map((name) => name.length));
  const listed = Object.entries(variants).map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`);
  const parts = [`${title}\n${id} · ${scenario} · ${severity}`, `Symptom: ${symptom}`, `Proof: ${proof}`];
  if (listed.length > 0) parts.push(`Variants:\n${listed.join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
