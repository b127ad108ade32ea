import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import type { Logger } from 'pino';
import { boltLog } from './bolt-log.ts';

export const SLACK_PATH = '/slack/events';
const SIGNATURE_AGE_S = 300;
const BODY_LIMIT_BYTES = 1024 * 1024;

export interface HttpIntake {
  readonly receiver: HTTPReceiver;
  /** Serves `POST /slack/events`; the server itself is the caller's, who has other pages to serve. */
  readonly listener: RequestListener;
}

export function createHttpIntake(signingSecret: string, log: Logger): HttpIntake {
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: SLACK_PATH,
    // The answer waits for the listener, so that a failing one becomes a status that makes Slack deliver again.
    processBeforeResponse: true,
    bodyLimit: BODY_LIMIT_BYTES,
    logger: boltLog(log),
    // `app.error` has logged it already.
    processEventErrorHandler: async ({ response }) => {
      if (!response.headersSent) answer(response, 500);
      return true;
    },
  });
  return {
    receiver,
    listener(request, response) {
      if (request.url?.split('?', 1)[0] !== SLACK_PATH) answer(response, 404);
      else if (request.method !== 'POST') answer(response.setHeader('allow', 'POST'), 405);
      else if (isFromTheFuture(request)) answer(response, 401);
      else receiver.requestListener(request, response);
    },
  };
}

/** Bolt refuses old signatures only; one dated ahead could be replayed for as long. */
function isFromTheFuture(request: IncomingMessage): boolean {
  return Number(request.headers['x-slack-request-timestamp']) > Date.now() / 1000 + SIGNATURE_AGE_S;
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
