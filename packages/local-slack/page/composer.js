import { h } from './dom.js';
import { workspace } from './workspace.js';

/** The message box, with completion of commands and of the bot's name. `send(text)` may be asynchronous. */
export function createComposer({ id, label, send, allowCommands }) {
  const input = textarea(id, label);
  const completions = createCompletions(input, take);
  const button = h(
    'button',
    { type: 'button', class: 'send', title: 'Send (Enter)', 'aria-label': 'Send', disabled: true, onclick: submit },
    '➤',
  );

  function submit() {
    const text = input.value.trim();
    if (text === '') return;
    setText('');
    send(text);
  }

  function setText(text) {
    input.value = text;
    update();
  }

  function update() {
    input.style.height = 'auto';
    input.style.height = `${Math.min(input.scrollHeight, 200)}px`;
    button.disabled = input.value.trim() === '';
    completions.show(completionsFor(input.value, allowCommands));
  }

  function take(offer) {
    setText(offer.text);
    input.focus();
    const from = offer.text.search(/<[^>]*>/);
    if (from >= 0) input.setSelectionRange(from, offer.text.indexOf('>', from) + 1);
  }

  input.addEventListener('input', update);
  input.addEventListener('blur', completions.hide);
  input.addEventListener('keydown', (event) => {
    if (completions.handle(event)) return;
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });

  return {
    element: h('div', { class: 'composer' }, completions.element, h('div', { class: 'box' }, input, button)),
    setText,
    focus: () => input.focus(),
  };
}

function textarea(id, label) {
  return h('textarea', {
    id,
    rows: 1,
    'aria-label': label,
    placeholder: label,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-controls': `${id}-completions`,
    'aria-autocomplete': 'list',
  });
}

/** The list above the input. `handle` is true when it used the key; `take` gets the chosen completion. */
function createCompletions(input, take) {
  const id = `${input.id}-completions`;
  const element = h('ul', { class: 'completions', role: 'listbox', id, 'aria-label': 'Completions', hidden: true });
  let offers = [];
  let chosen = 0;

  function draw() {
    element.hidden = offers.length === 0;
    element.replaceChildren(...offers.map(option));
    if (element.hidden) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `${id}-${chosen}`);
  }

  function option(offer, index) {
    const onmousedown = (event) => {
      event.preventDefault();
      take(offer);
    };
    return h(
      'li',
      { role: 'option', id: `${id}-${index}`, 'aria-selected': String(index === chosen), onmousedown },
      h('code', {}, offer.label),
      h('span', { class: 'muted' }, offer.about),
    );
  }

  const actions = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(offers.length - 1),
    Tab: () => take(offers[chosen]),
    Escape: hide,
  };

  function move(by) {
    chosen = (chosen + by) % offers.length;
    draw();
  }

  function hide() {
    element.hidden = true;
  }

  return {
    element,
    hide,
    show(next) {
      offers = next;
      chosen = 0;
      draw();
    },
    handle(event) {
      const isTaken = event.key === 'Enter' && !event.shiftKey && !event.isComposing && chosen > 0;
      const action = isTaken ? actions.Tab : actions[event.key];
      if (element.hidden || action === undefined) return false;
      if (event.key === 'Escape') event.stopPropagation();
      else event.preventDefault();
      action();
      return true;
    },
  };
}

/** Commands and their usages that begin like the text; the bot's name after an @. */
function completionsFor(text, allowCommands) {
  if (text.startsWith('/') && allowCommands) {
    const all = workspace.commands.flatMap(({ command, about, usages }) => [
      { label: command, text: `${command} `, about },
      ...usages.map((usage) => ({
        label: `${command} ${usage.text}`,
        text: `${command} ${usage.text}`,
        about: usage.about,
      })),
    ]);
    return all.filter((offer) => offer.label.startsWith(text.trimEnd()) && offer.label !== text.trimEnd());
  }
  const name = workspace.users.get(workspace.team.botUserId)?.name ?? '';
  const mention = /(^|\s)@([a-z0-9-]*)$/.exec(text);
  if (mention === null || !name.startsWith(mention[2]) || mention[2] === name) return [];
  return [{ label: `@${name}`, text: `${text.slice(0, text.length - mention[2].length)}${name} `, about: 'the bot' }];
}
