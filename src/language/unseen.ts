/** Invisible characters that have an effect: on a terminal they move, hide, recolor, or reorder other text. */

/** Controls with the escape that begins sequences, direction marks, zero-width and tag characters; line feed and tab don't count. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export function withoutUnseen(text: string): string {
  return text.replace(UNSEEN, '');
}

/** JSON text with the same value. */
export function escapeUnseen(json: string): string {
  return json.replace(UNSEEN, (character) =>
    [...Array(character.length).keys()]
      .map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
