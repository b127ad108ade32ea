import type { Rule } from '../../diagnosis/rule.ts';
import { RULES } from '../../diagnosis/rules/index.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { code, strong, type TextBlock } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

/** One entry of the catalogue of causes; null when there is no such cause (`rule` or `rule/variant`). */
export function formatCause(cause: string): Message | null {
  const [id, variant] = cause.split('/', 2);
  const rule = RULES.find((known) => known.id === id);
  if (rule === undefined || (variant !== undefined && !Object.hasOwn(rule.variants, variant))) return null;
  const chosen = variant === undefined ? undefined : rule.variants[variant];
  const blocks: TextBlock[] = [
    ...(chosen === undefined ? [] : [{ kind: 'prose', words: [strong('Here: '), chosen] } as const]),
    { kind: 'prose', words: [strong('What people see: '), rule.symptom] },
    { kind: 'prose', words: [strong('What proves it: '), rule.proof] },
    ...variantList(rule, variant),
    { kind: 'note', words: ['Cause ', code(cause), ' · what mends it stands in the answer and its thread'] },
  ];
  return buildMessage([strong(`${rule.title}.`)], { blocks });
}

/** Every cause in a line. */
export function formatCatalogue(): Message {
  return buildMessage(['Causes that I can find. ', code('/ktrdr explain <cause>'), ' tells more about one of them.'], {
    blocks: [{ kind: 'list', title: 'Causes', items: RULES.map(({ id, title }) => [code(id), ` ${title}`]) }],
  });
}

export function causeNames(): readonly string[] {
  return RULES.flatMap(({ id, variants }) => [id, ...Object.keys(variants).map((variant) => `${id}/${variant}`)]);
}

function variantList({ variants }: Rule, chosen: string | undefined): readonly TextBlock[] {
  const others = Object.entries(variants).filter(([name]) => name !== chosen);
  if (others.length === 0) return [];
  return [
    {
      kind: 'list',
      title: chosen === undefined ? 'Variants' : 'Other variants',
      items: others.map(([name, meaning]) => [code(name), ` ${meaning}`]),
    },
  ];
}
