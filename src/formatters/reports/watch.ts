/** The message of a watch: edited while the operation goes on, and at the end one notification. */
import type { Button } from '@slack/types';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { percent } from '../../language/numbers.ts';
import { mrkdwnHeadline } from '../answer/summary.ts';
import { blocksOf } from '../blocks/blocks.ts';
import { buildMessage, button, questionButtons } from '../blocks/build-message.ts';
import { literal, oneLine, plain, shortLine } from '../blocks/mrkdwn.ts';
import {
  code,
  type InlineText,
  inline,
  note,
  person,
  prose,
  sentences,
  strongSentences,
  time,
} from '../blocks/text-block.ts';
import type { Answer, Message } from '../message.ts';

interface WatchNames {
  readonly watchId: string;
  readonly operationId: string;
  readonly userId: string;
}

/** Instead of a watch, for the one who asked. */
export function formatNothingToWatch({ operationId }: Pick<WatchNames, 'operationId'>, diagnosis: Diagnosis): Message {
  if (diagnosis.status === 'unknown')
    return buildMessage(inline`Nothing to watch: no operation ${code(operationId)} found.`);
  return buildMessage(inline`Nothing to watch: ${code(operationId)} has ended (${statusText(diagnosis)}).`);
}

/** `next` is when the operation is read again (ISO 8601). */
export function formatWatching({ watchId, operationId }: WatchNames, diagnosis: Diagnosis, next: string): Message {
  return buildMessage(inline`Watching ${code(operationId)}: ${statusText(diagnosis)}.`, {
    blocks: [
      prose(sentences(shortLine(diagnosis.headline, 400))),
      note(['Next check: ', time(next), ' · you’ll get one notification when it ends']),
    ],
    buttons: [stopButton(watchId)],
  });
}

/** The end: the message says how it ended, and a message in its thread notifies the user who asked. */
export function formatWatchEnded({ operationId, userId }: WatchNames, diagnosis: Diagnosis): Answer {
  const question = JSON.stringify({ subject: { kind: 'operation', operationId }, symptom: null });
  const summary = buildMessage(inline`Watched ${code(operationId)} until it ended: ${statusText(diagnosis)}.`, {
    blocks: [prose(strongSentences(shortLine(diagnosis.headline, 400)))],
    buttons: questionButtons('Diagnose', 'run_again_below', question),
  });
  return { summary, thread: [{ slot: 'notification', message: notification(userId, operationId, diagnosis) }] };
}

export function formatWatchStopped({ operationId }: Pick<WatchNames, 'operationId'>): Message {
  return buildMessage(inline`No longer watching ${code(operationId)}.`);
}

export function formatWatchExpired({ operationId }: Pick<WatchNames, 'operationId'>): Message {
  return buildMessage(inline`No longer watching ${code(operationId)}: it hasn’t ended after a week.`);
}

function statusText({ status, operation }: Diagnosis): InlineText {
  const { endedAt, progressPercent, progressStep } = operation;
  if (endedAt !== null) return [`${status}, `, time(endedAt)];
  const parts = [progressPercent === null ? '' : percent(progressPercent), oneLine(progressStep ?? '')];
  const progress = parts.filter((text) => text !== '').join(', ');
  return [progress === '' ? status : `${status}, ${shortLine(progress, 160)}`];
}

/** A mention in rich text is the one form that cannot come from input. */
function notification(userId: string, operationId: string, diagnosis: Diagnosis): Message {
  const { status } = diagnosis;
  const end = status === 'unknown' ? 'can no longer be watched' : `has ended: ${status}`;
  return {
    text: `<@${userId}> ${literal(operationId, 150)} ${end}. ${mrkdwnHeadline(diagnosis, 400)}`,
    blocks: blocksOf(prose([person(userId), ' ', code(plain(operationId, 150) || '–'), ` ${end}.`]), []),
  };
}

function stopButton(watchId: string): Button {
  return button('Stop watching', 'stop_watch', watchId);
}
