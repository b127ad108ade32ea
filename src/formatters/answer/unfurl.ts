import type { KnownBlock } from '@slack/types';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { formatDuration } from '../../language/durations.ts';
import { mrkdwnOf } from '../blocks/blocks.ts';
import { cut, oneLine } from '../blocks/mrkdwn.ts';
import { code, dotted, strongSentences } from '../blocks/text-block.ts';
import { cleanDiagnosis } from '../clean.ts';
import { mainFinding } from './next-step.ts';
import { CONFIDENCE_WORDS, typeName } from './summary.ts';

/** The preview below a link: the answer in two lines. Rich text breaks previews, so there is none. */
export function formatPreview(found: Diagnosis, redact: readonly RegExp[]): readonly KnownBlock[] {
  const diagnosis = cleanDiagnosis(found, redact);
  const main = mainFinding(diagnosis);
  const { durationMs } = diagnosis.operation;
  const facts = dotted([
    [typeName(diagnosis.operationType), diagnosis.status === 'unknown' ? '' : ` ${diagnosis.status}`],
    durationMs === null ? [] : [formatDuration(durationMs)],
    diagnosis.operationId === null ? [] : [code(diagnosis.operationId)],
    main === null ? [] : [CONFIDENCE_WORDS[main.confidence]],
    ['Details: ', code('/ktrdr diagnose'), ' with this link'],
  ]);
  const headline = strongSentences(cut(oneLine(diagnosis.headline), 400));
  return [
    { type: 'section', text: { type: 'mrkdwn', text: mrkdwnOf(headline, [], 900), verbatim: true } },
    { type: 'context', elements: [{ type: 'mrkdwn', text: mrkdwnOf(facts, [], 900), verbatim: true }] },
  ];
}
