import { h } from './dom.js';
import { showFailure } from './message.js';
import { act, workspace } from './workspace.js';

const MARKS = { public: '#', private: '◆', im: '●' };

/** Conversations with their unread counts, and the bot's global shortcuts. */
export function drawSidebar({ current, unread, openChannel }) {
  const $ = (selector) => document.querySelector(selector);
  const all = [...workspace.channels.values()];
  const items = (channels) =>
    channels.map((channel) => item(channel, { current, count: unread.get(channel.id) ?? 0, openChannel }));
  $('#team').textContent = workspace.team.name;
  $('#channels').replaceChildren(...items(all.filter(({ kind }) => kind !== 'im')));
  $('#directs').replaceChildren(...items(all.filter(({ kind }) => kind === 'im')));
  const shortcuts = workspace.shortcuts.filter(({ type }) => type === 'global');
  $('#shortcuts-title').hidden = shortcuts.length === 0;
  $('#shortcuts').replaceChildren(...shortcuts.map(shortcut));
}

function item({ id, name, kind, archived }, { current, count, openChannel }) {
  return h(
    'li',
    {},
    h(
      'button',
      {
        type: 'button',
        title: name,
        class: `${archived ? 'archived' : ''} ${count > 0 ? 'unread' : ''}`,
        'aria-current': id === current ? 'page' : undefined,
        onclick: () => openChannel(id),
      },
      h('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[kind]),
      h('span', { class: 'label' }, name),
      count > 0 ? h('span', { class: 'count', 'aria-label': `${count} unread` }, String(count)) : null,
    ),
  );
}

function shortcut({ callbackId, name }) {
  const run = async () => showFailure(await act({ act: 'shortcut', id: callbackId, channel: '' }), name);
  const mark = h('span', { class: 'mark', 'aria-hidden': 'true' }, '⚡');
  return h(
    'li',
    {},
    h('button', { type: 'button', onclick: run, title: name }, mark, h('span', { class: 'label' }, name)),
  );
}
