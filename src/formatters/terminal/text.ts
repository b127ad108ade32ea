/** The answer on a terminal or in a pipe: same text and order as in Slack. */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { answerSections, type RenderOptions } from '../answer/answer.ts';
import { type InlineText, plainText, type TextBlock } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';
import { linksTo } from '../links.ts';

interface TextOptions extends RenderOptions {
  /** Columns; commands, ids and addresses are never broken and may be longer. */
  readonly width: number;
  readonly colour: boolean;
}

type Paint = (style: keyof typeof ANSI, text: string) => string;

const ANSI = { bold: [1, 22], dim: [2, 22], command: [36, 39], failed: [31, 39] } as const;
const NARROWEST = 40;

export function formatText(uncleaned: Diagnosis, options: TextOptions): string {
  const width = Math.max(NARROWEST, options.width);
  const links = linksTo(options.jaegerUrl ?? null, options.grafanaUrl ?? null);
  const diagnosis = cleanDiagnosis(uncleaned, options.redact);
  const answer = answerSections(diagnosis, { links, now: options.now, flowWidth: width });
  const paint: Paint = (style, text) =>
    options.colour ? `\u001b[${ANSI[style][0]}m${text}\u001b[${ANSI[style][1]}m` : text;
  const parts = [
    answer.summary.map((block) => render(block, width, paint)).join('\n'),
    ...answer.sections.map(({ title, blocks }) =>
      [paint('bold', title), '─'.repeat(title.length), ...blocks.map((block) => render(block, width, paint))].join(
        '\n',
      ),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function render(block: TextBlock, width: number, paint: Paint): string {
  switch (block.kind) {
    case 'headline':
      return painted('bold', wrap(textOf(block.text), width), paint);
    case 'prose':
      return wrap(textOf(block.text), width).join('\n');
    case 'facts':
      return block.lines.flatMap((line) => wrap(textOf(line), width, '', '  ')).join('\n');
    case 'list':
      return [`${block.title}:`, ...block.items.flatMap((item) => wrap(textOf(item), width, '- ', '  '))].join('\n');
    case 'command': {
      const lines = block.command.split('\n').map((line) => `    ${paint('command', line)}`);
      return [...wrap(textOf(block.label), width), ...lines].join('\n');
    }
    case 'columns':
      return block.lines.map((line) => (line.includes('✗') ? paint('failed', line) : line)).join('\n');
    case 'note':
      return painted('dim', wrap(textOf(block.text), width), paint);
  }
}

function textOf(text: InlineText): string {
  return plainText(text).replace(/\s+/g, ' ').trim();
}

/** Each line by itself, so that a pager or a cut does not leave a style open. */
function painted(style: keyof typeof ANSI, lines: readonly string[], paint: Paint): string {
  return lines.map((line) => paint(style, line)).join('\n');
}

function wrap(text: string, width: number, first = '', rest = ''): readonly string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && [...line].length + 1 + [...word].length > width) {
      lines.push(line);
      line = rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
