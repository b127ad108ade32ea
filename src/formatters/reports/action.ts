/** Actions in Slack: the buttons with their confirmation, and what became of them. */
import type { Button } from '@slack/types';
import type { ActionKind } from '../../diagnosis/vocabulary/actions.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import { buildMessage, button, withConfirmation } from '../blocks/build-message.ts';
import { plain, shortLine } from '../blocks/mrkdwn.ts';
import { code, type Inline, type InlineText, inline, person, prose, strong, time } from '../blocks/text-block.ts';
import type { Answer, Message } from '../message.ts';

/** What is offered: with its button, or with the reason why it isn't possible now. */
export interface OfferedAction {
  readonly kind: ActionKind;
  readonly operationId: string;
  readonly operationType: string | null;
  readonly data?: { readonly symbol: string; readonly timeframe: string };
  /** A clause. */
  readonly refusal?: string;
  readonly offerId?: string;
  /** A form asks for what the record lacks, and is the confirmation. */
  readonly asksForModel?: boolean;
  readonly call?: { readonly method: string; readonly path: string; readonly body: Readonly<Record<string, string>> };
  /** Sentences to read before confirming. */
  readonly notes?: readonly string[];
}

interface Acting {
  readonly kind: ActionKind;
  readonly operationId: string;
  readonly operationType: string | null;
  readonly userId: string;
}

const WORDS: Readonly<
  Record<
    ActionKind,
    {
      readonly button: string;
      readonly id: string;
      readonly doing: string;
      readonly done: string;
      readonly not: string;
      readonly unclear: string;
    }
  >
> = {
  cancel: {
    button: 'Cancel',
    id: 'action_cancel',
    doing: 'Cancelling',
    done: 'Cancelled',
    not: 'Not cancelled',
    unclear: 'Cancelled?',
  },
  resume: {
    button: 'Resume',
    id: 'action_resume',
    doing: 'Resuming',
    done: 'Resumed',
    not: 'Not resumed',
    unclear: 'Resumed?',
  },
  'start-again': {
    button: 'Start again',
    id: 'action_start_again',
    doing: 'Starting again',
    done: 'Started again',
    not: 'Not started again',
    unclear: 'Started again?',
  },
  'load-data': {
    button: 'Load data',
    id: 'action_load_data',
    doing: 'Loading data for',
    done: 'Loading data',
    not: 'No data loaded',
    unclear: 'Loading data?',
  },
};
/** Slack's limit for the text of a dialog. */
const LONGEST_CONFIRMATION = 300;

/** As the message of an answer says it afterwards. */
export function doneWord(kind: ActionKind): string {
  return WORDS[kind].done;
}

export function formatOffers(offered: readonly OfferedAction[]): Message {
  const possible = offered.filter(({ refusal }) => refusal === undefined);
  const refused = offered.flatMap((one) =>
    one.refusal === undefined ? [] : [[`${WORDS[one.kind].button} isn’t available: ${shortLine(one.refusal, 300)}.`]],
  );
  const [first] = offered;
  const lead: InlineText =
    possible.length > 0
      ? ['Available actions for ', named(first?.operationId ?? ''), '. Only people in ACTION_USERS can see this.']
      : ['No actions available for ', named(first?.operationId ?? ''), ' right now.'];
  return buildMessage(lead, { blocks: refused.map(prose), buttons: possible.map(buttonFor) });
}

function buttonFor(offered: OfferedAction): Button {
  const { kind, offerId = '', asksForModel = false, operationType, data } = offered;
  const { button: label, id } = WORDS[kind];
  const base: Button = {
    ...button(asksForModel ? `${label}…` : label, id, offerId),
    ...(kind === 'cancel' ? { style: 'danger' } : {}),
  };
  if (asksForModel) return base;
  const noun = operationNoun(operationType);
  const title =
    kind === 'load-data'
      ? `Load ${data?.symbol} ${data?.timeframe}?`
      : kind === 'start-again'
        ? `Start this ${noun} again?`
        : `${label} this ${noun}?`;
  return withConfirmation(base, {
    title: plain(title, 100),
    text: plain(confirmationText(offered), LONGEST_CONFIRMATION),
    confirm: kind === 'cancel' ? 'Cancel it' : label,
    deny: 'Not now',
  });
}

/** The exact call, and what it can't undo. The values come last, because only they can be too many. */
function confirmationText({ kind, call, notes = [] }: OfferedAction): string {
  const values = Object.entries(call?.body ?? {}).map(([name, value]) => `${name} ${value}`);
  const lasting =
    kind === 'cancel'
      ? ['A cancelled operation can continue only from a checkpoint. The cancellation reason includes your name.']
      : [];
  const slow =
    kind === 'cancel' && notes.length === 0 ? ['If its worker doesn’t respond, ktrdr is blocked for a minute.'] : [];
  const begun = `ktrdr-bot will call ${call?.method} ${call?.path} once.`;
  return [begun, ...notes, ...slow, ...lasting, values.length === 0 ? '' : `It sends ${values.join(', ')}.`]
    .join(' ')
    .trim();
}

/** Shown while it is checked and called. */
export function formatActing({ kind, operationId, userId }: Acting): Message {
  return buildMessage(
    inline`${WORDS[kind].doing} ${named(operationId)}, confirmed by ${person(userId)}. This can take a minute if a worker doesn’t respond.`,
  );
}

/** `text` is sentences; `by` did the same, when that is the reason. */
export function formatActed({
  kind,
  userId,
  at,
  outcome,
  text,
  by,
}: Acting & {
  readonly at: string;
  readonly outcome: 'done' | 'warning' | 'refused' | 'unknown';
  readonly text: string;
  readonly by: string | null;
}): Message {
  const { done, not, unclear } = WORDS[kind];
  const label = { done, warning: `${done}, with a warning:`, refused: `${not}:`, unknown: unclear }[outcome];
  const who: InlineText = outcome === 'done' ? [' by ', person(userId), ' at ', time(at), '. '] : [' '];
  const words = shortLine(text, 1500);
  const asked: InlineText = outcome === 'done' ? [] : [' Confirmed by ', person(userId), ' at ', time(at), '.'];
  const other: InlineText = by === null ? [] : [' That one was confirmed by ', person(by), '.'];
  return buildMessage([strong(label), ...who, words, ...other, ...asked]);
}

interface Followed extends Acting {
  readonly epoch: number | null;
}

/** `next` is when it is checked again (ISO 8601). */
export function formatFollowing({
  operationId,
  workerId,
  epoch,
  next,
}: Followed & { readonly workerId: string | null; readonly next: string }): Message {
  const by = workerId === null ? 'no worker lists it' : `${shortLine(workerId, 100)} is running it`;
  return buildMessage([
    'Following ',
    named(operationId),
    ` through its worker and checkpoint: ${by}${saved(epoch)}. Next check: `,
    time(next),
    '.',
  ]);
}

export type FollowedEnd =
  /** ktrdr says so. */
  | 'ended'
  /** A training deletes its checkpoint when it is done. */
  | 'finished'
  /** The worker left it, and nothing says how. */
  | 'left'
  /** No worker ever took it. */
  | 'never-begun'
  | 'expired';

export function formatFollowed({
  operationId,
  userId,
  end,
  status,
  epoch,
}: Followed & { readonly end: FollowedEnd; readonly status: string | null }): Answer {
  const text = {
    ended: `has ended: ${status}.`,
    finished:
      'has finished: no worker is running it, and its checkpoint is gone. ktrdr deletes the checkpoint on success.',
    left: `is no longer running on any worker${saved(epoch)}. ktrdr doesn’t say how it ended: check its result.`,
    'never-begun': 'was never seen on a worker, but ktrdr says “resuming”: cancel it and start it again.',
    expired: 'hasn’t ended after a week, so ktrdr-bot stopped following it.',
  }[end];
  const summary = buildMessage([named(operationId), ` ${text}`]);
  const notification = buildMessage([person(userId), ' ', named(operationId), ` ${text}`]);
  return { summary, thread: [{ slot: 'notification', message: notification }] };
}

function saved(epoch: number | null): string {
  return epoch === null ? '' : `; its checkpoint is from epoch ${epoch}`;
}

/** Real IDs are shorter. */
function named(operationId: string): Inline {
  return code(shortLine(operationId, 150));
}
