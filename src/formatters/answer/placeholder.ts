/** What stands in the place of an answer until there is one, or when there will be none. */
import type { Subject, Symptom } from '../../diagnosis/case.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, oneLine, plain } from '../blocks/mrkdwn.ts';
import { code, type InlineText, person } from '../blocks/text-block.ts';
import { cleanText } from '../clean.ts';
import type { Message } from '../message.ts';

/** What a button may carry, far below Slack's own limit. */
const LONGEST_VALUE = 600;

export function formatQueued(subject: Subject, requestId: string): Message {
  return waiting(['Queued: diagnosis of ', ...nameOf(subject)], requestId);
}

export function formatReading(subject: Subject, requestId: string): Message {
  return waiting(['Reading traces of ', ...nameOf(subject)], requestId);
}

/** The asker does not want to wait any longer. It replaces what was waited with, and an edit notifies nobody. */
export function formatCancelled(subject: Subject, symptom: Symptom | null, userId: string, afterMs: number): Message {
  const question = JSON.stringify({ subject, symptom });
  const isPlain = plain(cleanText(question), LONGEST_VALUE) === question;
  return buildMessage(
    [
      'Cancelled by ',
      person(userId),
      ` after ${formatDuration(afterMs)}. The question was about `,
      ...nameOf(subject),
      '.',
    ],
    { buttons: isPlain ? [button('Run again', 'run_again', question)] : [] },
  );
}

/** No answer will come. `reference` finds the entry in the log; `reason` is one plain sentence, or null when only the log knows. */
export function formatFailure(subject: Subject, reference: string, reason: string | null = null): Message {
  const why = reason === null ? '' : ` ${cut(oneLine(cleanText(reason)), 500)}`;
  const id = cut(oneLine(cleanText(reference)), 100);
  return buildMessage([
    'Could not answer for ',
    ...nameOf(subject),
    `.${why} Ask again, or give the reference ${id} to whoever runs the bot.`,
  ]);
}

/** The button carries no more than which request it ends: all else is looked up. */
function waiting(what: InlineText, requestId: string): Message {
  return buildMessage([...what, '. The answer comes here.'], {
    buttons: [button('Cancel', 'cancel', requestId)],
  });
}

function nameOf(subject: Subject): InlineText {
  switch (subject.kind) {
    case 'operation':
      return [code(shown(subject.operationId))];
    case 'trace':
      return ['trace ', code(shown(subject.traceId))];
    case 'last':
      return [`the newest ${cut(operationNoun(subject.type), 40)}`];
  }
}

function shown(id: string): string {
  return cut(oneLine(cleanText(id)), 200) || '(empty)';
}
