import { h } from './dom.js';
import { renderMessage } from './message.js';
import { dateOf, day } from './time.js';

const NEAR_THE_END_PX = 80;

/** Keeps a list of messages on the page: changes them in place and stays at the end when the reader is there. */
export function messageList(place, options) {
  let shown = [];

  function element(message) {
    return place.querySelector(`[data-ts="${message.ts}"]`);
  }

  return {
    show(messages, empty) {
      shown = messages;
      const nodes = messages.flatMap((message, index) => {
        const today = day(dateOf(message.ts));
        const isNewDay = !options.inThread && (index === 0 || day(dateOf(messages[index - 1].ts)) !== today);
        return [
          ...(isNewDay ? [h('div', { class: 'day' }, h('span', {}, today))] : []),
          renderMessage(message, options),
        ];
      });
      place.replaceChildren(...(nodes.length === 0 && empty ? [h('p', { class: 'empty' }, empty)] : nodes));
      place.scrollTop = place.scrollHeight;
      if (options.inThread) place.querySelectorAll('.message')[1]?.scrollIntoView();
    },
    /** Adds the message, or replaces it in its position. */
    put(message, isNew) {
      const isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR_THE_END_PX;
      const old = element(message);
      const fresh = renderMessage(message, options);
      if (old === null) {
        if (shown.length === 0) place.replaceChildren();
        place.append(fresh);
        shown.push(message);
      } else {
        const hadFocus = old.contains(document.activeElement);
        old.replaceWith(fresh);
        if (hadFocus) fresh.focus({ preventScroll: true });
      }
      fresh.classList.add(isNew ? 'arrived' : 'changed');
      if (isAtEnd) place.scrollTop = place.scrollHeight;
    },
    remove(ts) {
      place.querySelector(`[data-ts="${ts}"]`)?.remove();
    },
    reveal(ts) {
      const found = place.querySelector(`[data-ts="${ts}"]`);
      found?.scrollIntoView({ block: 'center' });
      found?.classList.add('changed');
    },
  };
}
