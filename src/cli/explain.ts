import { catalogue, ruleNamed } from '../diagnosis/catalogue.ts';
import type { Rule } from '../diagnosis/rule.ts';
import {
  ATTRIBUTE_REFERENCE,
  type AttributeEntry,
  attributeNamed,
} from '../diagnosis/vocabulary/attribute-reference.ts';
import { causeNames } from '../formatters/reports/explain.ts';
import { nearest } from '../language/nearest.ts';
import { type Options, type QueryCommand, type QueryResult, queryCommand, wrong } from './command.ts';

const HELP = `Usage: ktrdr-bot explain [cause or attribute] [--json]

Without an argument: all causes. With a cause (rule or rule/variant): its symptom, its proof, and
its variants. With a span attribute (operation.type): what it means and where ktrdr currently writes it.
`;

export const EXPLAIN: QueryCommand = { name: 'explain', help: HELP, options: { json: 'flag' }, query };
export const explain = queryCommand(EXPLAIN);

async function query({ words: [cause, extra] }: Options): Promise<QueryResult> {
  if (extra !== undefined) return wrong(`Unexpected argument "${extra}": explain takes one cause or attribute.`);
  if (cause === undefined) return answer(listed(), catalogue().map(entryOf));
  const rule = ruleNamed(cause);
  if (rule !== null) return answer(page(rule), entryOf(rule));
  const attribute = attributeNamed(cause);
  return attribute === null ? wrong(unknownCause(cause)) : answer(attributePage(attribute), attribute);
}

function answer(text: string, json: unknown): QueryResult {
  return { kind: 'answer', isAnswered: true, text: () => text, json: () => json };
}

/** A rule without its code. */
function entryOf({ id, title, symptom, proof, scenario, severity, variants }: Rule) {
  return { id, title, symptom, proof, scenario, severity, variants };
}

function unknownCause(cause: string): string {
  const meant = nearest(cause, [...causeNames(), ...ATTRIBUTE_REFERENCE.map(({ name }) => name)]);
  const hint = meant === null ? '"ktrdr-bot explain" lists the causes.' : `Did you mean "${meant}"?`;
  return `"${cause}" isn't a known cause or attribute. ${hint}`;
}

function listed(): string {
  const width = Math.max(...catalogue().map(({ id }) => id.length));
  const lines = catalogue().map(({ id, title }) => `${id.padEnd(width)}  ${title}`);
  return `${lines.join('\n')}\n\n"ktrdr-bot explain <cause>" shows details of one of them.\n`;
}

function page({ id, title, symptom, proof, scenario, severity, variants }: Rule): string {
  const width = Math.max(0, ...Object.keys(variants).map((name) => name.length));
  const listed = Object.entries(variants).map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`);
  const parts = [`${title}\n${id} · ${scenario} · ${severity}`, `Symptom: ${symptom}`, `Proof: ${proof}`];
  if (listed.length > 0) parts.push(`Variants:\n${listed.join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

const KNOWN_BY: Readonly<Record<AttributeEntry['vocabulary'], string>> = {
  documented: 'only the runbook names it',
  real: 'only the current ktrdr writes it',
  both: 'the runbook names it and the current ktrdr writes it',
  newer: 'a newer OpenTelemetry convention',
};

function attributePage({ name, type, vocabulary, occursOn, today, meaning, alsoCalled }: AttributeEntry): string {
  const where = occursOn === null ? 'Never written by the current ktrdr.' : `Written on: ${occursOn}.`;
  const parts = [`${name}\n${type} · ${KNOWN_BY[vocabulary]}`, meaning, today === null ? where : `${where} ${today}`];
  if (alsoCalled.length > 0) parts.push(`Also called: ${alsoCalled.join(', ')}`);
  return `${parts.join('\n\n')}\n`;
}
