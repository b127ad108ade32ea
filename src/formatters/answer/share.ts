/** An answer shown elsewhere: in another channel, and below a link. */
import type { KnownBlock } from '@slack/types';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { contextBlock, lineBlock, mrkdwnElement } from '../blocks/blocks.ts';
import { buildMessage, questionButtons } from '../blocks/build-message.ts';
import { cut, shortLine } from '../blocks/mrkdwn.ts';
import { channel, code, dotted, inline, link, person, prose, strongSentences } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';
import { hostsOf } from '../links.ts';
import type { Message } from '../message.ts';

import { mainFinding } from './fix.ts';
import { CONFIDENCE_WORDS, typeName } from './summary.ts';

export interface Shared {
  /** Operation ID, or trace ID of a rejected start. */
  readonly name: string;
  readonly headline: string;
  /** User ID. */
  readonly by: string;
  /** Its thread; null when others cannot read it. */
  readonly url: string | null;
  readonly question: string;
}

export function formatShared({ name, headline, by, url, question }: Shared): Message {
  const thread = url === null ? [] : [' · ', link('open thread', url)];
  return buildMessage(strongSentences(shortLine(headline, 400)), {
    hosts: hostsOf([{ url }]),
    blocks: [prose(inline`${code(cut(name, 150))}${thread} · shared by ${person(by)}`)],
    buttons: questionButtons('Diagnose here', 'run_again_below', question),
  });
}

export function formatSharing(to: string): Message {
  return buildMessage(
    inline`Sharing to ${channel(to)}. If ktrdr-bot can’t post there, you’ll get a direct message that explains why.`,
  );
}

/** The answer was given in a place that some people in the selected channel can't read. */
export function formatNotShared(name: string): Message {
  return buildMessage(
    inline`Not everyone in that channel can read the original diagnosis. Run this there instead: ${code(`/ktrdr diagnose ${cut(name, 150)}`)}`,
  );
}

/** The preview below a link: the answer in two lines. Rich text breaks previews, so there is none. */
export function formatPreview(uncleaned: Diagnosis, redact: readonly RegExp[]): readonly KnownBlock[] {
  const diagnosis = cleanDiagnosis(uncleaned, redact);
  const main = mainFinding(diagnosis);
  const { durationMs } = diagnosis.operation;
  const facts = dotted([
    [typeName(diagnosis.operationType), diagnosis.status === 'unknown' ? '' : ` ${diagnosis.status}`],
    durationMs === null ? [] : [formatDuration(durationMs)],
    diagnosis.operationId === null ? [] : [code(diagnosis.operationId)],
    main === null ? [] : [CONFIDENCE_WORDS[main.confidence]],
    ['Details: ', code('/ktrdr diagnose'), ' with this link'],
  ]);
  return [lineBlock(strongSentences(shortLine(diagnosis.headline, 400))), contextBlock(mrkdwnElement(facts))];
}
