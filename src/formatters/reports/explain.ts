import { catalogue, ruleNamed } from '../../diagnosis/catalogue.ts';
import type { Rule } from '../../diagnosis/rule.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { code, inline, listBlock, note, prose, strong, type TextBlock } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

/** One entry of the catalogue of causes; null when there is no such cause (`rule` or `rule/variant`). */
export function formatCause(cause: string): Message | null {
  const rule = ruleNamed(cause);
  if (rule === null) return null;
  const variant = cause.split('/', 2)[1];
  const chosen = variant === undefined ? undefined : rule.variants[variant];
  const blocks: TextBlock[] = [
    ...(chosen === undefined ? [] : [prose([strong('Here: '), chosen])]),
    prose([strong('What people see: '), rule.symptom]),
    prose([strong('What proves it: '), rule.proof]),
    ...variantList(rule, variant),
    note(inline`Cause ${code(cause)} · what mends it stands in the answer and its thread`),
  ];
  return buildMessage([strong(`${rule.title}.`)], { blocks });
}

export function formatCatalogue(): Message {
  const causes = catalogue().map(({ id, title }) => [code(id), ` ${title}`]);
  return buildMessage(inline`Causes that I can find. ${code('/ktrdr explain <cause>')} tells more about one of them.`, {
    blocks: [listBlock('Causes', causes)],
  });
}

export function causeNames(): readonly string[] {
  return catalogue().flatMap(({ id, variants }) => [id, ...Object.keys(variants).map((variant) => `${id}/${variant}`)]);
}

function variantList({ variants }: Rule, chosen: string | undefined): readonly TextBlock[] {
  const others = Object.entries(variants).filter(([name]) => name !== chosen);
  if (others.length === 0) return [];
  const items = others.map(([name, meaning]) => [code(name), ` ${meaning}`]);
  return [listBlock(chosen === undefined ? 'Variants' : 'Other variants', items)];
}
