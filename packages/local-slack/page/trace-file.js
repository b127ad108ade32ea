/** A trace file of one's own: opened, dropped anywhere on the page, or pasted. */
import { h } from './dom.js';
import { giveTrace, workspace } from './workspace.js';

/** `ask(command)` puts a message into the message box. */
export function createTraceFile(ask) {
  const status = h('p', { role: 'status', class: 'trace-status' });
  const others = h('ul', { class: 'trace-others' });
  const file = h('input', { type: 'file', id: 'trace-file', onchange: () => take(file.files[0]) });
  const text = h('textarea', { id: 'trace-text', rows: 2, spellcheck: 'false', onpaste: pasted });

  async function take(blob) {
    if (blob === undefined) return;
    const most = workspace.features.mostTraceMb;
    const name = blob.name ?? 'The pasted text';
    others.replaceChildren();
    if (blob.size > most * 1024 * 1024) return say(`${name} is larger than ${most} MB.`, true);
    say(`Reading ${name}…`, false);
    const { commands, sentence } = await giveTrace(blob);
    file.value = '';
    if (sentence) return say(`${name}: ${sentence}`, true);
    const [first, ...rest] = commands;
    say(`${name} is in the recorded Jaeger. Press Enter to ask about it.`, false);
    others.replaceChildren(
      ...rest.map((command) =>
        h('li', {}, h('button', { type: 'button', class: 'quiet', onclick: () => ask(command) }, command)),
      ),
    );
    ask(first);
  }

  function say(sentence, isError) {
    const panel = file.closest('details');
    if (panel !== null) panel.open = true;
    status.textContent = sentence;
    status.classList.toggle('form-error', isError);
  }

  /** What is pasted is read, not shown: it may have millions of characters. */
  function pasted(event) {
    const [dropped] = event.clipboardData.files;
    const words = event.clipboardData.getData('text/plain');
    event.preventDefault();
    take(dropped ?? new Blob([words]));
  }

  return {
    /** Wherever it is dropped: a browser would leave the page for the file. `open` shows the panel. */
    followDrops(open) {
      document.addEventListener('dragover', (event) => event.preventDefault());
      document.addEventListener('drop', (event) => {
        event.preventDefault();
        if (event.dataTransfer.files.length === 0 || workspace.features.mostTraceMb === 0) return;
        open();
        take(event.dataTransfer.files[0]);
      });
    },
    element: () => (workspace.features.mostTraceMb === 0 ? null : panel({ file, text, status, others })),
  };
}

function panel({ file, text, status, others }) {
  const most = workspace.features.mostTraceMb;
  return h(
    'details',
    { class: 'trace', open: status.textContent !== '' },
    h(
      'summary',
      {},
      h('strong', {}, 'Your own trace'),
      h('span', { class: 'muted' }, 'Drop a file anywhere, or open this.'),
    ),
    h('p', { class: 'muted' }, `Jaeger JSON or OTLP JSON, also as gzip, up to ${most} MB. It stays on this computer.`),
    h('label', { for: 'trace-file' }, 'Open a file'),
    file,
    h('label', { for: 'trace-text' }, 'Or paste it here'),
    text,
    status,
    others,
  );
}
