/** Requests, a diagnosis and its answer, small enough to read. */
import type { Diagnosis } from '../../../src/diagnosis/finding.ts';
import type { Answer, Message } from '../../../src/formatters/message.ts';
import { createQuestions, type ProgressMessages } from '../../../src/jobs/answer/requests-queue.ts';
import type { QueueClient } from '../../../src/jobs/queue/queues.ts';
import type { DiagnoseRequest, Place, Questions } from '../../../src/jobs/requests.ts';
import { nothingFound } from '../../support/nothing-found.ts';

export const OPERATION = 'op_training_20260109_060025_4183136f';

export function placeIn(channel: string, changes: Partial<Place> = {}): Place {
  const nowhere = { threadTs: null, responseUrl: null, messageTs: null };
  return { teamId: 'T0KTRDR', channel, userId: 'U0ANNA', ...nowhere, ...changes };
}

export function requestFor(requestId: string, changes: Partial<DiagnoseRequest> = {}): DiagnoseRequest {
  const subject = { kind: 'operation' as const, operationId: OPERATION };
  return { requestId, subject, symptom: null, place: placeIn('C0OPS'), askedAt: 1_767_938_425_000_000, ...changes };
}

export function messageOf(text: string): Message {
  const elements = [{ type: 'rich_text_section' as const, elements: [{ type: 'text' as const, text }] }];
  return { text, blocks: [{ type: 'rich_text', elements }] };
}

export function answerOf(text: string, ...details: string[]): Answer {
  return {
    summary: messageOf(text),
    thread: details.map((detail) => ({ slot: detail.split(' ')[0] ?? '', message: messageOf(detail) })),
  };
}

export const messages: ProgressMessages = {
  placeholder: ({ requestId }) => messageOf(`Queued ${requestId}.`),
  phase: ({ requestId }, phase) => messageOf(`Now ${phase} for ${requestId}.`),
  failed: ({ requestId }, reference) => messageOf(`Could not answer ${requestId}; the reference is ${reference}.`),
};

export function diagnosisSaying(headline: string): Diagnosis {
  const ended = { verdict: 'healthy', status: 'completed', statusSource: 'ktrdr-api' } as const;
  return { ...nothingFound, ...ended, operationId: OPERATION, headline, operationType: 'training' };
}

/** What handlers ask with, of a process that remembers nothing: without deliveries no request would ever be closed. */
export function questionsOn(front: QueueClient): Questions {
  return createQuestions(front, { take: (_request, add) => add(), countOf: () => 0, close: () => undefined });
}
