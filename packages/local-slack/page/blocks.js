/** Block Kit as elements of the page. */
import { h } from './dom.js';
import { interactive } from './elements.js';
import { mrkdwn, plain } from './mrkdwn.js';
import { richText } from './rich-text.js';

/** `use(action_id, choice)` reports a click and resolves when the app has taken it. */
export function renderBlocks(blocks, use) {
  return blocks.map((block) => h('div', { class: `block ${block.type}` }, renderBlock(block, use)));
}

export function textNode(text) {
  return text.type === 'mrkdwn' ? mrkdwn(text.text) : [plain(text.text)];
}

function renderBlock(block, use) {
  switch (block.type) {
    case 'header':
      return h('h3', {}, textNode(block.text));
    case 'section':
      return [
        h('div', { class: 'section-body' }, [
          block.text ? h('div', {}, textNode(block.text)) : null,
          block.fields
            ? h(
                'div',
                { class: 'fields' },
                block.fields.map((field) => h('div', {}, textNode(field))),
              )
            : null,
        ]),
        block.accessory ? h('div', { class: 'accessory' }, interactive(block.accessory, use)) : null,
      ];
    case 'context':
      return block.elements.map((element) =>
        element.type === 'image' ? picture(element) : h('span', {}, textNode(element)),
      );
    case 'actions':
    case 'context_actions':
      return block.elements.map((element) => interactive(element, use));
    case 'divider':
      return h('hr');
    case 'rich_text':
      return richText(block);
    case 'image':
      return h('figure', {}, block.title ? h('figcaption', {}, textNode(block.title)) : null, picture(block));
    case 'table':
      return table(block);
    case 'markdown':
      return h('div', { class: 'literal' }, block.text);
    default:
      return h('span', { class: 'muted' }, `This page does not show blocks of type ${block.type}.`);
  }
}

/** Pictures come from the workspace itself; one from elsewhere is not fetched, and its description is shown instead. */
export function picture(image) {
  const id = image.slack_file?.id;
  const url = id ? `/files/${encodeURIComponent(id)}/file` : image.image_url;
  const isLocal = typeof url === 'string' && new URL(url, location.href).origin === location.origin;
  if (!isLocal) return h('span', { class: 'muted' }, `Picture: ${image.alt_text}`);
  return h('a', { href: url, target: '_blank' }, h('img', { src: url, alt: image.alt_text, loading: 'lazy' }));
}

function table(block) {
  const cell = (entry) => (entry.type === 'rich_text' ? richText(entry) : (entry.text ?? String(entry.value)));
  const align = (index) => `align-${block.column_settings?.[index]?.align ?? 'left'}`;
  const [head = [], ...rows] = block.rows;
  return h(
    'div',
    { class: 'table-scroll', tabindex: 0 },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          head.map((entry, index) => h('th', { class: align(index) }, cell(entry))),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row) =>
          h(
            'tr',
            {},
            row.map((entry, index) => h('td', { class: align(index) }, cell(entry))),
          ),
        ),
      ),
    ),
  );
}
