import type { Diagnosis, Finding, Fix, ShellCommand } from '../../diagnosis/finding.ts';
import { identity, isLook } from '../../diagnosis/fixes/order.ts';
import { capital, uncapital } from '../../diagnosis/words.ts';
import { cut, isPlain, shortLine } from '../blocks/mrkdwn.ts';
import {
  code,
  type InlineText,
  inline,
  link,
  listBlock,
  prose,
  type Section,
  strong,
  type TextBlock,
  withCode,
} from '../blocks/text-block.ts';
import { type Links, publicUrl } from '../links.ts';

interface NextStep {
  /** “If so” comes before what helps only if an uncertain cause is right. */
  readonly title: 'Fix' | 'Check first' | 'If so' | 'Next';
  readonly text: string;
  readonly command: ShellCommand | null;
  /** The fixes that the text and the command contain. */
  readonly said: readonly Fix[];
}

const MOST_COMMANDS = 12;
const MOST_ADVICE = 8;
/** The longest command in the message itself. */
const LONGEST_SHOWN_COMMAND = 700;
const MOST_COMMAND_LINES = 3;
const MOST_OTHERS = 2;
/** A truncated command is dangerous, so a longer one is left out as a whole. */
const LONGEST_COMMAND = 1500;

/** The finding that the headline states: a fault, or what shows that there is none. */
export function mainFinding({ primary, others, headline }: Diagnosis): Finding | null {
  return primary ?? others.find((other) => other.headline === headline) ?? null;
}

/** The first fix, which the diagnosis puts first because it helps most now, in the words of its kind. */
export function nextStep({ fixes, confidence, severity }: Finding): NextStep {
  const [first] = fixes;
  const advice = fixes.filter((fix) => fix.kind === 'advice').find((fix) => !isLook(fix));
  const isSure = confidence === 'certain';
  const step = { command: first.kind === 'command' ? first.command : null };
  const titled = (title: NextStep['title']) => (severity === 'notice' ? 'Next' : title);
  if (first.kind !== 'command') {
    const text = first.kind === 'advice' ? first.text : first.label;
    return {
      ...step,
      title: titled(isLook(first) ? 'Check first' : isSure ? 'Fix' : 'If so'),
      text: inSentences(text),
      said: [first],
    };
  }
  if (first.effect === 'changes')
    return {
      ...step,
      title: titled('Fix'),
      text: inSentences(first.label, advice?.text),
      said: advice === undefined ? [first] : [first, advice],
    };
  // When nothing depends on what the command shows, it only helps to follow the advice.
  const isHelp =
    isSure && advice !== undefined && !fixes.some((fix) => fix.kind === 'command' && fix.effect === 'changes');
  return isHelp
    ? {
        ...step,
        title: titled('Fix'),
        text: inSentences(readAlone(advice).text, `First: ${uncapital(first.label)}`),
        said: [first, advice],
      }
    : { ...step, title: titled('Check first'), text: inSentences(first.label, first.reading), said: [first] };
}

function inSentences(...texts: readonly (string | undefined)[]): string {
  return texts.flatMap((text) => (text === undefined ? [] : [sentence(shortLine(text, 300))])).join(' ');
}

/** Whether a message can show the command as a whole. */
export function isShort(command: ShellCommand): boolean {
  return (
    isPlain(command) && command.length <= LONGEST_SHOWN_COMMAND && command.split('\n').length <= MOST_COMMAND_LINES
  );
}

/** Whether a reply, which has more room, can show it. */
export function fitsInThread(command: ShellCommand): boolean {
  return isPlain(command) && command.length <= LONGEST_COMMAND;
}

/** What the message doesn't say yet; `most` commands and pieces of advice. Never empty. */
export function otherFixBlocks(diagnosis: Diagnosis, links: Links, most: number): readonly TextBlock[] {
  const blocks = furtherFixBlocks(diagnosis, links, most);
  return blocks.length > 0 ? blocks : [prose(['No other steps are known.'])];
}

/** The same, empty when the message says it all. */
export function furtherFixBlocks(diagnosis: Diagnosis, links: Links, most: number): readonly TextBlock[] {
  const main = mainFinding(diagnosis);
  const next = main === null ? null : nextStep(main);
  const said = (next?.said ?? []).filter((fix) => fix.kind !== 'command' || isShort(fix.command));
  return allFixBlocks(diagnosis, links, { most, without: new Set(said.map(identity)) });
}

/** Adds a period if the text has no end mark. */
export function sentence(text: string): string {
  return /[.!?…:]$/.test(text) ? text : `${text}.`;
}

/** What to run, in the order in which it helps, each command alone; then advice and links. Null when there is nothing to fix. */
export function fixSection(diagnosis: Diagnosis, links: Links): Section | null {
  const blocks = allFixBlocks(diagnosis, links, { most: MOST_COMMANDS, without: new Set() });
  return blocks.length === 0 ? null : { slot: 'fix', title: diagnosis.primary === null ? 'Next' : 'Fix', blocks };
}

interface Selection {
  readonly most: number;
  /** The `identity` of fixes that are shown elsewhere. */
  readonly without: ReadonlySet<string>;
}

function allFixBlocks(diagnosis: Diagnosis, links: Links, { most, without }: Selection): readonly TextBlock[] {
  const main = mainFinding(diagnosis);
  const own = main?.fixes.filter((fix) => !without.has(identity(fix))) ?? [];
  const blocks: TextBlock[] = [...fixBlocks(own, links, most)];
  const known = new Set([...without, ...own.map(identity)]);
  const besides = diagnosis.others
    .filter((finding) => finding !== main && finding.severity !== 'notice')
    .slice(0, MOST_OTHERS);
  for (const finding of besides) {
    const fixes = finding.fixes.filter((fix) => !known.has(identity(fix)));
    const theirs = fixBlocks(fixes, links, most);
    if (theirs.length > 0) blocks.push(prose(inline`For “${strong(shortLine(finding.headline, 200))}”:`), ...theirs);
    for (const fix of fixes) known.add(identity(fix));
  }
  return blocks;
}

function fixBlocks(fixes: readonly Fix[], links: Links, most: number): readonly TextBlock[] {
  const commands = fixes.filter((fix) => fix.kind === 'command');
  const advice = fixes.filter((fix) => fix.kind !== 'command').slice(0, Math.min(most, MOST_ADVICE));
  const more = commands.length - most;
  return [
    ...commands.slice(0, most).map(commandBlock),
    ...(more > 0 ? [prose([`… and ${more} more commands (not shown)`])] : []),
    ...(advice.length === 0
      ? []
      : [
          listBlock(
            // A separate title is only there to set it apart from commands.
            commands.length === 0 ? '' : 'Advice',
            advice.map((fix, i) => adviceText(i === 0 && commands.length === 0 ? readAlone(fix) : fix, links)),
          ),
        ]),
  ];
}

/** “Then start it again” follows a command or what the message says; where it comes first, it begins with the verb. */
function readAlone<Other extends Fix>(fix: Other): Other {
  if (fix.kind !== 'advice' || !fix.text.startsWith('Then ')) return fix;
  return { ...fix, text: capital(fix.text.slice('Then '.length)) };
}

function commandBlock(fix: Fix & { readonly kind: 'command' }): TextBlock {
  const label = `${shortLine(fix.label, 200)} `;
  if (fix.command.length > LONGEST_COMMAND)
    return prose([label, '(the command is too long for a message; it’s in the JSON output)']);
  if (!isPlain(fix.command))
    return prose([label, '(a message can’t show the command unchanged; it’s in the JSON output)']);
  const effect = fix.effect === 'inspects' ? '(read-only)' : '(makes changes)';
  const reading = fix.reading === undefined ? ':' : `. ${shortLine(fix.reading, 300)}`;
  return { kind: 'command', label: [label, effect, reading], command: fix.command };
}

function adviceText(fix: Exclude<Fix, { readonly kind: 'command' }>, links: Links): InlineText {
  if (fix.kind === 'advice') return withCode(shortLine(fix.text, 500));
  const label = shortLine(fix.label, 150);
  return publicUrl(links, fix.url) === null ? inline`${label}: ${code(cut(fix.url, 300))}` : [link(label, fix.url)];
}
