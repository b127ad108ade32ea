/** The message of a watch: edited while the operation goes on, and at the end one notification. */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { percent } from '../../language/numbers.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, literal, oneLine, plain } from '../blocks/mrkdwn.ts';
import { code, type InlineText, sentences, strongSentences, time, wordsAsText } from '../blocks/text-block.ts';
import type { Answer, Message } from '../message.ts';

export interface WatchNames {
  readonly watchId: string;
  readonly operationId: string;
  readonly userId: string;
}

/** What a button may carry, far below Slack's own limit. */
const LONGEST_VALUE = 600;

export function formatWatchStarted({ watchId, operationId }: WatchNames): Message {
  return buildMessage(
    ['Watching ', code(operationId), '. This message tells how it goes; you are told once when it ends.'],
    {
      buttons: [stopButton(watchId)],
    },
  );
}

/** `next` is when it is looked at again (ISO 8601). */
export function formatWatching({ watchId, operationId }: WatchNames, diagnosis: Diagnosis, next: string): Message {
  return buildMessage(['Watching ', code(operationId), ': ', ...statusWords(diagnosis), '.'], {
    blocks: [
      { kind: 'prose', words: sentences(cut(oneLine(diagnosis.headline), 400)) },
      { kind: 'note', words: ['Next look: ', time(next)] },
    ],
    buttons: [stopButton(watchId)],
  });
}

/** The end: the message says how, and its thread tells the one who asked. */
export function formatWatchEnded({ operationId, userId }: WatchNames, diagnosis: Diagnosis): Answer {
  const headline = cut(oneLine(diagnosis.headline), 400);
  const question = JSON.stringify({ subject: { kind: 'operation', operationId }, symptom: null });
  const summary = buildMessage(['Watched ', code(operationId), ' to its end: ', ...statusWords(diagnosis), '.'], {
    blocks: [{ kind: 'prose', words: strongSentences(headline) }],
    buttons: question.length > LONGEST_VALUE ? [] : [button('Diagnose it', 'run_again_below', question)],
  });
  return { summary, thread: [{ slot: 'notification', message: notification(userId, operationId, diagnosis) }] };
}

export function formatWatchStopped({ operationId }: Pick<WatchNames, 'operationId'>): Message {
  return buildMessage(['No longer watching ', code(operationId), '.']);
}

export function formatWatchExpired({ operationId }: Pick<WatchNames, 'operationId'>): Message {
  return buildMessage(['No longer watching ', code(operationId), ': it has not ended for a week.']);
}

function statusWords({ status, operation }: Diagnosis): InlineText {
  const { endedAt, progressPercent, progressStep } = operation;
  if (endedAt !== null) return [`${status}, `, time(endedAt)];
  const progress = [progressPercent === null ? '' : percent(progressPercent), oneLine(progressStep ?? '')];
  const said = progress.filter((text) => text !== '').join(', ');
  return [said === '' ? status : `${status}, ${cut(said, 160)}`];
}

/** A mention in rich text is the one form that cannot come from input. */
function notification(userId: string, operationId: string, diagnosis: Diagnosis): Message {
  const { status } = diagnosis;
  const end = status === 'unknown' ? 'cannot be followed any further' : `has ended: ${status}`;
  return {
    text: `<@${userId}> ${literal(operationId, 150)} ${end}. ${literal(wordsAsText(sentences(oneLine(diagnosis.headline))), 400)}`,
    blocks: [
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_section',
            elements: [
              { type: 'user', user_id: userId },
              { type: 'text', text: ' ' },
              { type: 'text', text: plain(operationId, 150) || '–', style: { code: true } },
              { type: 'text', text: ` ${end}.` },
            ],
          },
        ],
      },
    ],
  };
}

function stopButton(watchId: string) {
  return button('Stop watching', 'stop_watch', watchId);
}
