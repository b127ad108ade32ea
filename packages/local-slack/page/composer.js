import { h } from './dom.js';
import { workspace } from './workspace.js';

/** The message box, with completion of commands and of the bot's name. `send(text)` may be asynchronous. */
export function createComposer({ id, label, send, allowCommands }) {
  const listId = `${id}-completions`;
  const list = h('ul', {
    class: 'completions',
    role: 'listbox',
    id: listId,
    'aria-label': 'Completions',
    hidden: true,
  });
  const input = h('textarea', {
    id,
    rows: 1,
    'aria-label': label,
    placeholder: label,
    autocomplete: 'off',
    spellcheck: 'false',
    role: 'combobox',
    'aria-expanded': 'false',
    'aria-controls': listId,
    'aria-autocomplete': 'list',
  });
  const button = h(
    'button',
    { type: 'button', class: 'send', title: 'Send (Enter)', 'aria-label': 'Send', disabled: true, onclick: submit },
    '➤',
  );
  let offers = [];
  let chosen = 0;

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
    offers = completionsFor(input.value, allowCommands);
    chosen = 0;
    draw();
  }

  function draw() {
    list.hidden = offers.length === 0;
    input.setAttribute('aria-expanded', String(!list.hidden));
    list.replaceChildren(
      ...offers.map((offer, index) =>
        h(
          'li',
          {
            role: 'option',
            id: `${listId}-${index}`,
            'aria-selected': String(index === chosen),
            onmousedown: (event) => {
              event.preventDefault();
              take(offer);
            },
          },
          h('code', {}, offer.label),
          h('span', { class: 'muted' }, offer.about),
        ),
      ),
    );
    if (list.hidden) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `${listId}-${chosen}`);
  }

  function take(offer) {
    setText(offer.text);
    input.focus();
    const from = offer.text.search(/<[^>]*>/);
    if (from >= 0) input.setSelectionRange(from, offer.text.indexOf('>', from) + 1);
  }

  input.addEventListener('input', update);
  input.addEventListener('blur', () => {
    list.hidden = true;
  });
  input.addEventListener('keydown', (event) => {
    const isOpen = !list.hidden;
    if (isOpen && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      chosen = (chosen + (event.key === 'ArrowDown' ? 1 : offers.length - 1)) % offers.length;
      draw();
    } else if (isOpen && event.key === 'Tab') {
      event.preventDefault();
      take(offers[chosen]);
    } else if (isOpen && event.key === 'Escape') {
      event.stopPropagation();
      list.hidden = true;
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (isOpen && chosen > 0) take(offers[chosen]);
      else submit();
    }
  });

  return {
    element: h('div', { class: 'composer' }, list, h('div', { class: 'box' }, input, button)),
    setText,
    focus: () => input.focus(),
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
