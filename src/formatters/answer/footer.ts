/** The small print below an answer: whose question it answers, and what it was found with. */
import type { KnownBlock } from '@slack/types';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { mrkdwnOf } from '../blocks/blocks.ts';
import { code, dotted, person } from '../blocks/text-block.ts';
import type { Message } from '../message.ts';
import { mainFinding } from './next-step.ts';

export interface Footer {
  readonly diagnosis: Diagnosis;
  readonly userId: string;
  /** Nobody asked: an id was pasted. */
  readonly isPasted: boolean;
  readonly version: string;
}

/**
 * Goes on where the answer says how sure it is and of when, so that it takes no line of its own. Only here the asker is
 * mentioned, to be shown by name: the message is edited into an answer, and an edit notifies nobody.
 */
export function withFooter(summary: Message, { diagnosis, userId, isPasted, version }: Footer): Message {
  const main = mainFinding(diagnosis);
  const traceId = main?.culprit?.traceId ?? diagnosis.traces[0]?.traceId;
  const words = dotted([
    [isPasted ? 'Pasted by ' : 'Asked by ', person(userId)],
    traceId === undefined ? [] : ['trace ', code(traceId)],
    [`analysed in ${formatDuration(diagnosis.analysisMs)}`],
    main === null ? [] : ['rule ', code(main.cause)],
    [`ktrdr-bot ${version}`],
  ]);
  const footer = mrkdwnOf(words, [], 600);
  const at = summary.blocks.findLastIndex(({ type }) => type === 'context');
  const blocks = summary.blocks.map((block, i): KnownBlock => {
    if (i !== at || block.type !== 'context') return block;
    const elements = block.elements.map((one) =>
      one.type === 'mrkdwn' ? { ...one, text: `${one.text} · ${footer}` } : one,
    );
    return { ...block, elements };
  });
  return { text: summary.text, blocks };
}
