/** The memory of the process that takes requests: see `own-requests.ts`. */
import type { Logger } from 'pino';
import type { Message } from '../../formatters/message.ts';
import { withdrawQuestion } from '../answer/requests-queue.ts';
import { saveLostOutbox } from '../deliver/outbox.ts';
import { deliver, readWanted } from '../deliver/wanted.ts';
import type { QueueClient } from '../queue/queues.ts';
import { type DiagnoseRequest, diagnoseRequestSchema } from '../requests.ts';
import { createOwnRequests, type OwnRequests } from './own-requests.ts';
import { resumeRequest } from './resume.ts';

export interface IntakeOptions {
  readonly front: QueueClient;
  isUnknown(error: unknown): boolean;
  placeholder(request: DiagnoseRequest): Message;
  readonly log: Logger;
  readonly checkMs?: number;
  readonly now?: () => number;
}

export function createIntake({ front, placeholder, ...options }: IntakeOptions): OwnRequests {
  const { store } = front;
  return createOwnRequests({
    ...options,
    store,

    async restore(request, wasTaken) {
      if (wasTaken) await saveLostOutbox(store, request, request.askedAtMs);
      await resumeRequest(front, request);
    },

    withdraw: (request) => withdrawQuestion(front, request),

    // Nobody works on it yet. A worker shows its progress itself.
    async onQuiet({ requestId, job }) {
      const question = diagnoseRequestSchema.safeParse(job?.data).data;
      if (question === undefined || question.isQuiet === true) return;
      if ((await readWanted(store, requestId)) !== null) return;
      await deliver(front, question, 'placeholder', { summary: placeholder(question), thread: [] });
    },
  });
}
