/**
 * What every renderer gets: text in reading order, without markup. So Slack, a terminal, and an HTML page say the same in the
 * same order, and only the renderers know how a command or a time looks there.
 */
import type { ShellCommand } from '../../diagnosis/finding.ts';
import { formatUtc } from '../units.ts';

export type Inline =
  | string
  | { readonly kind: 'strong'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  /** ISO 8601. */
  | { readonly kind: 'time'; readonly at: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string }
  /** A Slack ID; Slack shows the name. */
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'channel'; readonly id: string };

export type InlineText = readonly Inline[];

export type TextBlock =
  /** The answer itself; sentences; small print. */
  | { readonly kind: 'headline' | 'prose' | 'note'; readonly text: InlineText }
  /** Lines that the formatters composed of facts. */
  | { readonly kind: 'facts'; readonly lines: readonly InlineText[] }
  | { readonly kind: 'list'; readonly title: string; readonly items: readonly InlineText[] }
  /** To be copied as a whole, alone in its block. */
  | { readonly kind: 'command'; readonly label: InlineText; readonly command: ShellCommand }
  | { readonly kind: 'columns'; readonly lines: readonly string[] };

export interface Section {
  readonly slot: 'trace-summary' | 'execution-flow' | 'root-cause' | 'fix';
  readonly title: string;
  readonly blocks: readonly TextBlock[];
}

export const strong = (text: string): Inline => ({ kind: 'strong', text });
export const code = (text: string): Inline => ({ kind: 'code', text });
export const time = (at: string): Inline => ({ kind: 'time', at });
export const link = (text: string, url: string): Inline => ({ kind: 'link', text, url });
export const person = (id: string): Inline => ({ kind: 'person', id });
export const channel = (id: string): Inline => ({ kind: 'channel', id });

export const prose = (text: InlineText): TextBlock => ({ kind: 'prose', text });
export const note = (text: InlineText): TextBlock => ({ kind: 'note', text });

/** Inline text from a template: inline`Watching ${code(id)}.` */
export function inline(texts: TemplateStringsArray, ...values: readonly (Inline | InlineText)[]): InlineText {
  return joined(texts.flatMap((text, i) => [text, ...[values[i] ?? ''].flat()]));
}

/** Adjacent plain strings as one: each element of a message costs characters of its budget. */
export function joined(text: InlineText): InlineText {
  return text.reduce<Inline[]>((all, part) => {
    const last = all.at(-1);
    if (typeof part === 'string' && typeof last === 'string') all[all.length - 1] = last + part;
    else if (part !== '') all.push(part);
    return all;
  }, []);
}

/** The first `most` items, and a sentence on how many more there are. */
export function listBlock(title: string, items: readonly InlineText[], most = items.length): TextBlock {
  const more = items.length - most;
  const shown = items.slice(0, most);
  return { kind: 'list', title, items: more > 0 ? [...shown, [`… and ${more} more (not shown)`]] : shown };
}

const ISO_TIME = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|\+00:00)/g;

/** Sentences in which a rule wrote ISO times: Slack shows those in the reader's own time zone. */
export function sentences(text: string): InlineText {
  const parts: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(ISO_TIME)) {
    parts.push(text.slice(from, match.index), time(match[0]));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== '');
}

/** Advice in which a rule put commands between backticks. */
export function withCode(text: string): InlineText {
  return text.split(/`([^`]+)`/).flatMap((part, i) => (part === '' ? [] : [i % 2 === 1 ? code(part) : part]));
}

export function strongSentences(text: string): InlineText {
  return sentences(text).map((part) => (typeof part === 'string' ? strong(part) : part));
}

/** For output without formatting; times in UTC. */
export function plainText(text: InlineText): string {
  return text.map(inlineAsText).join('');
}

function inlineAsText(inline: Inline): string {
  if (typeof inline === 'string') return inline;
  switch (inline.kind) {
    case 'time':
      return formatUtc(inline.at) ?? inline.at;
    case 'person':
      return `@${inline.id}`;
    case 'channel':
      return `#${inline.id}`;
    case 'link':
      return `${inline.text} (${inline.url})`;
    case 'strong':
    case 'code':
      return inline.text;
  }
}

/** Parts with ` · ` between those that are not empty. */
export function dotted(parts: readonly InlineText[]): InlineText {
  return parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : [' · ', ...part]));
}
