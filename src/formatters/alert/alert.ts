/** Alerts: the answer about the first failure, what has happened since, and whether it is over. */
import type { ActionsBlockElement, KnownBlock } from '@slack/types';
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { plural } from '../../language/plurals.ts';
import type { FailureState } from '../answer/interactions.ts';
import {
  actionsBlocks,
  blocksOf,
  contextBlock,
  headerBlock,
  lineBlock,
  mrkdwnElement,
  mrkdwnOf,
} from '../blocks/blocks.ts';
import { buildMessage } from '../blocks/build-message.ts';
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
  time,
} from '../blocks/text-block.ts';
import { hostsOf } from '../links.ts';
import type { Answer, Message } from '../message.ts';

interface Failure {
  /** Operation ID, or trace ID of a rejected request. */
  readonly name: string;
  readonly headline: string;
  /** Milliseconds. */
  readonly at: number;
}

export interface AlertView {
  readonly causes: readonly { readonly headline: string; readonly count: number }[];
  readonly count: number;
  /** Milliseconds. */
  readonly firstAt: number;
  readonly newestAt: number;
  /** The newest ones, oldest first. */
  readonly failures: readonly Failure[];
  /** `by` is the type of the operation that completed; null after a quiet day. */
  readonly over: { readonly at: number; readonly by: string | null } | null;
}

/** The reply that lists the failures of an alert. */
const FAILURES_SLOT = 'failures';
/** Marks what was added to the answer. */
const COUNT_BLOCK = 'alert-count';
/** How many failures are listed: the first of these numbers with which the list fits into one message. */
const LISTED = [20, 8, 3] as const;
const LONGEST_LIST_JSON = 8_500;
const MOST_NAMED = 8;
const MOST_CAUSES = 20;

/** `text` is the notification of the first failure, and `answer` what was said about it. */
export function withCount({ summary, thread }: Answer, text: string, alert: AlertView): Answer {
  const [first, ...others] = summary.blocks.filter((block) => block.block_id !== COUNT_BLOCK);
  const replies = thread.filter(({ slot }) => slot !== FAILURES_SLOT);
  if (alert.count < 2 || first === undefined) return { summary: { ...summary, text }, thread: replies };
  const line = { ...lineBlock(countText(alert)), block_id: COUNT_BLOCK };
  return {
    summary: { text: `${mrkdwnOf(countText(alert), [], 400)} ${text}`, blocks: [first, line, ...others] },
    thread: [...replies, { slot: FAILURES_SLOT, message: listMessage(alert) }],
  };
}

/** Replaces the answer if someone asked about the failure before the alert. */
export function formatAnsweredBefore(headline: string, name: string, url: string): Answer {
  const summary = buildMessage(strongSentences(shortLine(headline, 400)), {
    hosts: hostsOf([{ url }]),
    blocks: [prose([code(cut(name, 150)), ' was diagnosed before: ', link('open diagnosis', url)]), note(['Alert'])],
  });
  return { summary, thread: [] };
}

/** Many causes at the same time share a message. */
export function formatManyCauses(alert: AlertView): Answer {
  const lead = `${plural(alert.causes.length, 'different cause')} within a short time: ${plural(alert.count, 'operation')} failed.`;
  const items = alert.causes.map(({ headline, count }) => [`${count} × `, ...sentences(shortLine(headline, 200))]);
  const summary = buildMessage([strong(lead)], {
    blocks: [
      listBlock('Causes', items, MOST_CAUSES),
      prose(['The thread lists them. More operations that fail with one of these causes are added there.']),
      note(['Alert · newest ', time(isoOf(alert.newestAt))]),
    ],
  });
  return { summary, thread: [{ slot: FAILURES_SLOT, message: listMessage(alert) }] };
}

/** No fix is left, only what is still to be done. `controls` are those of the answer. */
export function formatOver(
  alert: AlertView & { readonly over: NonNullable<AlertView['over']> },
  { claimedBy, done = null }: Pick<FailureState, 'claimedBy' | 'done'>,
  controls: readonly KnownBlock[],
): Message {
  const { over, failures, count, firstAt, newestAt, causes } = alert;
  const names = [...new Set(failures.map(({ name }) => name))];
  const named = names.slice(-MOST_NAMED).map((name): InlineText => [code(cut(name, 150))]);
  const noun = over.by === null ? null : operationNoun(over.by);
  const why = noun === null ? 'it hasn’t happened for a day' : `${article(noun)} has since completed`;
  const did = count === 1 ? 'operation affected' : 'operations affected; restart the ones you still need';
  const lasted = over.at - firstAt;
  const lead = inline`${strong('Over')} since ${time(isoOf(over.at))}: ${why}.`;
  const what =
    causes.length === 1 ? sentences(shortLine(causes[0]?.headline ?? '', 300)) : [plural(causes.length, 'cause')];
  const small = dotted([
    ['Alert'],
    noun === null ? ['newest ', time(isoOf(newestAt))] : [`lasted ${formatDuration(lasted)}`],
    done === null ? [] : [done.what, ' by ', person(done.userId), ' ', time(done.at)],
    claimedBy === null ? [] : [person(claimedBy), ' claimed it'],
  ]);
  const message = buildMessage(lead, {
    blocks: [prose(['Cause: ', ...what]), listBlock(`${count} ${did}`, named), note(small)],
  });
  return { text: message.text, blocks: [...message.blocks, ...controls] };
}

/** `since` is ISO 8601; `problem` is a sentence. */
export function formatJaegerAway(since: string, problem: string): Message {
  return buildMessage(inline`${strong('No alerts for now:')} ${sentences(shortLine(problem, 400))}`, {
    blocks: [note(inline`Since ${time(since)}. Failures from this time will be reported when Jaeger responds again.`)],
  });
}

export function formatJaegerBack(since: string, until: string): Message {
  return buildMessage(inline`Jaeger is responding again. It was unavailable from ${time(since)} to ${time(until)}.`, {
    blocks: [note(['Failures from that time are being reported now.'])],
  });
}

/** The controls of an answer without those that are useless once the alert is over. */
export function controlsOfOver(blocks: readonly KnownBlock[]): readonly KnownBlock[] {
  const elements = blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((element): readonly ActionsBlockElement[] => {
      if (element.type === 'button') return element.action_id === 'open_jaeger' ? [element] : [];
      if (element.type !== 'overflow') return [];
      const options = element.options.filter(({ value }) => /^(?:explain|share):/.test(value ?? ''));
      return options.length === 0 ? [] : [{ ...element, options }];
    });
  return actionsBlocks(elements);
}

function countText({ count, newestAt, firstAt, failures }: AlertView): InlineText {
  const newest = failures.at(-1);
  const since = newestAt - firstAt < 1000 ? '' : ` in ${formatDuration(newestAt - firstAt)}`;
  return inline`${strong(`${plural(count, 'operation')} failed with this cause`)}${since}; latest: ${code(cut(newest?.name ?? '', 150))}, ${time(isoOf(newestAt))}.`;
}

function listMessage(alert: AlertView): Message {
  const [first, ...fewer] = LISTED;
  let message = listOf(alert, first);
  for (const most of fewer) if (JSON.stringify(message).length > LONGEST_LIST_JSON) message = listOf(alert, most);
  return message;
}

function listOf({ failures, count }: AlertView, most: number): Message {
  const shown = failures.toReversed().slice(0, most);
  const items = shown.map(
    ({ name, at, headline }): InlineText =>
      inline`${time(isoOf(at))} · ${code(cut(name, 100))} · ${sentences(shortLine(headline, 160))}`,
  );
  const left = count - shown.length;
  const more = left > 0 ? [contextBlock(mrkdwnElement([`… and ${plural(left, 'earlier one')}`]))] : [];
  return {
    text: `${plural(count, 'operation')} failed with this cause.`,
    blocks: [headerBlock('Failures'), ...blocksOf(listBlock('Newest first', items), []), ...more],
  };
}

function article(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
