/** Buttons, menus and selects. */
import { confirmed } from './confirm.js';
import { h, toast } from './dom.js';
import { plain } from './mrkdwn.js';

export function interactive(element, use) {
  switch (element.type) {
    case 'button':
      return button(element, use);
    case 'overflow':
      return overflow(element, use);
    case 'feedback_buttons':
      return [element.positive_button, element.negative_button].map((one) =>
        h(
          'button',
          { type: 'button', class: 'quiet', onclick: guarded(element, () => use(element.action_id, one.value)) },
          plain(one.text.text),
        ),
      );
    case 'static_select':
    case 'radio_buttons':
      return select(element, use);
    default:
      return h('span', { class: 'muted' }, `(${element.type})`);
  }
}

/** Options of a select, with its groups when it has any. */
export function optionNodes(element) {
  const one = (option) =>
    h(
      'option',
      { value: option.value, selected: element.initial_option?.value === option.value },
      plain(option.text.text),
    );
  const groups = (element.option_groups ?? []).map((group) =>
    h('optgroup', { label: group.label.text }, group.options.map(one)),
  );
  return [...(element.options ?? []).map(one), ...groups];
}

/** A link button opens its link and is reported all the same. */
function button(element, use) {
  const label = plain(element.text.text);
  const properties = { class: `button ${element.style ?? ''}`, 'aria-label': element.accessibility_label };
  const report = guarded(element, () => use(element.action_id, null));
  if (/^https?:\/\//i.test(element.url ?? '')) {
    return h(
      'a',
      {
        ...properties,
        href: element.url,
        target: '_blank',
        rel: 'noreferrer noopener',
        onclick: () => use(element.action_id, null),
      },
      label,
      h('span', { class: 'out', 'aria-hidden': 'true' }, '↗'),
    );
  }
  return h('button', { ...properties, type: 'button', onclick: report }, label);
}

function overflow(element, use) {
  const menu = h(
    'details',
    { class: 'menu' },
    h('summary', { class: 'button', 'aria-label': 'More actions', title: 'More actions' }, '⋯'),
  );
  const choose = (option) =>
    guarded(element, async () => {
      menu.open = false;
      if (/^https?:\/\//i.test(option.url ?? '')) window.open(option.url, '_blank', 'noreferrer');
      await use(element.action_id, option.value);
    });
  const items = element.options.map((option) =>
    h(
      'button',
      { type: 'button', role: 'menuitem', onclick: choose(option) },
      plain(option.text.text),
      option.description ? h('small', {}, plain(option.description.text)) : null,
    ),
  );
  menu.append(h('div', { role: 'menu' }, items));
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (!menu.contains(relatedTarget)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector('summary').focus();
  });
  return menu;
}

function select(element, use) {
  const placeholder = h(
    'option',
    { value: '', disabled: true, selected: element.initial_option === undefined },
    element.placeholder?.text ?? 'Choose',
  );
  return h(
    'select',
    {
      'aria-label': element.placeholder?.text ?? 'Choose',
      onchange: ({ target }) => use(element.action_id, target.value),
    },
    placeholder,
    optionNodes(element),
  );
}

/** Asks first when the element wants it, and keeps the control from being used twice at once. */
function guarded(element, run) {
  return async ({ currentTarget }) => {
    if (element.confirm && !(await confirmed(element.confirm))) return;
    currentTarget.disabled = true;
    try {
      await run();
    } catch (error) {
      toast(String(error));
    } finally {
      currentTarget.disabled = false;
    }
  };
}
