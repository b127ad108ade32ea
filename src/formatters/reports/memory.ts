import type { KnownBlock } from '@slack/types';
import { mrkdwnOf } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, oneLine } from '../blocks/mrkdwn.ts';
import {
  code,
  type Inline,
  type InlineText,
  sentences,
  strong,
  strongSentences,
  type TextBlock,
  time,
} from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

/** An earlier operation that had the same cause. */
export interface EarlierCase {
  readonly name: string;
  /** ISO 8601: when it was answered. */
  readonly at: string;
  /** Its thread; null when there is none that can be shown. */
  readonly url: string | null;
}

/** An answer that was given, as a line of a list. */
export interface SeenAnswer {
  readonly name: string;
  readonly headline: string;
  /** ISO 8601. */
  readonly at: string;
  /** Its thread; null when there is none that can be shown. */
  readonly url: string | null;
}

const MOST_LINKS = 3;

/** The summary with a line on how often this cause was seen lately; unchanged when this is the first time. */
export function withEarlierAnswers(summary: Message, earlier: readonly EarlierCase[]): Message {
  const [oldest] = earlier;
  if (oldest === undefined) return summary;
  const times = earlier.length === 1 ? 'once before' : `${earlier.length} times before`;
  const linked = earlier.filter(({ url }) => url !== null).slice(-MOST_LINKS);
  const words: InlineText = [
    strong(`Same cause seen ${times}`),
    ' since ',
    time(oldest.at),
    ...linked.flatMap(({ name, url }, i): Inline[] => [
      i === 0 ? ': ' : ', ',
      { kind: 'link', text: cut(oneLine(name), 60), url: url ?? '' },
    ]),
  ];
  const line: KnownBlock = {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: mrkdwnOf(words, hostsOf(linked), 1500), verbatim: true }],
  };
  const at = summary.blocks.findIndex(({ type }) => type === 'actions');
  const before = at < 0 ? summary.blocks : summary.blocks.slice(0, at);
  return { text: summary.text, blocks: [...before, line, ...summary.blocks.slice(before.length)] };
}

/** Instead of a second answer that would say the same. `question` is what “Run again” asks. */
export function formatAnsweredAlready(
  earlier: { readonly name: string; readonly headline: string; readonly at: string; readonly url: string },
  question: string,
): Message {
  const hosts = hostsOf([earlier]);
  return buildMessage([code(earlier.name), ' was answered here: ', time(earlier.at), '.'], {
    hosts,
    blocks: [
      { kind: 'prose', words: strongSentences(cut(oneLine(earlier.headline), 300)) },
      { kind: 'prose', words: [{ kind: 'link', text: 'Open that thread', url: earlier.url }] },
    ],
    buttons: [button('Run again', 'run_again', question)],
  });
}

/** Newest first. `whose` says whose answers they are. */
export function formatRecent(whose: 'mine' | 'failures', answers: readonly SeenAnswer[]): Message {
  if (answers.length === 0)
    return buildMessage(
      [whose === 'mine' ? 'You have asked nothing in the last week.' : 'No failure was diagnosed in the last week.'],
      {
        blocks: [{ kind: 'note', words: ['For example ', code('/ktrdr diagnose last training')] }],
      },
    );
  const lead = whose === 'mine' ? 'Your last diagnoses.' : 'The last failures that were diagnosed.';
  return buildMessage([strong(lead)], { hosts: hostsOf(answers), blocks: [seenList('Newest first', answers)] });
}

/** As a list; `title` stands above it. */
export function seenList(title: string, answers: readonly SeenAnswer[]): TextBlock {
  return { kind: 'list', title, items: answers.map(seenWords) };
}

/** Permalinks come from Slack itself, so their own host is the allowed one. */
export function hostsOf(links: readonly { readonly url: string | null }[]): readonly string[] {
  return links.flatMap(({ url }) => (url !== null && URL.canParse(url) ? [new URL(url).host] : []));
}

function seenWords({ name, headline, at, url }: SeenAnswer): InlineText {
  const thread: readonly Inline[] = url === null ? [] : [' · ', { kind: 'link', text: 'open the thread', url }];
  return [time(at), ' · ', ...sentences(cut(oneLine(headline), 200)), ' · ', code(cut(name, 80)), ...thread];
}
