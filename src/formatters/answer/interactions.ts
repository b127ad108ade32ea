/** What people can do with an answer, and what they have done with it: the buttons and the line above them. */
import type { ActionsBlockElement, Button, KnownBlock, PlainTextOption } from '@slack/types';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { actionsBlocks, contextBlock, plainTextElement } from '../blocks/blocks.ts';
import { button, withConfirmation } from '../blocks/build-message.ts';
import * as mrkdwn from '../blocks/mrkdwn.ts';
import { linksTo } from '../links.ts';
import type { Message } from '../message.ts';
import { isOpen } from './summary.ts';

export interface FailureState {
  readonly claimedBy: string | null;
  /** ISO 8601: until then its cause is snoozed in this channel. */
  readonly snoozedUntil: string | null;
  /** ISO 8601: until then the operation is muted in this channel. */
  readonly mutedUntil: string | null;
}

export interface Interactions {
  readonly answerId: string;
  readonly diagnosis: Diagnosis;
  readonly state: FailureState;
  readonly grafanaUrl: string | null;
}

/** Feedback on an answer, as shown apart from its buttons. */
export const VERDICTS = { right: 'right', partly: 'partly right', wrong: 'wrong' } as const;
export type FeedbackVerdict = keyof typeof VERDICTS;

const VERDICT_BUTTONS = { right: 'Right answer', partly: 'Partly right', wrong: 'Wrong answer' } as const;

/** Real IDs are shorter, and a button could not carry a longer one. */
const LONGEST_ID = 300;

/** Names of Python's exceptions; the note of a failed step begins with one. */
const EXCEPTION = /\b[A-Z]\w*(?:Error|Exception|Timeout|Refused|Exit)\b/;

/** The summary with its buttons; those it had come first. */
export function withInteractions(summary: Message, interactions: Interactions): Message {
  const { answerId, diagnosis, state } = interactions;
  const known = summary.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
  const buttons = [...known, ...buttonsFor(interactions)];
  // Links come first, next to each other.
  const options = menuFor(interactions);
  const main: readonly ActionsBlockElement[] = [
    ...buttons.filter(isLink),
    ...buttons.filter((element) => !isLink(element)),
    ...(options.length === 0 ? [] : [{ type: 'overflow' as const, action_id: 'more', options: [...options] }]),
  ];
  const verdicts = Object.entries(VERDICT_BUTTONS).map(([verdict, label]) =>
    button(label, `feedback_${verdict}`, answerId),
  );
  return {
    text: summary.text,
    blocks: [
      ...summary.blocks.filter(({ type }) => type !== 'actions'),
      ...stateLines(state),
      ...actionsBlocks(main),
      ...actionsBlocks(isJudgeable(diagnosis) ? verdicts : []),
    ],
  };
}

/** Something went wrong that a person may want to claim. */
export function isFailure({ primary }: Diagnosis): boolean {
  return primary !== null && primary.severity !== 'notice';
}

function isLink(element: ActionsBlockElement): boolean {
  return element.type === 'button' && element.url !== undefined;
}

function buttonsFor({ answerId, diagnosis, state, grafanaUrl }: Interactions): readonly ActionsBlockElement[] {
  const { primary, operationId, flow } = diagnosis;
  const dashboards = linksTo(null, grafanaUrl).dashboards(diagnosis);
  return [
    ...(dashboards === null ? [] : [{ ...button('Open in Grafana', 'open_grafana', 'grafana'), url: dashboards }]),
    ...(flow.length === 0 ? [] : [button('Whole flow', 'flow', answerId)]),
    ...(primary === null || !fits(primary.cause) ? [] : [button('Explain', 'explain', primary.cause)]),
    ...(isOpen(diagnosis) && operationId !== null && fits(operationId)
      ? [button('Watch until it ends', 'watch', operationId)]
      : []),
    ...(isFailure(diagnosis) ? claimButtons(answerId, state) : []),
  ];
}

/** Everybody sees the same message: only the owner can give it back, and the others can take it over. */
function claimButtons(answerId: string, { claimedBy }: FailureState): readonly Button[] {
  if (claimedBy === null) return [button('Claim', 'claim', answerId)];
  return [
    button('Give back', 'unclaim', answerId),
    withConfirmation(button('Take over', 'take_over', answerId), {
      title: 'Take it over?',
      text: 'Somebody has claimed it. It will be shown as yours.',
      confirm: 'Take over',
      deny: 'Leave it',
    }),
  ];
}

/** At most five: Slack's limit. */
function menuFor({ answerId, diagnosis, state }: Interactions): readonly PlainTextOption[] {
  const { primary, flow, operationId } = diagnosis;
  const hasException =
    primary?.evidence.some(({ kind }) => kind === 'exception') === true ||
    flow.some(({ error, note }) => error && EXCEPTION.test(note));
  const snooze =
    state.snoozedUntil === null
      ? option('Snooze this cause here, 1 day', `snooze:${answerId}`)
      : option('End the snooze', `unsnooze:${answerId}`);
  const mute =
    state.mutedUntil === null
      ? option('Mute this operation here, 7 days', `mute:${answerId}`)
      : option('End the mute of this operation', `unmute:${answerId}`);
  return [
    ...(hasException ? [option('Stack of the exception', `stack:${answerId}`)] : []),
    ...(isFailure(diagnosis) ? [snooze] : []),
    ...(operationId === null ? [] : [mute]),
    ...(operationId === null && diagnosis.traces.length === 0
      ? []
      : [option('Share to another channel', `share:${answerId}`), option('Copy the id', `copy:${answerId}`)]),
  ];
}

function isJudgeable({ verdict }: Diagnosis): boolean {
  return verdict === 'explained' || verdict === 'healthy' || verdict === 'running';
}

function stateLines({ claimedBy, snoozedUntil, mutedUntil }: FailureState): readonly KnownBlock[] {
  const states = [
    claimedBy === null ? '' : `*Claimed by* <@${claimedBy}>`,
    snoozedUntil === null ? '' : `*Cause snoozed here* until ${mrkdwn.time(snoozedUntil)}`,
    mutedUntil === null ? '' : `*Operation muted here* until ${mrkdwn.time(mutedUntil)}`,
  ].filter((text) => text !== '');
  if (states.length === 0) return [];
  return [contextBlock({ type: 'mrkdwn', text: states.join(' · '), verbatim: true })];
}

function fits(id: string): boolean {
  return id !== '' && id.length <= LONGEST_ID;
}

function option(label: string, value: string): PlainTextOption {
  return { text: plainTextElement(label), value };
}
