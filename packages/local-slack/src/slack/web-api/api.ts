import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSocketMode, type SocketMode } from '../delivery/socket-mode.ts';
import type { JsonObject } from '../json.ts';
import { APP_ID } from '../state/objects.ts';
import type { Store } from '../state/store.ts';
import { answerJson, readArguments, readBytes, readUpload } from './body.ts';
import { callMethod, type Outcome, okStatus, tooMany } from './call-method.ts';
import { createFaults, type Fault, type Faults } from './faults.ts';
import { fail } from './method.ts';
import { receiveUpload } from './methods/files.ts';
import { createOAuth, type OAuth } from './methods/oauth.ts';
import { type CallsPerMinute, createRateMeter, type RateMeter } from './rate-limits.ts';
import { createResponseUrls, type ResponseUrls } from './response-urls.ts';
import { createTriggers, type Triggers } from './triggers.ts';

/** One request by the app. */
export interface JournalEntry {
  /** A Web API method, `response_url` or `upload`. */
  readonly method: string;
  /** Nested arguments as they came: JSON text in a form. */
  readonly args: JsonObject;
  readonly teamId: string | null;
  /** Milliseconds. */
  readonly at: number;
  readonly status: number;
  readonly answer: JsonObject;
  readonly warnings: readonly string[];
  readonly fault: Fault | null;
}

export interface Api {
  readonly appToken: string;
  readonly journal: readonly JournalEntry[];
  readonly faults: Faults;
  readonly rates: RateMeter;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly socketMode: SocketMode;
  readonly oauth: OAuth;
  /** False when the path is none of Slack's. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  revoke(token: string): void;
  isBusy(): boolean;
  lastRequestAt(): number;
}

/** Everything that the app can call: the Web API, response addresses, and the upload address. */
export function createApi({
  store,
  origin,
  rateLimits = 'measure',
  permalinkBase = 'slack.com',
  fileProcessingMs = 0,
  perMinute = {},
  mostPerPage = 1_000,
  journalLength = Number.POSITIVE_INFINITY,
}: {
  readonly store: Store;
  readonly origin: string;
  readonly rateLimits?: 'measure' | 'enforce';
  readonly permalinkBase?: 'self' | 'slack.com';
  readonly fileProcessingMs?: number;
  readonly perMinute?: CallsPerMinute;
  readonly mostPerPage?: number;
  readonly journalLength?: number;
}): Api {
  const appToken = 'xapp-fake-app-token';
  const journal: JournalEntry[] = [];
  const faults = createFaults();
  const rates = createRateMeter(store.now, perMinute);
  const triggers = createTriggers(store.now);
  const responseUrls = createResponseUrls(store, origin);
  const socketMode = createSocketMode(APP_ID);
  const oauth = createOAuth(store);
  const revoked = new Set<string>();
  const base = { store, origin, appToken, triggers, rates, oauth, socketMode, revoked };
  const caller = { ...base, rateLimits, permalinkBase, fileProcessingMs, mostPerPage };
  let busy = 0;
  let lastRequestAt = Date.now();

  async function receive(method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await readBytes(request);
    const path = new URL(request.url ?? '', origin);
    const read = method === 'upload' ? { args: {} } : await readArguments(request, bytes);
    const args = 'args' in read ? read.args : {};
    const fault = faults.take(method, args);

    async function run(): Promise<Outcome> {
      if ('error' in read) return okStatus(fail(read.error));
      if (method === 'upload') return receiveUpload(store, path, await readUpload(request, bytes));
      if (method === 'response_url') return postToResponseUrl(responseUrls, path.pathname, args);
      return callMethod(caller, method, args, request.headers.authorization ?? '');
    }

    const outcome = fault === null ? await run() : await withFault(fault, run);
    const { teamId = null, status = 0, body: answer = {}, warnings = [] } = outcome ?? {};
    journal.push({ method, args, teamId, at: store.now(), status, answer, warnings, fault });
    if (journal.length > journalLength) journal.shift();
    if (outcome === null) request.socket.destroy();
    else answerJson(response, outcome.status, outcome.body, outcome.headers);
  }

  return {
    appToken,
    journal,
    faults,
    rates,
    triggers,
    responseUrls,
    socketMode,
    oauth,
    handle(request, response) {
      const method = methodOf(request);
      if (method === null) return false;
      busy += 1;
      receive(method, request, response)
        .catch((error: unknown) => {
          answerJson(response, 500, { ok: false, error: 'fatal_error', detail: String(error) });
        })
        .finally(() => {
          busy -= 1;
          lastRequestAt = Date.now();
        });
      return true;
    },
    revoke: (token) => void revoked.add(token),
    isBusy: () => busy > 0,
    lastRequestAt: () => lastRequestAt,
  };
}

function postToResponseUrl(responseUrls: ResponseUrls, path: string, args: JsonObject): Outcome {
  const warnings: string[] = [];
  const answer = responseUrls.post(path, args, (text) => void warnings.push(text));
  return { ...answer, warnings };
}

function methodOf(request: IncomingMessage): string | null {
  const [, part, name = ''] = new URL(request.url ?? '', 'http://localhost').pathname.split('/');
  if (part === 'api') return name;
  if (request.method !== 'POST') return null;
  return part === 'response' ? 'response_url' : part === 'upload' ? 'upload' : null;
}

/** Null: the connection breaks. */
async function withFault(fault: Fault, run: () => Promise<Outcome>): Promise<Outcome | null> {
  if (fault.kind === 'rate-limited') return tooMany(fault.retryAfterS);
  if (fault.kind === 'error') return okStatus(fail(fault.error));
  if (fault.kind === 'slow') {
    const early = fault.when === 'before' ? null : await run();
    await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    return early ?? run();
  }
  if (fault.kind === 'held') {
    const outcome = await run();
    await fault.until;
    return outcome;
  }
  if (fault.when === 'after') await run();
  return fault.kind === 'reset' ? null : { status: fault.status, body: { ok: false, error: 'internal_error' } };
}
