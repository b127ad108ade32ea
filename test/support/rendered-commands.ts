/** The commands of an answer as a reader copies them: read back out of what was rendered. */
import type { Diagnosis } from '../../src/diagnosis/finding.ts';
import type { Answer, Message } from '../../src/formatters/message.ts';
import { findingsOf } from './judge.ts';

export function commandsInJson(json: string): readonly string[] {
  const said: Diagnosis = JSON.parse(json);
  return findingsOf(said).flatMap(({ fixes }) => fixes.flatMap((fix) => (fix.kind === 'command' ? [fix.command] : [])));
}

/** Of a terminal: lines that are indented by four, but for the rows of the flow. */
export function commandsInText(text: string): readonly string[] {
  const sections = text.split(/\n\n(?=[^\n]+\n─+\n)/);
  return sections
    .filter((section) => !section.startsWith('Execution flow\n'))
    .flatMap((section) => [...section.matchAll(/^ {4}(.*)$/gm)].map(([, line = '']) => line));
}

export function commandsInHtml(page: string): readonly string[] {
  const sections = page.split(/(?=<h2>)/);
  return sections
    .filter((section) => !section.startsWith('<h2>Execution flow<'))
    .flatMap((section) => [...section.matchAll(/<pre>(.*?)<\/pre>/gs)].map(([, body = '']) => unescaped(body)));
}

/** Of the preformatted blocks, and the one that a notification names in back-ticks. */
export function commandsInSlack({ summary, thread }: Answer): readonly string[] {
  const messages = [summary, ...thread.filter(({ slot }) => slot !== 'execution-flow').map(({ message }) => message)];
  return [...messages.flatMap(preformatted), ...[...summary.text.matchAll(/`([^`]*)`\.$/g)].map(inBackTicks)];
}

function preformatted({ blocks }: Message): readonly string[] {
  return blocks.flatMap((block) =>
    block.type !== 'rich_text'
      ? []
      : block.elements.flatMap((element) =>
          element.type !== 'rich_text_preformatted'
            ? []
            : [element.elements.map((part) => (part.type === 'text' ? part.text : '')).join('')],
        ),
  );
}

function inBackTicks([, body = '']: RegExpExecArray | RegExpMatchArray): string {
  return unescaped(body);
}

function unescaped(markup: string): string {
  const characters: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
  return markup.replace(/&(lt|gt|quot|#39|amp);/g, (_all, name: string) => characters[name] ?? '');
}
