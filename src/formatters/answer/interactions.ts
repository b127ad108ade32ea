/** What people can do with an answer, and what they have done with it: the buttons and the line above them. */
import type { ActionsBlockElement, Button, KnownBlock, PlainTextOption } from '@slack/types';
import { type Symptoms, symptomsIn } from '../../diagnosis/case.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { actionsBlocks, contextBlock, lineBlock, plainTextElement } from '../blocks/blocks.ts';
import { button, withConfirmation } from '../blocks/build-message.ts';
import * as mrkdwn from '../blocks/mrkdwn.ts';
import { linksTo } from '../links.ts';
import type { Answer } from '../message.ts';
import { isFlowCut } from './execution-flow.ts';
import { FLOW_SLOT } from './replies.ts';
import { isOpen } from './summary.ts';

export interface FailureState {
  readonly claimedBy: string | null;
  /** ISO 8601: until then its cause is snoozed in this channel. */
  readonly snoozedUntil: string | null;
  /** ISO 8601: until then the operation is muted in this channel. */
  readonly mutedUntil: string | null;
  /** Who did it, for the others who read there. */
  readonly snoozedBy?: string | null;
  readonly mutedBy?: string | null;
  /** The last thing that was done to it by a button, e.g. `Resumed`, and when (ISO 8601). */
  readonly done?: { readonly what: string; readonly userId: string; readonly at: string } | null;
}

export interface Interactions {
  readonly answerId: string;
  readonly diagnosis: Diagnosis;
  readonly state: FailureState;
  readonly symptom: Symptoms | null;
  readonly grafanaUrl: string | null;
}

/** Feedback on an answer, as shown apart from its buttons. */
export const VERDICTS = { right: 'right', wrong: 'wrong' } as const;
export type FeedbackVerdict = keyof typeof VERDICTS;
/** What a wrong answer should have said, as options to choose from. */
export const CAUSE_CHOICES: readonly { readonly value: string; readonly text: string }[] = [
  { value: 'data', text: 'The data' },
  { value: 'model', text: 'The model or the strategy' },
  { value: 'worker', text: 'The worker' },
  { value: 'service', text: 'The database or another service' },
  { value: 'other', text: 'Something else' },
  { value: 'nothing', text: 'Nothing failed' },
];

/** Real IDs are shorter, and a button could not carry a longer one. */
const LONGEST_ID = 300;
/** Slack's limit for an option. */
const LONGEST_VALUE = 75;

/** Names of Python's exceptions; the note of a failed step begins with one. */
const EXCEPTION = /\b[A-Z]\w*(?:Error|Exception|Timeout|Refused|Exit)\b/;

/** The answer with its controls: at most four below the message, and the question about feedback below its first reply. */
export function withInteractions({ summary, thread }: Answer, interactions: Interactions): Answer {
  const known = summary.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
  const flow = thread.find(({ slot }) => slot === FLOW_SLOT)?.message;
  const options = menuFor(interactions, flow !== undefined && isFlowCut(flow));
  const controls: readonly ActionsBlockElement[] = [
    ...known,
    ...buttonsFor(interactions),
    ...(options.length === 0 ? [] : [{ type: 'overflow' as const, action_id: 'more', options: [...options] }]),
  ];
  const blocks = [
    ...summary.blocks.filter(({ type }) => type !== 'actions'),
    ...stateLines(interactions.state),
    ...actionsBlocks(controls),
  ];
  return { summary: { text: summary.text, blocks }, thread: withFeedback(thread, interactions) };
}

function withFeedback(thread: Answer['thread'], { answerId, diagnosis }: Interactions): Answer['thread'] {
  const [first, ...others] = thread;
  if (first === undefined || !isJudgeable(diagnosis)) return thread;
  const question = [
    lineBlock(['Was this right?']),
    ...actionsBlocks([button('Yes', 'feedback_yes', answerId), button('No', 'feedback_no', answerId)]),
  ];
  const { text, blocks } = first.message;
  return [{ ...first, message: { text, blocks: [...blocks, ...question] } }, ...others];
}

/** Something went wrong that a person may want to claim. */
export function isFailure({ primary }: Diagnosis): boolean {
  return primary !== null && primary.severity !== 'notice';
}

function buttonsFor({ answerId, diagnosis, state }: Interactions): readonly ActionsBlockElement[] {
  const { operationId } = diagnosis;
  return [
    ...(isOpen(diagnosis) && operationId !== null && fits(operationId) ? [button('Watch', 'watch', operationId)] : []),
    ...(isFailure(diagnosis) ? [claimButton(answerId, state)] : []),
  ];
}

/** Everyone sees the same message, including the owner, who can unclaim it from the menu. */
function claimButton(answerId: string, { claimedBy }: FailureState): Button {
  if (claimedBy === null) return button('Claim', 'claim', answerId);
  return withConfirmation(button('Take over', 'take_over', answerId), {
    title: 'Take it over?',
    text: 'Someone has already claimed it. Taking over makes it yours.',
    confirm: 'Take over',
    deny: 'Cancel',
  });
}

/** Slack shows no more. */
const MOST_OPTIONS = 5;

/** The first five that apply. */
function menuFor(
  { answerId, diagnosis, state, symptom, grafanaUrl }: Interactions,
  isCut: boolean,
): readonly PlainTextOption[] {
  const { primary, flow, operationId, traces } = diagnosis;
  const hasException =
    primary?.evidence.some(({ kind }) => kind === 'exception') === true ||
    flow.some(({ error, note }) => error && EXCEPTION.test(note));
  const isNamed = operationId !== null || traces.length > 0;
  const page = linksTo(null, grafanaUrl).dashboards(diagnosis);
  const again = `again:${symptomsIn(symptom).join('+') || 'any'} ${operationId}`;
  return [
    ...(isOpen(diagnosis) && operationId !== null && again.length <= LONGEST_VALUE
      ? [option('Check again', again)]
      : []),
    ...(state.claimedBy === null ? [] : [option('Unclaim (if it’s yours)', `unclaim:${answerId}`)]),
    ...(primary === null || primary.cause.length > LONGEST_VALUE - 10
      ? []
      : [option('Explain this cause', `explain:${primary.cause}`)]),
    ...(isNamed ? [option('Share to a channel…', `share:${answerId}`)] : []),
    ...(hasException ? [option('Show stack trace', `stack:${answerId}`)] : []),
    ...(isNamed && isJudgeable(diagnosis) ? [option('Snooze or mute…', `quiet:${answerId}`)] : []),
    ...(isCut ? [option('Show whole flow', `flow:${answerId}`)] : []),
    ...(page === null ? [] : [{ ...option('Open in Grafana', 'grafana'), url: page }]),
  ].slice(0, MOST_OPTIONS);
}

function isJudgeable({ verdict }: Diagnosis): boolean {
  return verdict === 'explained' || verdict === 'healthy' || verdict === 'running';
}

function stateLines({
  claimedBy,
  snoozedUntil,
  mutedUntil,
  done = null,
  ...state
}: FailureState): readonly KnownBlock[] {
  const by = (userId: string | null | undefined) => (userId ? ` by <@${userId}>` : '');
  const states = [
    done === null ? '' : `*${done.what}* by <@${done.userId}> ${mrkdwn.time(done.at)}`,
    claimedBy === null ? '' : `*Claimed by* <@${claimedBy}>`,
    snoozedUntil === null ? '' : `*Cause snoozed here*${by(state.snoozedBy)} until ${mrkdwn.time(snoozedUntil)}`,
    mutedUntil === null ? '' : `*Operation muted here*${by(state.mutedBy)} until ${mrkdwn.time(mutedUntil)}`,
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
