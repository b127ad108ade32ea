/** Answers that were given before: with the same cause, to the same question, or of the same user. */
import { contextBlock, mrkdwnElement } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, shortLine } from '../blocks/mrkdwn.ts';
import {
  code,
  type InlineText,
  inline,
  link,
  listBlock,
  note,
  prose,
  sentences,
  strong,
  strongSentences,
  type TextBlock,
  time,
} from '../blocks/text-block.ts';
import { hostsOf } from '../links.ts';
import type { Message } from '../message.ts';

export interface GivenAnswer {
  /** Operation ID, or trace ID of a refused start. */
  readonly name: string;
  readonly headline: string;
  /** ISO 8601: when it was given. */
  readonly at: string;
  /** Its thread; null when there is none that can be shown. */
  readonly url: string | null;
}

const MOST_LINKS = 3;

/** The summary with a line on how often this cause was seen lately; unchanged when this is the first time. */
export function withEarlierAnswers(summary: Message, earlier: readonly Omit<GivenAnswer, 'headline'>[]): Message {
  const [oldest] = earlier;
  if (oldest === undefined) return summary;
  const times = earlier.length === 1 ? 'once before' : `${earlier.length} times before`;
  const linked = earlier.filter(({ url }) => url !== null).slice(-MOST_LINKS);
  const text: InlineText = [
    ...inline`${strong(`Same cause seen ${times}`)} since ${time(oldest.at)}`,
    ...linked.flatMap(({ name, url }, i) => [i === 0 ? ': ' : ', ', link(shortLine(name, 60), url ?? '')]),
  ];
  const line = contextBlock(mrkdwnElement(text, 1500, hostsOf(linked)));
  const at = summary.blocks.findIndex(({ type }) => type === 'actions');
  const before = at < 0 ? summary.blocks : summary.blocks.slice(0, at);
  return { text: summary.text, blocks: [...before, line, ...summary.blocks.slice(before.length)] };
}

/** Instead of a second answer, while somebody else's question is answered in the channel. */
export function formatAnsweredElsewhere(url: string, question: string): Message {
  return buildMessage(['The same was asked here a moment ago. The answer comes in that message.'], {
    hosts: hostsOf([{ url }]),
    blocks: [prose([link('Open it', url)])],
    buttons: [button('Check again', 'run_again', question)],
  });
}

/** Instead of a second answer that would say the same. `question` is what “Check again” asks. */
export function formatAnsweredAlready(earlier: GivenAnswer & { readonly url: string }, question: string): Message {
  const { name, headline, at, url } = earlier;
  return buildMessage(inline`${code(name)} was answered here: ${time(at)}.`, {
    hosts: hostsOf([earlier]),
    blocks: [prose(strongSentences(shortLine(headline, 300))), prose([link('Open that thread', url)])],
    buttons: [button('Check again', 'run_again', question)],
  });
}

/** Newest first. `whose` says whose answers they are. */
export function formatRecent(whose: 'mine' | 'failures', answers: readonly GivenAnswer[]): Message {
  const isMine = whose === 'mine';
  if (answers.length === 0) {
    const lead = isMine ? 'You have asked nothing in the last week.' : 'No failure was diagnosed in the last week.';
    return buildMessage([lead], { blocks: [note(['For example ', code('/ktrdr diagnose last training')])] });
  }
  const lead = isMine ? 'Your last diagnoses.' : 'The last failures that were diagnosed.';
  return buildMessage([strong(lead)], { hosts: hostsOf(answers), blocks: [givenAnswers(answers)] });
}

function givenAnswers(answers: readonly GivenAnswer[]): TextBlock {
  return listBlock('Newest first', answers.map(givenAnswer));
}

function givenAnswer({ name, headline, at, url }: GivenAnswer): InlineText {
  const thread = url === null ? [] : [' · ', link('open the thread', url)];
  return inline`${time(at)} · ${sentences(shortLine(headline, 200))} · ${code(cut(name, 80))}${thread}`;
}
