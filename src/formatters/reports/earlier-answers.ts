/** Answers that were given before: with the same cause, to the same question, or of the same user. */

import type { KnownBlock } from '@slack/types';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { ActionKind } from '../../diagnosis/vocabulary/actions.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { contextBlock, mrkdwnElement } from '../blocks/blocks.ts';
import { buildMessage, questionButtons } from '../blocks/build-message.ts';
import { cut, shortLine } from '../blocks/mrkdwn.ts';
import {
  code,
  dotted,
  type InlineText,
  inline,
  link,
  listBlock,
  note,
  person,
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
  /** Operation ID, or trace ID of a rejected start. */
  readonly name: string;
  readonly headline: string;
  /** ISO 8601: when it was given. */
  readonly at: string;
  /** Its thread; null when there is none that can be shown. */
  readonly url: string | null;
}

/** What came after an earlier failure with the same cause, of the same kind and market. */
export type Followed =
  /** Someone performed an action through the bot, and an operation completed: `at` (ISO 8601). */
  | {
      readonly kind: 'fixed';
      readonly action: ActionKind;
      /** Of loaded data, e.g. `AUDUSD 1h`. */
      readonly data: string | null;
      readonly userId: string;
      readonly at: string;
    }
  /** One completed soon after `name` had failed, for an unknown reason. */
  | { readonly kind: 'completed'; readonly name: string; readonly operationId: string; readonly afterMs: number };

const MOST_LINKS = 3;

/** The summary with a line on how often this cause was seen lately; unchanged when this is the first time. */
export function withEarlierAnswers(summary: Message, earlier: readonly Omit<GivenAnswer, 'headline'>[]): Message {
  const [oldest] = earlier;
  if (oldest === undefined) return summary;
  const isOne = earlier.length === 1;
  const times = isOne ? 'once before' : `${earlier.length} times before`;
  const linked = earlier.filter(({ url }) => url !== null).slice(-MOST_LINKS);
  const text: InlineText = [
    ...inline`${strong(`Same cause seen ${times}`)}, ${isOne ? '' : 'first '}${time(oldest.at)}`,
    ...linked.flatMap(({ name, url }, i) => [i === 0 ? ': ' : ', ', link(shortLine(name, 60), url ?? '')]),
  ];
  return withLine(summary, contextBlock(mrkdwnElement(text, 1500, hostsOf(linked))));
}

/** The summary with a line on what came after an earlier failure of this kind; unchanged when nothing is known. */
export function withFollowed(summary: Message, followed: Followed | null, type: string | null): Message {
  if (followed === null) return summary;
  return withLine(summary, contextBlock(mrkdwnElement(followedText(followed, type))));
}

function followedText(followed: Followed, type: string | null): InlineText {
  if (followed.kind === 'fixed') {
    const { action, data, userId, at } = followed;
    return inline`${strong('Fixed')} ${time(at)} by ${fixText(action, data)} (${person(userId)})`;
  }
  const { name, operationId, afterMs } = followed;
  const later = formatDuration(afterMs);
  const failed = code(cut(name, 150));
  if (operationId === name) return inline`Last time, ${failed} completed ${later} after it failed.`;
  return inline`Last time, the next ${operationNoun(type)} completed ${later} after ${failed} failed: ${code(cut(operationId, 150))}`;
}

function fixText(action: ActionKind, data: string | null): string {
  switch (action) {
    case 'load-data':
      return data === null ? 'loading data' : `loading ${shortLine(data, 60)}`;
    case 'resume':
      return 'resuming it';
    case 'start-again':
      return 'starting it again';
    case 'cancel':
      return 'cancelling it';
  }
}

/** Above the buttons. */
function withLine(summary: Message, line: KnownBlock): Message {
  const at = summary.blocks.findIndex(({ type }) => type === 'actions');
  const before = at < 0 ? summary.blocks : summary.blocks.slice(0, at);
  return { text: summary.text, blocks: [...before, line, ...summary.blocks.slice(before.length)] };
}

/** Instead of a second answer, while another request is answered in the channel. `url` is null when Slack doesn't say. */
export function formatAnsweredElsewhere(
  url: string | null,
  question: string,
  first: { readonly userId: string; readonly at: string } | null,
): Message {
  const asked: InlineText =
    first === null
      ? ['The same request was made here a moment ago.']
      : inline`${person(first.userId)} made the same request here ${time(first.at)}.`;
  const where = url === null ? 'The diagnosis will be in this channel.' : 'The diagnosis will be in that message.';
  return buildMessage(inline`${asked} ${where}`, {
    hosts: hostsOf([{ url }]),
    blocks: linkTo(url),
    buttons: questionButtons('Check again', 'run_again', question),
  });
}

/** An answer that was given before, and what a second look at its operation has shown. */
export interface LookedAgain {
  readonly name: string;
  /** When the answer was given (ISO 8601); null when that isn't known. */
  readonly since: string | null;
  /** Its message; null when it can't be linked. */
  readonly url: string | null;
  /** The question as the value of a “Check again” button. */
  readonly question: string;
}

/** While it is checked again; `url` leads to the message with the last diagnosis. */
export function formatLookingAgain(url: string | null): Message {
  return buildMessage(['Checking again. The last diagnosis stays in place and is updated if something changed.'], {
    hosts: hostsOf([{ url }]),
    blocks: linkTo(url),
  });
}

export type SecondLook =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed'; readonly changes: readonly InlineText[] }
  /** Sources that didn't answer this time. */
  | { readonly kind: 'not-checked'; readonly missing: readonly InlineText[] };

/** Instead of a second answer. `now` is what the operation is like: only what this person doesn't read in the first one. */
export function formatLookedAgain(
  { name, since, url, question }: LookedAgain,
  look: SecondLook,
  now: Pick<Diagnosis, 'headline' | 'guess' | 'symptomAnswer'>,
): Message {
  const lines = [now.guess?.text, now.symptomAnswer].filter((text) => text !== undefined);
  return buildMessage(inline`${leadOf(look, since)} ${code(name)}: ${strongSentences(shortLine(now.headline, 300))}`, {
    hosts: hostsOf([{ url }]),
    blocks: [...lines.map((text) => prose(sentences(shortLine(text, 400)))), ...linkTo(url)],
    buttons: questionButtons('Check again', 'run_again', question),
  });
}

function leadOf(look: SecondLook, since: string | null): InlineText {
  const from = since === null ? ['the last diagnosis'] : [time(since)];
  switch (look.kind) {
    case 'unchanged':
      return inline`No change since ${from}.`;
    case 'changed':
      return inline`Changed since ${from}: ${dotted(look.changes)}.`;
    case 'not-checked':
      return inline`Couldn’t check again: ${dotted(look.missing)}. Last diagnosis${since === null ? [] : inline` (${time(since)})`} of`;
  }
}

function linkTo(url: string | null): readonly TextBlock[] {
  return url === null ? [] : [prose([link('Open the diagnosis', url)])];
}

/** Newest first. `whose` says whose answers they are. */
export function formatRecent(whose: 'mine' | 'failures', answers: readonly GivenAnswer[]): Message {
  const isMine = whose === 'mine';
  if (answers.length === 0) {
    const lead = isMine ? 'No requests from you in the last week.' : 'No failures diagnosed in the last week.';
    return buildMessage([lead], { blocks: [note(['For example: ', code('/ktrdr diagnose last training')])] });
  }
  const lead = isMine ? 'Your recent diagnoses.' : 'Recently diagnosed failures.';
  return buildMessage([strong(lead)], { hosts: hostsOf(answers), blocks: [givenAnswers(answers)] });
}

function givenAnswers(answers: readonly GivenAnswer[]): TextBlock {
  return listBlock('Newest first', answers.map(givenAnswer));
}

function givenAnswer({ name, headline, at, url }: GivenAnswer): InlineText {
  const thread = url === null ? [] : [' · ', link('open thread', url)];
  return inline`${time(at)} · ${sentences(shortLine(headline, 200))} · ${code(cut(name, 80))}${thread}`;
}
