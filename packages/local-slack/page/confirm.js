import { h } from './dom.js';
import { mrkdwn } from './mrkdwn.js';

/** The small question before a consequential action. */
export function confirmed({ title, text, confirm, deny, style }) {
  return new Promise((resolve) => {
    const dialog = h(
      'dialog',
      { class: 'modal small', 'aria-labelledby': 'confirm-title' },
      h('h2', { id: 'confirm-title' }, title?.text ?? 'Are you sure?'),
      h('p', {}, mrkdwn(text.text)),
      h(
        'footer',
        {},
        h('button', { type: 'button', class: 'button', onclick: () => dialog.close('no') }, deny?.text ?? 'Cancel'),
        h(
          'button',
          { type: 'button', class: `button ${style ?? 'primary'}`, onclick: () => dialog.close('yes') },
          confirm?.text ?? 'Yes',
        ),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
