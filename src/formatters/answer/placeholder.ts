/** What is shown in place of an answer until there is one, or when there will be none. */
import type { Subject, Symptoms } from '../../diagnosis/case.ts';
import { cleanText } from '../../diagnosis/clean.ts';
import { operationNoun } from '../../diagnosis/words.ts';
import { formatDuration } from '../../language/durations.ts';
import { percent } from '../../language/numbers.ts';
import { buildMessage, button, questionButtons } from '../blocks/build-message.ts';
import { cut, shortLine } from '../blocks/mrkdwn.ts';
import { code, type InlineText, inline, person } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

export function formatQueued(subject: Subject, requestId: string): Message {
  return waiting(inline`Queued: diagnosis of ${nameOf(subject)}`, requestId);
}

export function formatReading(subject: Subject, requestId: string): Message {
  return waiting(inline`Reading traces of ${nameOf(subject)}`, requestId);
}

/** Replaces the placeholder when a user cancels. The user is mentioned, because an edit notifies no one. */
export function formatCancelled(subject: Subject, symptom: Symptoms | null, userId: string, afterMs: number): Message {
  const question = JSON.stringify({ subject, symptom });
  const after = formatDuration(afterMs);
  return buildMessage(
    inline`Cancelled by ${person(userId)} after ${after}. The request was about ${nameOf(subject)}.`,
    { buttons: questionButtons('Check again', 'run_again', question) },
  );
}

/** No answer will come. `reference` finds the entry in the log; `reason` is one plain sentence, or null when only the log knows. */
export function formatFailure(subject: Subject, reference: string, reason: string | null = null): Message {
  const why = reason === null ? '' : ` ${shortLine(cleanText(reason), 500)}`;
  const id = shortLine(cleanText(reference), 100);
  return buildMessage(
    inline`Could not answer the request about ${nameOf(subject)}.${why} Try again, or send the reference ${id} to your ktrdr-bot admin.`,
  );
}

/** The button carries only the ID of the request that it ends: everything else is looked up. */
function waiting(what: InlineText, requestId: string): Message {
  return buildMessage(inline`${what}. This message will update with the result.`, {
    buttons: [button('Cancel', 'cancel', requestId)],
  });
}

function nameOf(subject: Subject): InlineText {
  switch (subject.kind) {
    case 'operation':
      return [codeOf(subject.operationId)];
    case 'trace':
      return ['trace ', codeOf(subject.traceId)];
    case 'last':
      return [
        subject.percent === undefined ? 'the latest ' : '',
        cut(operationNoun(subject.type), 40),
        subject.percent === undefined ? '' : ` at ${percent(subject.percent)}`,
      ];
  }
}

function codeOf(id: string) {
  return code(shortLine(cleanText(id), 200) || '(empty)');
}
