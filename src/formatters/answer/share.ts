/** An answer taken elsewhere: one message in another channel, and the bare id. */
import { blocksOf } from '../blocks/blocks.ts';
import { buildMessage, button } from '../blocks/build-message.ts';
import { cut, literal, oneLine } from '../blocks/mrkdwn.ts';
import { channel, code, person, strongSentences } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';

export interface Shared {
  /** Operation id, or trace id of a refused start. */
  readonly name: string;
  readonly headline: string;
  readonly by: string;
  /** Its thread; null when others cannot read it. */
  readonly url: string | null;
  /** What “Diagnose here” asks. */
  readonly question: string;
}

/** What a button may carry, far below Slack's own limit. */
const LONGEST_VALUE = 600;

/** The point, where the rest stands, and who thought that it matters here. */
export function formatShared({ name, headline, by, url, question }: Shared): Message {
  const hosts = url !== null && URL.canParse(url) ? [new URL(url).host] : [];
  return buildMessage(strongSentences(cut(oneLine(headline), 400)), {
    hosts,
    blocks: [
      {
        kind: 'prose',
        words: [
          code(cut(name, 150)),
          ...(url === null ? [] : [' · ', { kind: 'link', text: 'open the thread', url } as const]),
          ' · shared by ',
          person(by),
        ],
      },
    ],
    buttons: question.length > LONGEST_VALUE ? [] : [button('Diagnose here', 'run_again_below', question)],
  });
}

export function formatSharing(to: string): Message {
  return buildMessage([
    'It goes to ',
    channel(to),
    '. If I may not post there, you get it as a direct message that says what is missing.',
  ]);
}

/** Slack has no clipboard for apps: the text of this message is the id and nothing else, in a block that is copied as a whole. */
export function formatId(name: string): Message {
  return {
    text: literal(oneLine(name), 300) || '–',
    blocks: blocksOf({ kind: 'columns', lines: [oneLine(name)] }, []),
  };
}
