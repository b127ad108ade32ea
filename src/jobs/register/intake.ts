/** The memory of the process that takes requests: see `own-requests.ts`. */
import type { Logger } from 'pino';
import { formatAhead } from '../../formatters/answer/undelivered.ts';
import type { Message } from '../../formatters/message.ts';
import { formatLookingAgain } from '../../formatters/reports/earlier-answers.ts';
import { questionOf, withdrawQuestion } from '../answer/requests-queue.ts';
import { saveLostOutbox } from '../deliver/outbox.ts';
import { deliver, readWanted } from '../deliver/wanted.ts';
import type { Chat } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import type { DiagnoseRequest } from '../requests.ts';
import { laneOf } from './open-requests.ts';
import { createOwnRequests, type OwnRequests } from './own-requests.ts';
import { resumeRequest } from './resume.ts';

export interface IntakeOptions {
  readonly front: QueueClient;
  isUnknown(error: unknown): boolean;
  placeholder(request: DiagnoseRequest): Message;
  readonly respond: Chat['respond'];
  readonly log: Logger;
  readonly checkMs?: number;
  readonly now?: () => number;
}

/** Larger numbers aren't distinguished. */
const MAX_AHEAD = 100;

export function createIntake({ front, placeholder, respond, ...options }: IntakeOptions): OwnRequests {
  const { store } = front;
  return createOwnRequests({
    ...options,
    store,

    async restore(request, wasTaken) {
      if (wasTaken) await saveLostOutbox(store, request, request.askedAtMs);
      await resumeRequest(front, request);
    },

    withdraw: (request) => withdrawQuestion(front, request),

    async onQuiet(request) {
      const { requestId, place } = request;
      const question = questionOf(request);
      if (question === null || question.isQuiet === true) return;
      const lane = await store.ranked(laneOf(place), { limit: MAX_AHEAD });
      const ahead = lane.findIndex(({ member }) => member === requestId);
      if (ahead > 0) {
        if (place.responseUrl !== null) await respond(place.responseUrl, formatAhead(ahead));
        return;
      }
      // The clicked message's content is more useful than a placeholder.
      if (place.messageTs !== null && place.responseUrl !== null) {
        await respond(place.responseUrl, formatLookingAgain(null));
        return;
      }
      // A worker shows its progress itself.
      if ((await readWanted(store, requestId)) !== null) return;
      await deliver(front, question, 'placeholder', { summary: placeholder(question), thread: [] });
    },
  });
}
