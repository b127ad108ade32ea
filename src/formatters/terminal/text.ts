/** The answer on a terminal or in a pipe, in the words and the order of Slack. */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { iso } from '../../diagnosis/words.ts';
import { answerSections, type RenderOptions } from '../answer/answer.ts';
import { summaryBlocks, worthAThread } from '../answer/summary.ts';
import { cut } from '../blocks/mrkdwn.ts';
import { type InlineText, plainText, type TextBlock } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';
import { linksTo } from '../links.ts';

interface TextOptions extends RenderOptions {
  /** Columns; infinite in a pipe. Commands, IDs, and addresses are never broken and may be longer. */
  readonly width: number;
  readonly colour: boolean;
}

type Paint = (style: keyof typeof ANSI, text: string) => string;

const ANSI = { bold: [1, 22], dim: [2, 22], command: [36, 39], failed: [31, 39] } as const;
const NARROWEST = 40;
const MOST_LINES = 12;
const REST = 'Evidence, execution flow, and other steps: add --full.';
const SHORT_REST = 'For the rest, add --full.';

/** What a Slack message says before its thread, in at most twelve lines, and how to get the rest. */
export function formatShortText(uncleaned: Diagnosis, options: TextOptions): string {
  const width = Math.max(NARROWEST, options.width);
  const diagnosis = cleanDiagnosis(uncleaned, options.redact);
  const blocks = summaryBlocks(diagnosis, iso(options.now), 'shown with --full').filter(hasText);
  const rest = worthAThread(diagnosis) ? [REST.length > width ? SHORT_REST : REST] : [];
  const rendered = fitted(blocks, MOST_LINES - rest.length, width);
  const paint = painter(options);
  const lines = [
    ...blocks.map((block, i) => paintedBlock(block, rendered[i] ?? [], paint)),
    ...(rest.length === 0 ? [] : [painted('dim', rest, paint)]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Everything, under the headings that people look for. */
export function formatText(uncleaned: Diagnosis, options: TextOptions): string {
  const width = Math.max(NARROWEST, options.width);
  const links = linksTo(options.jaegerUrl ?? null, options.grafanaUrl ?? null);
  const diagnosis = cleanDiagnosis(uncleaned, options.redact);
  const answer = answerSections(diagnosis, { links, now: options.now, flowWidth: width });
  const paint = painter(options);
  const render = (block: TextBlock) => paintedBlock(block, linesOf(block, width), paint);
  const parts = [
    answer.summary.filter(hasText).map(render).join('\n'),
    ...answer.sections.map(({ title, blocks }) =>
      [paint('bold', title), '─'.repeat(title.length), ...blocks.map(render)].join('\n'),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function hasText(block: TextBlock): boolean {
  return block.kind !== 'note' || block.text.length > 0;
}

/** The lines of each block. While they are too many, the longest text loses one; the facts and the headline lose theirs last. */
function fitted(blocks: readonly TextBlock[], most: number, width: number): readonly (readonly string[])[] {
  const rendered = blocks.map((block) => [...linesOf(block, width)]);
  const total = () => rendered.reduce((sum, lines) => sum + lines.length, 0);
  const least = blocks.map((block) => (block.kind === 'command' ? block.command.split('\n').length + 1 : 1));
  while (total() > most) {
    const [longest] = [...blocks.keys()]
      .filter((i) => (rendered[i]?.length ?? 0) > (least[i] ?? 0))
      .sort((a, b) => rank(b) - rank(a));
    const [block, lines] = [blocks[longest ?? -1], rendered[longest ?? -1]];
    if (block === undefined || lines === undefined) break;
    // The command below its label stays whole.
    const last = lines.length - (block.kind === 'command' ? (least[longest ?? -1] ?? 1) : 1);
    lines.splice(last, 1);
    lines[last - 1] = cut(`${lines[last - 1]} …`, width);
  }
  return rendered;

  function rank(i: number): number {
    const kind = blocks[i]?.kind;
    if (kind === 'headline' || kind === 'facts') return kind === 'headline' ? -1 : 0;
    return (rendered[i]?.length ?? 0) - (least[i] ?? 0);
  }
}

function painter({ colour }: TextOptions): Paint {
  return (style, text) => (colour ? `\u001b[${ANSI[style][0]}m${text}\u001b[${ANSI[style][1]}m` : text);
}

function linesOf(block: TextBlock, width: number): readonly string[] {
  switch (block.kind) {
    case 'headline':
    case 'prose':
    case 'note':
      return wrap(textOf(block.text), width);
    case 'facts':
      return block.lines.flatMap((line) => wrap(textOf(line), width, '', '  '));
    case 'list':
      return [`${block.title}:`, ...block.items.flatMap((item) => wrap(textOf(item), width, '- ', '  '))];
    case 'command':
      return [...wrap(textOf(block.label), width), ...block.command.split('\n').map((line) => `    ${line}`)];
    case 'columns':
      return block.lines;
  }
}

function paintedBlock(block: TextBlock, lines: readonly string[], paint: Paint): string {
  switch (block.kind) {
    case 'headline':
      return painted('bold', lines, paint);
    case 'note':
      return painted('dim', lines, paint);
    case 'command':
      return lines
        .map((line) => (line.startsWith('    ') ? `    ${paint('command', line.slice(4))}` : line))
        .join('\n');
    case 'columns':
      return lines.map((line) => (line.includes('✗') ? paint('failed', line) : line)).join('\n');
    default:
      return lines.join('\n');
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
