import { picture, renderBlocks } from './blocks.js';
import { h, toast } from './dom.js';
import { emoji } from './emoji.js';
import { mrkdwn } from './mrkdwn.js';
import { clock, dateOf, full } from './time.js';
import { act, findMessage, repliesTo, workspace } from './workspace.js';

/**
 * One message. `inThread` leaves out the bar that leads to the replies; `openThread(message)` opens them, and
 * `openSteps(message)` says how it came about.
 */
export function renderMessage(message, { inThread = false, openThread, openSteps }) {
  const author = workspace.users.get(message.user);
  const name = author?.name ?? (message.botId === null ? message.user : 'alerts');
  const isEphemeral = message.ephemeralFor !== null;
  const date = dateOf(message.ts);
  return h(
    'article',
    {
      class: `message${isEphemeral ? ' ephemeral' : ''}`,
      'data-ts': message.ts,
      tabindex: 0,
      'aria-label': `${name}, ${clock(date)}`,
    },
    h(
      'div',
      { class: `avatar ${author?.isBot ? 'bot' : ''}`, 'aria-hidden': 'true', 'data-hue': hue(message.user) },
      initials(author, name),
    ),
    h(
      'div',
      { class: 'content' },
      isEphemeral ? h('p', { class: 'only-you' }, 'Only visible to you') : null,
      h(
        'p',
        { class: 'by' },
        h('strong', {}, name),
        message.botId === null ? null : h('span', { class: 'app-badge' }, 'APP'),
        h('time', { datetime: date.toISOString(), title: full(date) }, clock(date)),
        message.isEdited ? h('span', { class: 'edited' }, '(edited)') : null,
      ),
      body(message),
      message.reactions.length === 0 ? null : reactions(message),
      h('div', { class: 'below' }, inThread ? null : threadBar(message, openThread), stepsButton(message, openSteps)),
    ),
    isEphemeral || message.subtype === 'tombstone' ? null : tools(message, inThread, openThread),
  );
}

/** Reports a failed interaction the way Slack does. */
export function showFailure({ error }, what) {
  if (error) toast(`${what} failed with the error “${error}”.`);
}

function body(message) {
  const use = async (id, choice) =>
    showFailure(await act({ act: 'click', channel: message.channel, ts: message.ts, id, choice }), 'This action');
  const main =
    message.blocks.length > 0
      ? renderBlocks(message.blocks, use)
      : h('div', { class: message.subtype === 'tombstone' ? 'muted' : undefined }, mrkdwn(message.text));
  return h(
    'div',
    { class: 'body' },
    main,
    message.attachments.map((one) => attachment(one, use)),
    message.files.map(file),
  );
}

function attachment(one, use) {
  return h(
    'div',
    { class: 'attachment' },
    one.title ? h('strong', {}, one.title) : null,
    one.text ? h('div', {}, mrkdwn(one.text)) : null,
    one.fields
      ? h(
          'div',
          { class: 'fields' },
          one.fields.map((field) => h('div', {}, h('strong', {}, field.title), h('br'), mrkdwn(String(field.value)))),
        )
      : null,
    one.blocks ? renderBlocks(one.blocks, use) : null,
    !one.text && !one.blocks && one.fallback ? h('div', {}, mrkdwn(one.fallback)) : null,
  );
}

function file(one) {
  const isPicture = ['png', 'jpg', 'jpeg', 'gif', 'svg'].includes(one.filetype);
  return h(
    'figure',
    { class: 'file' },
    h('figcaption', {}, h('a', { href: one.url_private, target: '_blank' }, one.title)),
    isPicture ? picture({ image_url: one.url_private, alt_text: one.alt_txt || one.title }) : null,
  );
}

function reactions(message) {
  const chips = message.reactions.map(({ name, users }) =>
    h('span', { class: 'reaction', title: `:${name}:` }, `${emoji(`:${name}:`)} ${users.length}`),
  );
  return h('div', { class: 'reactions' }, chips);
}

function threadBar(message, openThread) {
  const replies = repliesTo(message);
  if (replies.length === 0) return null;
  const label = replies.length === 1 ? '1 reply' : `${replies.length} replies`;
  return h(
    'button',
    { type: 'button', class: 'thread-bar', onclick: () => openThread(message) },
    h('strong', {}, label),
    h('span', { class: 'muted' }, `Last at ${clock(dateOf(replies.at(-1).ts))}`),
  );
}

/** At the first message of an answer, which the app marks, and which may itself be in a thread. */
function stepsButton(message, openSteps) {
  const root = message.threadTs === null ? message : findMessage(message.channel, message.threadTs);
  const thread = root === undefined ? [message] : [root, ...repliesTo(root)];
  const first = thread.find(({ isMarked }) => isMarked);
  if (!workspace.features.hasSteps || first?.ts !== message.ts) return null;
  return h(
    'button',
    { type: 'button', class: 'thread-bar steps-button', onclick: () => openSteps(message) },
    'What just happened',
  );
}

function tools(message, inThread, openThread) {
  const shortcuts = workspace.shortcuts.filter(({ type }) => type === 'message');
  return h(
    'div',
    { class: 'tools', role: 'toolbar', 'aria-label': 'Message actions' },
    inThread || message.threadTs !== null
      ? null
      : h('button', { type: 'button', onclick: () => openThread(message) }, 'Reply in thread'),
    shortcuts.map(({ callbackId, name }) =>
      h(
        'button',
        {
          type: 'button',
          onclick: async () =>
            showFailure(await act({ act: 'shortcut', id: callbackId, channel: message.channel, ts: message.ts }), name),
        },
        name,
      ),
    ),
  );
}

function initials(author, name) {
  const words = (author?.realName ?? name).split(/[\s-]+/);
  return words
    .map((word) => [...word][0] ?? '')
    .slice(0, 2)
    .join('')
    .toUpperCase();
}

function hue(id) {
  return [...id].reduce((sum, character) => sum + character.codePointAt(0), 0) % 6;
}
