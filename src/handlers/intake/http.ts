import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type App, HTTPModuleFunctions, type Receiver } from '@slack/bolt';
import type { Logger } from 'pino';
import { boltLog } from './bolt-log.ts';
import { MalformedPayload } from './payload.ts';
import { createRateLimitNotices } from './rate-limit-notice.ts';

export const SLACK_PATH = '/slack/events';
const SIGNATURE_AGE_S = 300;
const BODY_LIMIT_BYTES = 1024 * 1024;

/**
 * Bolt's own `HTTPReceiver` reads and processes a request in a promise that nothing awaits, so a signed body such as `null`
 * would crash the process. This one uses Bolt's parts and answers every request.
 */
export function createHttpIntake(
  signingSecret: string,
  log: Logger,
): { readonly receiver: Receiver; readonly listener: RequestListener } {
  let app: App | null = null;
  const isRateLimitNotice = createRateLimitNotices(log);

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verified = await verify(request, signingSecret, log);
    if (typeof verified === 'number') return answer(response, verified);
    const body = bodyOf(verified);
    if (body['ssl_check'] === '1') return answer(response, 200);
    if (body['type'] === 'url_verification') return HTTPModuleFunctions.buildUrlVerificationResponse(response, body);
    if (isRateLimitNotice(body)) return answer(response, 200);
    let acknowledgement: unknown = '';
    await app?.processEvent({
      body,
      async ack(content) {
        acknowledgement = content ?? '';
      },
      ...retryOf(verified),
    });
    // The response waits for the listener, so that a failure becomes a status that makes Slack redeliver.
    HTTPModuleFunctions.buildContentResponse(response, acknowledgement);
  }

  function answerError(response: ServerResponse, error: unknown): void {
    if (error instanceof MalformedPayload) log.warn({ reason: error.message, err: error.cause }, 'malformed request');
    if (response.headersSent) response.destroy();
    else if (error instanceof MalformedPayload) answer(response, 400, error.message);
    // `app.error` has logged it already.
    else answer(response, 500);
  }

  return {
    receiver: {
      init(bolt) {
        app = bolt;
      },
      start: async () => undefined,
      stop: async () => undefined,
    },
    listener(request, response) {
      if (request.url?.split('?', 1)[0] !== SLACK_PATH) answer(response, 404);
      else if (request.method !== 'POST') answer(response.setHeader('allow', 'POST'), 405);
      else if (isFromTheFuture(request)) answer(response, 401);
      else receive(request, response).catch((error: unknown) => answerError(response, error));
    },
  };
}

type Verified = Awaited<ReturnType<typeof HTTPModuleFunctions.parseAndVerifyHTTPRequest>>;

/** The request with its body, or the status of the rejection. */
async function verify(request: IncomingMessage, signingSecret: string, log: Logger): Promise<Verified | number> {
  try {
    const options = { signingSecret, bodyLimit: BODY_LIMIT_BYTES, logger: boltLog(log) };
    return await HTTPModuleFunctions.parseAndVerifyHTTPRequest(options, request);
  } catch (error) {
    const isTooLarge = HTTPModuleFunctions.isRawBodyError(error) && error.statusCode === 413;
    log.warn({ reason: String(error) }, 'a request was refused');
    return isTooLarge ? 413 : 401;
  }
}

function bodyOf(request: Verified): Record<string, unknown> {
  let body: unknown;
  try {
    body = HTTPModuleFunctions.parseHTTPRequestBody(request);
  } catch {
    // Without the cause: its message quotes the body.
    throw new MalformedPayload('The body isn’t JSON.');
  }
  const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
  const form = new URLSearchParams(isForm ? request.rawBody.toString() : '');
  // With one field `payload` the body is the JSON in it. Slack never repeats a field, and no listener expects a list.
  const names = form.getAll('payload').length === 1 ? [] : [...form.keys()];
  if (new Set(names).size < names.length) throw new MalformedPayload('The form has a repeated field.');
  if (!isObject(body)) throw new MalformedPayload('The payload isn’t a JSON object.');
  return body;
}

function retryOf({ headers }: IncomingMessage): { retryNum?: number; retryReason?: string } {
  const { 'x-slack-retry-num': count, 'x-slack-retry-reason': reason } = headers;
  return {
    ...(typeof count === 'string' && { retryNum: Number(count) }),
    ...(typeof reason === 'string' && { retryReason: reason }),
  };
}

/** Bolt rejects only old signatures. One with a future date could be replayed until that date. */
function isFromTheFuture(request: IncomingMessage): boolean {
  return Number(request.headers['x-slack-request-timestamp']) > Date.now() / 1000 + SIGNATURE_AGE_S;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function answer(response: ServerResponse, status: number, sentence = ''): void {
  response.writeHead(status, sentence === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }).end(sentence);
}
