/** Makes an element. Text only ever becomes a text node, so nothing in a message can turn into HTML. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'class') element.className = value;
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.flat(Number.POSITIVE_INFINITY).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A link to http or https, or the bare label for anything else. */
export function link(url, label, className) {
  if (!/^https?:\/\//i.test(url)) return h('span', {}, label);
  return h('a', { href: url, target: '_blank', rel: 'noreferrer noopener', class: className }, label);
}

let toastTimer;

export function toast(text) {
  const place = document.querySelector('#toast');
  place.textContent = text;
  place.classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove('shown'), 5000);
}

export function copyButton(text) {
  const button = h('button', { class: 'copy', type: 'button', title: 'Copy', 'aria-label': 'Copy this text' }, 'Copy');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1500);
  });
  return button;
}
