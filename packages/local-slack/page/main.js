import { renderBlocks } from './blocks.js';
import { createComposer } from './composer.js';
import { h, toast } from './dom.js';
import { showFailure } from './message.js';
import { messageList } from './message-list.js';
import { showModal } from './modal.js';
import { drawSidebar } from './sidebar.js';
import { showSteps } from './steps.js';
import { startTheme } from './theme.js';
import { createTraceFile } from './trace-file.js';
import { act, findMessage, follow, homeView, messagesIn, repliesTo, workspace } from './workspace.js';

const $ = (selector) => document.querySelector(selector);

let channel;
let tab = 'messages';
let thread = null;
const unread = new Map();

const list = messageList($('#messages'), { openThread, openSteps });
const threadList = messageList($('#thread'), { inThread: true, openThread, openSteps });
const composer = createComposer({
  id: 'composer',
  label: 'Write a message, or / for commands',
  send,
  allowCommands: true,
});
const traceFile = createTraceFile(ask);
const threadComposer = createComposer({ id: 'thread-composer', label: 'Reply', send: reply, allowCommands: false });

start();

function start() {
  startTheme($('#theme'));
  $('#composer-place').append(composer.element);
  $('#thread-composer-place').append(threadComposer.element);
  $('#side-close').addEventListener('click', closeSide);
  $('#show-incidents').addEventListener('click', showIncidents);
  $('#tab-messages').addEventListener('click', () => showTab('messages'));
  $('#tab-home').addEventListener('click', () => showTab('home'));
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && !document.querySelector('dialog[open]') && isOverIncidents()) closeSide();
  });
  window.addEventListener('hashchange', openAddress);
  traceFile.followDrops(showIncidents);
  follow(onLoad, onChange);
}

/** The first time it opens what the address names; after a lost connection it draws the same again. */
function onLoad() {
  drawBotState();
  if (channel === undefined) {
    if (isWide()) showIncidents();
    if (!openAddress()) openChannel(usableChannel().id);
    composer.focus();
  } else {
    openChannel(channel.id);
    if (thread !== null) openThread(thread);
  }
  showModal();
}

/** Where the bot can be asked at once. */
function usableChannel() {
  return [...workspace.channels.values()].find(({ hasBot, archived }) => hasBot && !archived);
}

function onChange(change) {
  if (change.bot) drawBotState();
  if (change.channel) drawFrame();
  if (change.message) onMessage(change.message, change.isNew);
  if (change.goneMessage) {
    list.remove(change.goneMessage.ts);
    threadList.remove(change.goneMessage.ts);
  }
  if (change.view?.type === 'home' && tab === 'home') drawHome();
  if (change.view?.type === 'modal' || change.goneView) showModal();
}

function drawBotState() {
  const { state, reason } = workspace.bot;
  const element = $('#bot-state');
  element.hidden = state === 'running';
  element.classList.toggle('failed', state === 'failed');
  element.textContent =
    state === 'failed'
      ? `ktrdr-bot didn’t start: ${reason}`
      : 'ktrdr-bot is starting… What you send now is answered when it is ready.';
}

function onMessage(message, isNew) {
  const isHere = message.channel === channel.id;
  if (isHere && (message.threadTs === null || message.broadcast)) list.put(message, isNew);
  const parent = message.threadTs === null ? null : findMessage(message.channel, message.threadTs);
  if (isHere && parent) list.put(parent, false);
  if (thread !== null && thread.channel === message.channel && [message.ts, message.threadTs].includes(thread.ts)) {
    threadList.put(message, isNew);
    drawThreadNote();
  }
  if (!isHere && isNew) {
    unread.set(message.channel, (unread.get(message.channel) ?? 0) + 1);
    drawFrame();
  }
}

function drawFrame() {
  drawSidebar({ current: channel?.id, unread, openChannel });
}

function openChannel(id) {
  channel = workspace.channels.get(id);
  unread.delete(id);
  const isDirect = channel.kind === 'im';
  $('#channel-name').textContent = isDirect ? channel.name : `${channel.kind === 'public' ? '#' : '◆'} ${channel.name}`;
  const notes = [
    channel.archived && 'archived',
    channel.shared && 'shared with another organisation',
    !channel.hasBot && 'the bot is not here',
  ];
  $('#channel-note').textContent = notes.filter(Boolean).join(' · ');
  $('#tabs').hidden = !isDirect;
  $('#composer-place').hidden = channel.archived;
  if (thread !== null && thread.channel !== id) closeSide();
  showTab('messages');
  drawFrame();
}

function showTab(name) {
  tab = name;
  for (const one of ['messages', 'home']) $(`#tab-${one}`).setAttribute('aria-selected', String(one === name));
  $('#messages').hidden = name !== 'messages';
  $('#home').hidden = name !== 'home';
  $('#composer-place').hidden = name !== 'messages' || channel.archived;
  if (name === 'home') {
    drawHome();
    act({ act: 'open-home' });
    return;
  }
  const top = messagesIn(channel.id).filter((message) => message.threadTs === null || message.broadcast);
  list.show(
    top,
    channel.kind === 'im'
      ? 'Ask the bot anything here. Type / to see its commands.'
      : 'No messages yet. Type / to see the commands.',
  );
}

function drawHome() {
  const view = homeView();
  const use = async (id, choice) =>
    showFailure(await act({ act: 'click-in-view', view: view.id, id, choice }), 'This action');
  $('#home').replaceChildren(
    ...(view
      ? renderBlocks(view.definition.blocks, use)
      : [h('p', { class: 'empty' }, 'The bot has not written its Home tab yet.')]),
  );
}

async function send(text) {
  if (!text.startsWith('/')) {
    const result = await act({ act: 'say', channel: channel.id, text });
    if (result.error) toast(result.error);
    return;
  }
  const [, command, rest] = /^(\S+)\s*([\s\S]*)$/.exec(text);
  if (!workspace.commands.some((known) => known.command === command)) {
    toast(`${command} is not a valid command.`);
    composer.setText(text);
    return;
  }
  const result = await act({ act: 'command', channel: channel.id, command, text: rest });
  showFailure(result, command);
}

async function reply(text) {
  if (text.startsWith('/')) {
    toast('Slash commands do not work in threads. Write @ktrdr-bot and the command instead.');
    threadComposer.setText(text);
    return;
  }
  const result = await act({ act: 'say', channel: thread.channel, text, threadTs: thread.ts });
  if (result.error) toast(result.error);
}

function openThread(message) {
  thread = message;
  openSide('Thread', 'thread');
  threadList.show([findMessage(message.channel, message.ts) ?? message, ...repliesTo(message)]);
  drawThreadNote();
  threadComposer.focus();
}

function drawThreadNote() {
  const count = repliesTo(thread).length;
  $('#side-note').textContent = count === 0 ? '' : count === 1 ? '1 reply' : `${count} replies`;
}

function showIncidents() {
  thread = null;
  openSide('Try these', 'incidents');
  const cards = workspace.incidents.map(({ title, command, about }) =>
    h(
      'button',
      { type: 'button', class: 'incident', onclick: () => ask(command) },
      h('strong', {}, title),
      h('span', {}, about),
      h('code', {}, command),
    ),
  );
  $('#incidents').replaceChildren(
    h('p', { class: 'muted' }, 'Recorded incidents, replayed: what ran then runs now. Choose one, then press Enter.'),
    ...[storyCard(), traceFile.element()].filter(Boolean),
    ...cards,
  );
}

/** Plays by itself, in the channel where it happens. */
function storyCard() {
  const { story } = workspace.features;
  if (!story) return null;
  const play = async () => {
    const result = await act({ act: 'play' });
    if (result.error) return toast(result.error);
    if (!isWide()) closeSide();
    openChannel(result.channel);
  };
  return h(
    'button',
    { type: 'button', class: 'incident', onclick: play },
    h('strong', {}, story.title),
    h('span', {}, story.about),
  );
}

/** Puts a message into the message box, in a conversation where the bot can be asked. */
function ask(text) {
  if (!isWide()) closeSide();
  if (channel.archived || !channel.hasBot) openChannel(usableChannel().id);
  showTab('messages');
  composer.setText(text);
  composer.focus();
}

function openSteps(message) {
  thread = null;
  openSide('What just happened', 'steps');
  // Those of another answer must not show for a moment.
  $('#steps').replaceChildren();
  showSteps($('#steps'), message);
  $('#side-close').focus();
}

/** `name` is the part of the side that shows. */
function openSide(title, name) {
  $('#side-title').textContent = title;
  $('#side-note').textContent = '';
  for (const part of ['incidents', 'thread', 'steps']) $(`#${part}`).hidden = part !== name;
  $('#thread-composer-place').hidden = name !== 'thread';
  document.body.classList.add('side-open');
}

/** Wide enough for three columns. */
function isWide() {
  return matchMedia('(min-width: 1100px)').matches;
}

/** A thread or the steps of an answer, from which Esc leads back. */
function isOverIncidents() {
  return document.body.classList.contains('side-open') && $('#incidents').hidden;
}

function closeSide() {
  if (isOverIncidents() && isWide()) {
    showIncidents();
    composer.focus();
    return;
  }
  thread = null;
  document.body.classList.remove('side-open');
  composer.focus();
}

/** `#C123/p1700000000000001?thread_ts=…`, as permalinks lead to it. */
function openAddress() {
  const found = /^#([A-Z0-9]+)\/p(\d+)(\d{6})(?:\?thread_ts=([\d.]+))?/.exec(location.hash);
  if (found === null || !workspace.channels.has(found[1])) return false;
  const [, id, seconds, micros, threadTs] = found;
  const message = findMessage(id, threadTs ?? `${seconds}.${micros}`);
  openChannel(id);
  if (message === undefined) return true;
  list.reveal(message.ts);
  if (threadTs || repliesTo(message).length > 0) openThread(message);
  return true;
}
