import { z } from 'zod';
import { httpUrl, id, natural } from './composition-objects.ts';
import { list, number, object, text, variant } from './schema.ts';

const style = object(
  {},
  {
    bold: z.boolean(),
    italic: z.boolean(),
    strike: z.boolean(),
    code: z.boolean(),
    underline: z.boolean(),
    highlight: z.boolean(),
    client_highlight: z.boolean(),
    unlink: z.boolean(),
  },
);

const literals = {
  text: object({ text: text() }, { style }),
  link: object({ url: httpUrl }, { text: text(), unsafe: z.boolean(), style }),
};

const inline = variant({
  ...literals,
  emoji: object({ name: text() }, { unicode: z.unknown(), url: z.unknown(), style, skin_tone: natural }),
  user: object({ user_id: id }, { style }),
  usergroup: object({ usergroup_id: id }, { style }),
  channel: object({ channel_id: id }, { style }),
  team: object({ team_id: id }, { style }),
  broadcast: object({ range: z.literal(['here', 'channel', 'everyone']) }, { style }),
  color: object({ value: text({ max: 9 }) }, { style }),
  date: object({ timestamp: z.number('must be a number'), format: text() }, { url: httpUrl, fallback: text(), style }),
});

const inlines = list(inline, { min: 0 });
const border = z.literal([0, 1]);
const section = object({ elements: inlines });

const part = variant({
  rich_text_section: section,
  rich_text_list: object(
    {
      elements: list(variant({ rich_text_section: section })),
      style: z.literal(['bullet', 'ordered']),
    },
    { indent: number(0, 8), offset: natural, border },
  ),
  rich_text_quote: object({ elements: inlines }, { border }),
  rich_text_preformatted: object({ elements: list(variant(literals)) }, { border, language: text({ max: 50 }) }),
});

export const richText = object({ elements: list(part) }, { block_id: id });
