/** What stands in the place of an answer until there is one, or when there will be none. */
import type { RichTextElement } from '@slack/types';
import type { Subject } from '../diagnosis/case.ts';
import { operationNoun } from '../diagnosis/words.ts';
import { cleanText } from './clean.ts';
import type { Message } from './message.ts';
import * as mrkdwn from './mrkdwn.ts';

export function formatQueued(subject: Subject): Message {
  return notice('Queued: diagnosis of ', subject, '. The answer will replace this message.');
}

export function formatReading(subject: Subject): Message {
  return notice('Reading traces of ', subject, '. The answer will replace this message.');
}

/** No answer will come. `reference` finds the entry in the log; `reason` is one plain sentence, or null when only the log knows. */
export function formatFailure(subject: Subject, reference: string, reason: string | null = null): Message {
  const why = reason === null ? '' : ` ${mrkdwn.cut(mrkdwn.oneLine(cleanText(reason)), 500)}`;
  const id = mrkdwn.cut(mrkdwn.oneLine(cleanText(reference)), 100);
  return notice(
    'Could not answer for ',
    subject,
    `.${why} Ask again, or give the reference ${id} to whoever runs the bot.`,
  );
}

/** Rich text like the answer, because Slack refuses to replace a message with rich text by one without. */
function notice(before: string, subject: Subject, after: string): Message {
  const { words, id } = nameOf(subject);
  const elements: RichTextElement[] = [
    { type: 'text', text: before + words },
    ...(id === null
      ? []
      : [{ type: 'text', text: mrkdwn.plain(id, 200) || '(empty)', style: { code: true } } as const]),
    { type: 'text', text: mrkdwn.plain(after, 900) },
  ];
  return {
    text: `${before}${mrkdwn.literal(words, 100)}${id === null ? '' : mrkdwn.code(id, 250)}${mrkdwn.literal(after, 900)}`,
    blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }],
  };
}

function nameOf(subject: Subject): { readonly words: string; readonly id: string | null } {
  switch (subject.kind) {
    case 'operation':
      return { words: '', id: mrkdwn.oneLine(cleanText(subject.operationId)) };
    case 'trace':
      return { words: 'trace ', id: mrkdwn.oneLine(cleanText(subject.traceId)) };
    case 'last':
      return { words: `the newest ${mrkdwn.plain(operationNoun(subject.type), 40)}`, id: null };
  }
}
