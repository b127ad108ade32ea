/** Slack refuses a message whose blocks are too long in sum though each is legal; these budgets stay below its measured limits. */
import type { KnownBlock } from '@slack/types';

const MESSAGE_BUDGET = { textCharacters: 9000, jsonCharacters: 11_500, blocks: 45 } as const;

/** Blocks in order, in as few messages as the budget allows; `reserve` is kept free for a header and the fallback text. */
export function pack(
  blocks: readonly KnownBlock[],
  reserve: { readonly characters: number; readonly blocks: number },
): readonly (readonly KnownBlock[])[] {
  const room = {
    text: MESSAGE_BUDGET.textCharacters - reserve.characters,
    json: MESSAGE_BUDGET.jsonCharacters - reserve.characters,
    blocks: MESSAGE_BUDGET.blocks - reserve.blocks,
  };
  const messages: KnownBlock[][] = [];
  let used = { text: 0, json: 0 };
  for (const block of blocks) {
    const size = { text: textLength(block), json: JSON.stringify(block).length + 1 };
    const current = messages.at(-1);
    const fits =
      current !== undefined &&
      current.length < room.blocks &&
      used.text + size.text <= room.text &&
      used.json + size.json <= room.json;
    if (fits) {
      current.push(block);
      used = { text: used.text + size.text, json: used.json + size.json };
    } else {
      messages.push([block]);
      used = size;
    }
  }
  return messages;
}

/** Characters that a person would read, and those hidden in links and buttons. */
export function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, part]: [string, unknown]) => (key === 'type' || key === 'style' ? sum : sum + textLength(part)),
    0,
  );
}
