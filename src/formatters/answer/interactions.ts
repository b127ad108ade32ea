/** What people can do with an answer, and what they have done with it: the buttons and the lines above them. */
import type { ActionsBlockElement, Button, KnownBlock, PlainTextOption } from '@slack/types';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { button } from '../blocks/build-message.ts';
import * as mrkdwn from '../blocks/mrkdwn.ts';
import { linksTo } from '../links.ts';
import type { Message } from '../message.ts';

/** Set by people and shown in the message. */
export interface FailureState {
  readonly claimedBy: string | null;
  /** ISO 8601: its cause is kept quiet in this channel. */
  readonly snoozedUntil: string | null;
  /** ISO 8601: the operation itself is. */
  readonly mutedUntil: string | null;
}

export const NO_STATE: FailureState = { claimedBy: null, snoozedUntil: null, mutedUntil: null };

export interface Interactions {
  /** What the buttons carry: the answer is looked up by it. */
  readonly answerId: string;
  readonly diagnosis: Diagnosis;
  readonly state: FailureState;
  readonly grafanaUrl: string | null;
}

/** What people can say of an answer, in words that stand alone. */
export const VERDICTS = { right: 'right', partly: 'partly right', wrong: 'wrong' } as const;
export type FeedbackVerdict = keyof typeof VERDICTS;

const VERDICT_BUTTONS = { right: 'Right answer', partly: 'Partly right', wrong: 'Wrong answer' } as const;

/** Longer ids are nobody's, and a button could not carry them. */
const LONGEST_ID = 300;

/** Python's exceptions are named so; what is said of a step in error begins with them. */
const EXCEPTION = /\b[A-Z]\w*(?:Error|Exception|Timeout|Refused|Exit)\b/;

/** The summary with its buttons; those it had come first. */
export function withInteractions(summary: Message, interactions: Interactions): Message {
  const { answerId, diagnosis, state } = interactions;
  const known = summary.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
  const buttons = [...known, ...buttonsFor(interactions)];
  // What leads away stands together.
  const main = [...buttons.filter(isLink), ...buttons.filter((element) => !isLink(element))];
  const options = menuFor(interactions);
  if (options.length > 0) main.push({ type: 'overflow', action_id: 'more', options: [...options] });
  const verdicts = Object.entries(VERDICT_BUTTONS).map(([verdict, label]) =>
    button(label, `feedback_${verdict}`, answerId),
  );
  return {
    text: summary.text,
    blocks: [
      ...summary.blocks.filter(({ type }) => type !== 'actions'),
      ...stateLines(state),
      { type: 'actions', elements: main },
      ...(isJudgeable(diagnosis) ? [{ type: 'actions', elements: verdicts } as const] : []),
    ],
  };
}

export function isOpen({ status }: Pick<Diagnosis, 'status'>): boolean {
  return status === 'running' || status === 'pending' || status === 'resuming';
}

/** Something went wrong that somebody may want to take on. */
export function isFailure({ primary }: Diagnosis): boolean {
  return primary !== null && primary.severity !== 'notice';
}

function isLink(element: ActionsBlockElement): boolean {
  return element.type === 'button' && element.url !== undefined;
}

function buttonsFor(interactions: Interactions): readonly ActionsBlockElement[] {
  const { answerId, diagnosis, state } = interactions;
  const { primary, operationId, flow } = diagnosis;
  const dashboards = dashboardsFor(interactions);
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
    {
      ...button('Take over', 'take_over', answerId),
      confirm: {
        title: { type: 'plain_text', text: 'Take it over?', emoji: false },
        text: { type: 'plain_text', text: 'Somebody has claimed it. It will be shown as yours.', emoji: false },
        confirm: { type: 'plain_text', text: 'Take over', emoji: false },
        deny: { type: 'plain_text', text: 'Leave it', emoji: false },
      },
    },
  ];
}

/** Slack takes five. */
function menuFor({ answerId, diagnosis, state }: Interactions): readonly PlainTextOption[] {
  const { primary, flow, operationId } = diagnosis;
  const hasException =
    primary?.evidence.some(({ kind }) => kind === 'exception') === true ||
    flow.some(({ error, note }) => error && EXCEPTION.test(note));
  return [
    ...(hasException ? [option('Stack of the exception', `stack:${answerId}`)] : []),
    ...(isFailure(diagnosis)
      ? [
          state.snoozedUntil === null
            ? option('Snooze this cause here, 1 day', `snooze:${answerId}`)
            : option('End the snooze', `unsnooze:${answerId}`),
        ]
      : []),
    ...(operationId === null
      ? []
      : [
          state.mutedUntil === null
            ? option('Mute this operation here, 7 days', `mute:${answerId}`)
            : option('End the mute of this operation', `unmute:${answerId}`),
        ]),
    ...(operationId === null && diagnosis.traces.length === 0
      ? []
      : [option('Share to another channel', `share:${answerId}`), option('Copy the id', `copy:${answerId}`)]),
  ];
}

function dashboardsFor({ diagnosis, grafanaUrl }: Interactions): string | null {
  const { operation, traces } = diagnosis;
  const start = operation.startedAt ?? traces[0]?.startTime;
  if (start === undefined) return null;
  const from = Date.parse(start);
  const until = operation.endedAt === null ? from + (operation.durationMs ?? 0) : Date.parse(operation.endedAt);
  return linksTo(null, grafanaUrl).dashboards(from, until);
}

function isJudgeable({ verdict }: Diagnosis): boolean {
  return verdict === 'explained' || verdict === 'healthy' || verdict === 'running';
}

function stateLines({ claimedBy, snoozedUntil, mutedUntil }: FailureState): readonly KnownBlock[] {
  const said = [
    claimedBy === null ? '' : `*Claimed by* <@${claimedBy}>`,
    snoozedUntil === null ? '' : `*Cause snoozed here* until ${mrkdwn.time(snoozedUntil)}`,
    mutedUntil === null ? '' : `*Operation muted here* until ${mrkdwn.time(mutedUntil)}`,
  ].filter((text) => text !== '');
  if (said.length === 0) return [];
  return [{ type: 'context', elements: [{ type: 'mrkdwn', text: said.join(' · '), verbatim: true }] }];
}

function fits(id: string): boolean {
  return id !== '' && id.length <= LONGEST_ID;
}

function option(label: string, value: string): PlainTextOption {
  return { text: { type: 'plain_text', text: label, emoji: false }, value };
}
