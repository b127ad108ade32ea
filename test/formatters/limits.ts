/** Slack's limits and our own budget, checked on a finished message. Returns sentences; none means that it is fine. */
import type { Message } from '../../src/formatters/message.ts';

const CORE = new Set(['header', 'section', 'context', 'divider', 'actions', 'rich_text', 'image']);
const OWN_FORMS =
  /<!date\^\d+\^\{date_short_pretty\} \{time_secs\}\|[^<>|]*>|<https:\/\/(?:jaeger|grafana)\.example\.org\/[^<>|\s]*\|[^<>|]*>/g;
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/u;
const LONGEST: Readonly<Record<string, number>> = {
  section: 3000,
  header: 150,
  context: 3000,
  button: 75,
  value: 2000,
  url: 3000,
};

export function breaches(message: Message): readonly string[] {
  const found: string[] = [];
  const check = (isFine: boolean, complaint: string) => {
    if (!isFine) found.push(complaint);
  };
  check(message.text.trim() !== '' && message.text.length <= 3500, `text has ${message.text.length} characters`);
  check(isEscaped(message.text), `text is not escaped: ${message.text}`);
  check(message.blocks.length <= 45, `${message.blocks.length} blocks`);
  check(JSON.stringify(message).length <= 11_500, `${JSON.stringify(message).length} JSON characters`);
  check(readable(message) <= 9000, `${readable(message)} text characters`);
  for (const block of message.blocks) check(CORE.has(block.type), `${block.type} is no core block`);
  walk(message, (node, path) => {
    const { type, text, value, url } = node;
    if (typeof text === 'string' && path !== '') {
      check(text !== '', `${path} is empty`);
      if (type === 'mrkdwn') check(isEscaped(text), `${path} is not escaped: ${text}`);
      const kind = path.split('.').findLast((part) => part in LONGEST) ?? 'section';
      if (type !== 'text') check(text.length <= (LONGEST[kind] ?? 3000), `${path} has ${text.length} characters`);
    }
    if (typeof value === 'string') check(value.length <= 2000, `${path} value is too long`);
    if (typeof url === 'string') {
      check(url.length <= 3000 && /^https:\/\/(?:jaeger|grafana)\.example\.org\//.test(url), `${path} links to ${url}`);
    }
    if (path.includes('value')) return;
    for (const part of Object.values(node)) {
      if (typeof part === 'string' && part !== value) check(!INVISIBLE.test(part), `${path} has invisible characters`);
    }
  });
  return found;
}

/** Escaped but for the forms that we make ourselves, and every quotation closed. */
function isEscaped(text: string): boolean {
  const rest = text.replace(OWN_FORMS, '');
  return !/[<>]|&(?!amp;|lt;|gt;)/.test(rest) && (rest.replaceAll('```', '').match(/`/g) ?? []).length % 2 === 0;
}

function readable(message: Message): number {
  let length = message.text.length;
  walk({ blocks: message.blocks }, (node) => {
    for (const [key, part] of Object.entries(node)) {
      if (typeof part === 'string' && !['type', 'style', 'action_id'].includes(key)) length += part.length;
    }
  });
  return length;
}

function walk(node: object, visit: (node: Readonly<Record<string, unknown>>, path: string) => void, path = ''): void {
  visit({ ...node }, path);
  for (const [key, part] of Object.entries(node)) {
    if (typeof part !== 'object' || part === null) continue;
    const type = 'type' in part && typeof part.type === 'string' ? part.type : key;
    walk(part, visit, `${path}.${type}`);
  }
}
