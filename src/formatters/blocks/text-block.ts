/**
 * What every renderer is given: the words in reading order, without markup. So Slack, a terminal and a page say the same in
 * the same order, and only the renderers know how a command or a moment looks there.
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
  /** An id that Slack gave; shown there by its name. */
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'channel'; readonly id: string };

export type InlineText = readonly Inline[];

export type TextBlock =
  /** The answer itself. */
  | { readonly kind: 'headline'; readonly words: InlineText }
  /** Sentences of a finding. */
  | { readonly kind: 'prose'; readonly words: InlineText }
  /** Lines that we composed of facts. */
  | { readonly kind: 'facts'; readonly lines: readonly InlineText[] }
  | { readonly kind: 'list'; readonly title: string; readonly items: readonly InlineText[] }
  /** To be copied as a whole, alone in its block. */
  | { readonly kind: 'command'; readonly label: InlineText; readonly command: ShellCommand }
  /** Lines whose columns matter. */
  | { readonly kind: 'columns'; readonly lines: readonly string[] }
  /** Small print. */
  | { readonly kind: 'note'; readonly words: InlineText };

/** One message of the thread. */
export interface Section {
  readonly slot: 'trace-summary' | 'execution-flow' | 'root-cause' | 'fix';
  readonly title: string;
  readonly blocks: readonly TextBlock[];
}

export interface AnswerSections {
  readonly summary: readonly TextBlock[];
  readonly sections: readonly Section[];
}

export function strong(text: string): Inline {
  return { kind: 'strong', text };
}

export function code(text: string): Inline {
  return { kind: 'code', text };
}

export function time(at: string): Inline {
  return { kind: 'time', at };
}

export function person(id: string): Inline {
  return { kind: 'person', id };
}

export function channel(id: string): Inline {
  return { kind: 'channel', id };
}

const ISO_TIME = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|\+00:00)/g;

/** Sentences in which a rule wrote ISO times: those become moments, shown in the reader's own time zone. */
export function sentences(text: string): InlineText {
  const words: Inline[] = [];
  let from = 0;
  for (const found of text.matchAll(ISO_TIME)) {
    words.push(text.slice(from, found.index), time(found[0]));
    from = found.index + found[0].length;
  }
  words.push(text.slice(from));
  return words.filter((word) => word !== '');
}

/** The same in bold; moments keep their own form. */
export function strongSentences(text: string): InlineText {
  return sentences(text).map((word) => (typeof word === 'string' ? strong(word) : word));
}

/** For places that hold no more than characters; moments in UTC. */
export function wordsAsText(words: InlineText): string {
  return words.map(inlineAsText).join('');
}

function inlineAsText(inline: Inline): string {
  if (typeof inline === 'string') return inline;
  if (inline.kind === 'time') return formatUtc(inline.at) ?? inline.at;
  if (inline.kind === 'person') return `@${inline.id}`;
  if (inline.kind === 'channel') return `#${inline.id}`;
  return inline.kind === 'link' ? `${inline.text} (${inline.url})` : inline.text;
}

/** Groups of words with ` · ` between those that are not empty. */
export function dotted(groups: readonly InlineText[]): InlineText {
  return groups.filter((group) => group.length > 0).flatMap((group, i) => (i === 0 ? group : [' · ', ...group]));
}
