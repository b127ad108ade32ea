import { renderBlocks, textNode } from './blocks.js';
import { h } from './dom.js';
import { optionNodes } from './elements.js';
import { showFailure } from './message.js';
import { act, modalView, workspace } from './workspace.js';

let shown = null;

/** Shows the modal on top, or takes the last one away. Inputs that stay keep what was entered. */
export function showModal() {
  const view = modalView();
  if (shown !== null && (shown.id !== view?.id || shown.hash !== view.hash)) {
    shown.dialog.remove();
    shown = null;
  }
  if (view === undefined || shown !== null) return;
  const dialog = build(view);
  shown = { id: view.id, hash: view.hash, dialog };
  document.body.append(dialog);
  dialog.showModal();
}

function build(view) {
  const { title, submit, close, blocks } = view.definition;
  const use = async (id, choice) =>
    showFailure(await act({ act: 'click-in-view', view: view.id, id, choice }), 'This action');
  const dismiss = () => act({ act: 'close-view', view: view.id });
  const form = h(
    'form',
    { method: 'dialog' },
    h('h2', { id: 'modal-title' }, title.text),
    blocks.map((block) => (block.type === 'input' ? input(block) : renderBlocks([block], use))),
    h('p', { class: 'form-error', role: 'alert' }),
    h(
      'footer',
      {},
      h('button', { type: 'button', class: 'button', onclick: dismiss }, close?.text ?? 'Cancel'),
      submit ? h('button', { type: 'submit', class: 'button primary' }, submit.text) : null,
    ),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const result = await act({ act: 'submit', view: view.id, entries: entriesOf(form) });
    form.querySelector('.form-error').textContent = result.error
      ? `Sending failed with the error “${result.error}”.`
      : '';
    for (const place of form.querySelectorAll('[data-error-of]')) {
      place.textContent = result.errors?.[place.dataset.errorOf] ?? '';
    }
  });
  const dialog = h('dialog', { class: 'modal', 'aria-labelledby': 'modal-title' }, form);
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    dismiss();
  });
  return dialog;
}

function input(block) {
  const id = `field-${block.block_id ?? block.element.action_id}`;
  const label = h(
    'label',
    { for: id },
    block.label.text,
    block.optional ? h('span', { class: 'muted' }, ' (optional)') : null,
  );
  return h(
    'div',
    { class: 'field' },
    label,
    control(block.element, id, block.optional !== true),
    block.hint ? h('small', { class: 'muted' }, textNode(block.hint)) : null,
    h('p', { class: 'form-error', role: 'alert', 'data-error-of': block.block_id ?? '' }),
  );
}

function control(element, id, required) {
  const base = { id, name: element.action_id, required, 'data-type': element.type, autofocus: element.focus_on_load };
  const none = required ? null : h('option', { value: '' }, '–');
  switch (element.type) {
    case 'static_select':
    case 'radio_buttons':
      return h('select', base, none, optionNodes(element));
    case 'conversations_select':
    case 'channels_select':
      return h('select', base, none, channelOptions(element));
    case 'users_select':
      return h('select', base, userOptions(element));
    case 'checkboxes':
    case 'multi_static_select':
      return h('select', { ...base, required: false, multiple: true }, multipleOptions(element));
    case 'timepicker':
      return h('input', { ...base, type: 'time', value: element.initial_time });
    case 'datepicker':
      return h('input', { ...base, type: 'date', value: element.initial_date });
    default:
      return textControl(element, base);
  }
}

function textControl(element, base) {
  const { min_length: minlength, max_length: maxlength, initial_value: value } = element;
  const attributes = { ...base, minlength, maxlength, placeholder: element.placeholder?.text };
  if (element.multiline) return h('textarea', { ...attributes, rows: 4 }, value ?? '');
  const type = element.type === 'number_input' ? 'number' : 'text';
  return h('input', { ...attributes, type, value, autocomplete: 'off' });
}

function channelOptions({ initial_conversation: initial }) {
  return [...workspace.channels.values()].map(({ id, kind, name }) =>
    h('option', { value: id, selected: id === initial }, kind === 'im' ? `@${name}` : `#${name}`),
  );
}

function userOptions({ initial_user: initial }) {
  return [...workspace.users.values()].map(({ id, realName }) =>
    h('option', { value: id, selected: id === initial }, realName),
  );
}

function multipleOptions({ options = [], initial_options: initial = [] }) {
  return options.map(({ value, text }) =>
    h('option', { value, selected: initial.some((one) => one.value === value) }, text.text),
  );
}

function entriesOf(form) {
  const controls = [...form.querySelectorAll('[data-type]')];
  return Object.fromEntries(
    controls.map((one) => [
      one.name,
      one.multiple ? [...one.selectedOptions].map(({ value }) => value) : one.value || null,
    ]),
  );
}
