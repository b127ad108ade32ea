import { addQuestion, questionOf } from '../answer/requests-queue.ts';
import { addAction, addDetail } from '../background/background-jobs.ts';
import { nudge } from '../deliver/wanted.ts';
import { BACKGROUND_JOBS, QUESTIONS, type QueueClient, REPORTS } from '../queue/queues.ts';
import { addReport } from '../reports/report-requests.ts';
import { type OpenRequest, openRequest } from './open-requests.ts';

/** Adds the job of an open request again; nothing happens while it is in its queue. Idempotent. */
export async function resumeRequest(client: QueueClient, request: OpenRequest): Promise<void> {
  const { job } = request;
  switch (job?.queue) {
    case QUESTIONS: {
      const question = questionOf(request);
      if (question !== null) await addQuestion(client, request, question);
      return;
    }
    case REPORTS:
      return addReport(client, request);
    case BACKGROUND_JOBS:
      return job.name === 'action' ? addAction(client, request) : addDetail(client, request);
    case undefined:
      await Promise.all([openRequest(client, request), nudge(client, request)]);
  }
}
