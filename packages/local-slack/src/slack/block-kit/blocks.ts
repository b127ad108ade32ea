/** Slack's Block Kit limits. The blocks and numbers are those of docs.slack.dev/reference/block-kit. */
import { z } from 'zod';
import { isList, isObject, type JsonObject, objectsOf } from '../json.ts';
import { anyText, fromOneSource, httpUrl, id, imageSource, natural, plainText } from './composition-objects.ts';
import { accessory, actionElement, contextAction, contextElement, messageInput, modalInput } from './elements.ts';
import { richText } from './rich-text.ts';
import { list, object, type Problem, problemsIn, text, together, variant } from './schema.ts';

export type Surface = 'message' | 'modal' | 'home';

const block = { block_id: id };

const section = object(
  {},
  { ...block, text: anyText(3000), fields: list(anyText(2000), { max: 10 }), accessory, expand: z.boolean() },
).refine(
  (value) => value['text'] !== undefined || value['fields'] !== undefined,
  together('missing required field: text or fields'),
);

const cell = variant({
  raw_text: object({ text: text({ max: 10_000 }) }),
  raw_number: object({ value: z.number('must be a number'), text: text({ max: 10_000 }) }),
  rich_text: richText,
});

const table = object(
  { rows: list(list(cell, { max: 20 }), { max: 100 }) },
  {
    ...block,
    column_settings: list(object({}, { align: z.literal(['left', 'center', 'right']), is_wrapped: z.boolean() }), {
      min: 0,
      max: 20,
    }),
  },
).refine(
  ({ rows }) => {
    const lists = isList(rows) ? rows.filter(isList) : [];
    return lists.every((row) => row.length === lists[0]?.length);
  },
  together('all rows must have the same number of cells', 'rows'),
);

const everywhere: Readonly<Record<string, z.ZodObject>> = {
  section,
  header: object({ text: plainText(150) }, { ...block, level: z.literal([1, 2, 3, 4]) }),
  divider: object({}, block),
  context: object({ elements: list(contextElement, { max: 10 }) }, block),
  actions: object({ elements: list(actionElement, { max: 25 }) }, block),
  image: object(
    { alt_text: text({ max: 2000 }) },
    { ...block, ...imageSource, title: plainText(2000), image_width: natural, image_height: natural },
  ).refine(...fromOneSource),
  rich_text: richText,
  video: object(
    {
      alt_text: text({ max: 200 }),
      title: plainText(200),
      thumbnail_url: httpUrl,
      video_url: httpUrl,
    },
    {
      ...block,
      author_name: text({ max: 50 }),
      description: z.unknown(),
      title_url: httpUrl,
      provider_name: z.unknown(),
    },
  ),
};

function input(element: z.ZodType) {
  return object(
    { label: plainText(2000), element },
    { ...block, hint: plainText(2000), optional: z.boolean(), dispatch_action: z.boolean() },
  );
}

const allowed: Readonly<Record<Surface, z.ZodType>> = {
  message: variant({
    ...everywhere,
    markdown: object({ text: text({ max: 12_000 }) }, block),
    table,
    context_actions: object({ elements: list(contextAction, { max: 5 }) }, block),
    input: input(messageInput),
  }),
  modal: variant({ ...everywhere, input: input(modalInput) }),
  home: variant({ ...everywhere, input: input(modalInput) }),
};

function maxBlocks(surface: Surface): number {
  return surface === 'message' ? 50 : 100;
}

/** Everything that Slack would refuse about a list of blocks. */
export function checkBlocks(blocks: readonly unknown[], surface: Surface, pointer = '/blocks'): readonly Problem[] {
  return [
    ...problemsIn(list(allowed[surface], { min: 0, max: maxBlocks(surface) }), blocks, pointer),
    ...repeated(blocks, 'block_id', pointer),
    ...repeated(blocks, 'action_id', pointer),
    ...longMarkdown(blocks, pointer),
  ];
}

/** Slack counts these over the whole message, so no single block can be blamed. */
export function countBlocks(blocks: readonly JsonObject[], type: string): number {
  return blocks.filter((entry) => entry['type'] === type).length;
}

/** Every object with an `action_id`, in reading order, with its pointer. */
export function interactiveElements(
  value: unknown,
  pointer = '/blocks',
): readonly { readonly element: JsonObject; readonly pointer: string }[] {
  if (isList(value)) return value.flatMap((entry, index) => interactiveElements(entry, `${pointer}/${index}`));
  if (!isObject(value)) return [];
  const own = typeof value['action_id'] === 'string' ? [{ element: value, pointer }] : [];
  return [...own, ...Object.entries(value).flatMap(([key, entry]) => interactiveElements(entry, `${pointer}/${key}`))];
}

function repeated(blocks: readonly unknown[], key: 'block_id' | 'action_id', pointer: string): readonly Problem[] {
  const named =
    key === 'action_id'
      ? interactiveElements(blocks, pointer)
      : blocks.flatMap((entry, index) => (isObject(entry) ? [{ element: entry, pointer: `${pointer}/${index}` }] : []));
  const seen = new Set<unknown>();
  return named.flatMap(({ element, pointer: at }) => {
    const value = element[key];
    if (value === undefined) return [];
    if (seen.has(value)) return [{ pointer: `${at}/${key}`, message: `\`${key}\` already exists` }];
    seen.add(value);
    return [];
  });
}

function longMarkdown(blocks: readonly unknown[], pointer: string): readonly Problem[] {
  const total = objectsOf(blocks)
    .filter((entry) => entry['type'] === 'markdown')
    .reduce((sum, entry) => sum + String(entry['text']).length, 0);
  return total > 12_000 ? [{ pointer, message: 'markdown text must be less than 12001 characters in total' }] : [];
}
