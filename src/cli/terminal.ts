/** The only way in which text reaches a terminal: it is only shown, whatever servers, files, and arguments put into it. */
import { withoutUnseen } from '../language/unseen.ts';
import type { Io } from './io.ts';

/** The styles of `formatters/terminal`: bold, dim, red, cyan, and their ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what begins a style
const STYLES = /(\u001b\[(?:1|2|22|31|36|39)m)/;

export function terminalSafe(io: Io): Io {
  return {
    ...io,
    write: (text) => io.write(withoutUnseen(text)),
    writeStyled: (text) => io.writeStyled(withUnstyledParts(text)),
    warn: (text) => io.warn(withoutUnseen(text)),
  };
}

function withUnstyledParts(text: string): string {
  const parts = text.split(STYLES);
  return parts.map((part, index) => (index % 2 === 0 ? withoutUnseen(part) : part)).join('');
}
