import { catalogue, ruleNamed } from '../../diagnosis/catalogue.ts';
import type { Rule } from '../../diagnosis/rule.ts';
import { plural } from '../../language/plurals.ts';
import { buildMessage } from '../blocks/build-message.ts';
import { shortLine } from '../blocks/mrkdwn.ts';
import { code, inline, listBlock, note, prose, strong, type TextBlock } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

/** One entry of the catalogue of causes; null when there is no such cause (`rule` or `rule/variant`). */
export function formatCause(cause: string): Message | null {
  const rule = ruleNamed(cause);
  if (rule === null) return null;
  const variant = cause.split('/', 2)[1];
  const chosen = variant === undefined ? undefined : rule.variants[variant];
  const blocks: TextBlock[] = [
    ...(chosen === undefined ? [] : [prose([strong('This variant: '), chosen])]),
    prose([strong('Symptom: '), rule.symptom]),
    prose([strong('How it’s detected: '), rule.proof]),
    ...variantList(rule, variant),
    note(inline`Cause ${code(cause)} · see the diagnosis for the fix`),
  ];
  return buildMessage([strong(`${rule.title}.`)], { blocks });
}

export function formatCatalogue(): Message {
  const causes = catalogue().map(({ id, title }) => [code(id), ` ${title}`]);
  return buildMessage(inline`Causes that ktrdr-bot can find. For details, use ${code('/ktrdr explain <cause>')}.`, {
    blocks: [listBlock('Causes', causes)],
  });
}

/** The causes that have all the words in their name, title or meaning, one line each; null when none has. */
export function formatMatchingCauses(words: string): Message | null {
  const wanted = words
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const has = (...texts: readonly string[]) =>
    wanted.every((word) => texts.some((text) => text.toLowerCase().includes(word)));
  const lines = catalogue().flatMap(({ id, title, variants }) => {
    if (has(id, title)) return [[code(id), ` ${title}`]];
    const matching = Object.entries(variants).filter(([name, meaning]) => has(id, title, name, meaning));
    return matching.map(([name, meaning]) => [code(`${id}/${name}`), ` ${meaning}`]);
  });
  if (wanted.length === 0 || lines.length === 0) return null;
  const title = `${plural(lines.length, 'cause matches', 'causes match')}`;
  return buildMessage(
    inline`${title} ${code(shortLine(words, 60))}. For details, use ${code('/ktrdr explain <cause>')}.`,
    {
      blocks: [listBlock('Causes', lines)],
    },
  );
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
