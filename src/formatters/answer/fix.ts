import type { Diagnosis, Fix } from '../../diagnosis/finding.ts';
import { cut, isPlain, oneLine } from '../blocks/mrkdwn.ts';
import { code, type InlineText, type Section, strong, type TextBlock } from '../blocks/text-block.ts';
import { type Links, publicUrl } from '../links.ts';
import { mainFinding } from './next-step.ts';

const MOST_COMMANDS = 12;
const MOST_ADVICE = 8;
const MOST_OTHERS = 2;
/** A command that is cut in the middle is dangerous, so a longer one is left out as a whole. */
const LONGEST_COMMAND = 1500;

/** What to run, looking before changing, each command alone; then advice and links. Null when nothing is to be mended. */
export function fixSection(diagnosis: Diagnosis, links: Links): Section | null {
  const main = mainFinding(diagnosis);
  const blocks: TextBlock[] = main === null ? [] : [...fixPassages(main.fixes, links)];
  const known = new Set(main?.fixes.map(identity));
  const besides = diagnosis.others
    .filter((finding) => finding !== main && finding.severity !== 'notice')
    .slice(0, MOST_OTHERS);
  for (const finding of besides) {
    const fixes = finding.fixes.filter((fix) => !known.has(identity(fix)));
    const own = fixPassages(fixes, links);
    if (own.length > 0) {
      const about: InlineText = ['Besides, for “', strong(cut(oneLine(finding.headline), 200)), '”:'];
      blocks.push({ kind: 'prose', words: about }, ...own);
    }
    for (const fix of fixes) known.add(identity(fix));
  }
  return blocks.length === 0 ? null : { slot: 'fix', title: diagnosis.primary === null ? 'Next' : 'Fix', blocks };
}

function fixPassages(fixes: readonly Fix[], links: Links): readonly TextBlock[] {
  const commands = fixes
    .filter((fix) => fix.kind === 'command')
    .toSorted((a, b) => Number(a.effect === 'changes') - Number(b.effect === 'changes'));
  const advice = fixes.filter((fix) => fix.kind !== 'command').slice(0, MOST_ADVICE);
  const more = commands.length - MOST_COMMANDS;
  return [
    ...commands.slice(0, MOST_COMMANDS).map(commandPassage),
    ...(more > 0 ? [{ kind: 'prose', words: [`… and ${more} more commands, left out here`] } as const] : []),
    ...(advice.length === 0
      ? []
      : [{ kind: 'list', title: 'Then', items: advice.map((fix) => adviceWords(fix, links)) } as const]),
  ];
}

function commandPassage(fix: Fix & { readonly kind: 'command' }): TextBlock {
  const label = `${cut(oneLine(fix.label), 200)} `;
  if (fix.command.length > LONGEST_COMMAND) {
    return { kind: 'prose', words: [label, '(the command is too long for a message; the JSON answer has it)'] };
  }
  if (!isPlain(fix.command)) {
    return { kind: 'prose', words: [label, '(a message cannot show the command as it is; the JSON answer has it)'] };
  }
  const effect = fix.effect === 'inspects' ? '(only looks):' : '(changes things):';
  return { kind: 'command', label: [label, effect], command: fix.command };
}

function adviceWords(fix: Exclude<Fix, { readonly kind: 'command' }>, links: Links): InlineText {
  if (fix.kind === 'advice') return [cut(oneLine(fix.text), 500)];
  const label = cut(oneLine(fix.label), 150);
  return publicUrl(links, fix.url) === null
    ? [label, ': ', code(cut(fix.url, 300))]
    : [{ kind: 'link', text: label, url: fix.url }];
}

function identity(fix: Fix): string {
  return fix.kind === 'command' ? fix.command : fix.kind === 'advice' ? fix.text : fix.url;
}
