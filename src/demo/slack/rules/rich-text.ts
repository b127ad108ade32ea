import { httpUrl, id, natural } from './composition.ts';
import { anything, boolean, list, number, object, oneOf, type Shape, string, variant } from './shape.ts';

const ANY_LENGTH = { max: Number.MAX_SAFE_INTEGER };

const style = object(
  {},
  {
    bold: boolean(),
    italic: boolean(),
    strike: boolean(),
    code: boolean(),
    underline: boolean(),
    highlight: boolean(),
    client_highlight: boolean(),
    unlink: boolean(),
  },
);

const inline = variant({
  text: object({ text: string(ANY_LENGTH) }, { style }),
  link: object({ url: httpUrl() }, { text: string(ANY_LENGTH), unsafe: boolean(), style }),
  emoji: object({ name: string(ANY_LENGTH) }, { unicode: anything(), url: anything(), style, skin_tone: natural }),
  user: object({ user_id: id }, { style }),
  usergroup: object({ usergroup_id: id }, { style }),
  channel: object({ channel_id: id }, { style }),
  team: object({ team_id: id }, { style }),
  broadcast: object({ range: oneOf('here', 'channel', 'everyone') }, { style }),
  color: object({ value: string({ max: 9 }) }, { style }),
  date: object(
    { timestamp: number({ max: Number.MAX_SAFE_INTEGER }), format: string(ANY_LENGTH) },
    { url: httpUrl(), fallback: string(ANY_LENGTH), style },
  ),
});

const literal = variant({
  text: object({ text: string(ANY_LENGTH) }, { style }),
  link: object({ url: httpUrl() }, { text: string(ANY_LENGTH), unsafe: boolean(), style }),
});

const inlines = list(inline, { min: 0, ...ANY_LENGTH });
const border = oneOf(0, 1);
const section = object({ elements: inlines });

const part: Shape = variant({
  rich_text_section: section,
  rich_text_list: object(
    {
      elements: list(variant({ rich_text_section: section }), ANY_LENGTH),
      style: oneOf('bullet', 'ordered'),
    },
    { indent: number({ min: 0, max: 8 }), offset: natural, border },
  ),
  rich_text_quote: object({ elements: inlines }, { border }),
  rich_text_preformatted: object({ elements: list(literal, ANY_LENGTH) }, { border, language: string({ max: 50 }) }),
});

export const richText = object({ elements: list(part, ANY_LENGTH) }, { block_id: id });
