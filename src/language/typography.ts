/**
 * What people type and paste, in the typography of any keyboard, clipboard, editor, or chat, as the plain text that they mean.
 * Every entry point uses it: commands, mentions, pasted IDs, shortcuts, forms, searches, and the command line.
 */

/** No request is longer; the rest isn't read. */
const MOST_CHARACTERS = 8_000;

/** Soft hyphens, zero-width and direction marks, variation selectors, and the invisible tag characters. */
const UNSEEN =
  /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]|\p{Variation_Selector}/gu;
const DASHES = /[\u2010-\u2015\u2212]/g;
/** Connectors of other keyboards, and the look-alike that Slack messages of this bot show. */
const UNDERSCORES = /[\p{Pc}\u02cd]/gu;
/** GitHub, Notion, and others put a backslash before what Markdown would read as formatting. */
const ESCAPED = /\\([\\`*_{}[\]()#+\-.!|<>~:=])/g;
/** Slack's `<url|label>` and Markdown's `[label](url)`: the address says more than the label. */
const SLACK_LINK = /<(https?:[^|<>]*)(?:\|[^<>]*)?>/g;
const MARKDOWN_LINK = /\]\((https?:[^\s()]*)\)/g;
const QUOTES = /["“”„‟«»‹›'‘’‚‛`´ˋ]/g;

/** Characters of one kind each. Blanks, lines, quotes, and stars stay. Reads at most `longest` UTF-16 units. */
export function withoutTypography(text: string, longest = MOST_CHARACTERS): string {
  return (
    text
      .slice(0, longest)
      .normalize('NFKC')
      // Normalization can turn one character into eighteen.
      .slice(0, longest)
      .replace(UNSEEN, '')
      .replace(DASHES, '-')
      .replace(UNDERSCORES, '_')
      .replace(ESCAPED, '$1')
      .replace(SLACK_LINK, ' $1 ')
      .replace(MARKDOWN_LINK, '] $1 ')
  );
}

export function withoutQuotes(text: string): string {
  return text.replace(QUOTES, ' ');
}

/** A word without the punctuation of the sentence around it. */
export function bare(word: string): string {
  return word.replace(/^[([{<,;:!?.|]+|(?<![)\]}>,;:!?.|])[)\]}>,;:!?.|]+$/g, '');
}
