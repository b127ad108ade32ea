import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, readArguments, readBytes, readUpload } from './body.ts';
import { createFaults, type Fault, type Faults } from './faults.ts';
import { type JsonObject, stringOf } from './json.ts';
import { fail, type Method, ok } from './method.ts';
import { chatMethods } from './methods/chat.ts';
import { conversationMethods } from './methods/conversations.ts';
import { fileMethods } from './methods/files.ts';
import { createOAuth, type OAuth } from './methods/oauth.ts';
import { viewMethods } from './methods/views.ts';
import { workspaceMethods } from './methods/workspace.ts';
import type { Team } from './model.ts';
import { createRateMeter, type RateMeter } from './rate-meter.ts';
import { createResponseUrls, type ResponseUrls } from './response-urls.ts';
import { createSocketMode, type SocketMode } from './socket-mode.ts';
import type { Store } from './store.ts';
import { createTriggers, type Triggers } from './triggers.ts';
import { APP_ID } from './wire.ts';

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

interface Outcome {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly teamId?: string;
  readonly warnings?: readonly string[];
}

const METHODS: Readonly<Record<string, Method>> = {
  ...chatMethods,
  ...conversationMethods,
  ...fileMethods,
  ...viewMethods,
  ...workspaceMethods,
};

/** Everything that the app can call: the Web API, response addresses, and the upload address. */
export function createApi({
  store,
  origin,
  rateLimits = 'measure',
  permalinkBase = 'slack.com',
  fileProcessingMs = 0,
}: {
  readonly store: Store;
  readonly origin: string;
  readonly rateLimits?: 'measure' | 'enforce';
  readonly permalinkBase?: 'self' | 'slack.com';
  readonly fileProcessingMs?: number;
}): Api {
  const appToken = 'xapp-fake-app-token';
  const journal: JournalEntry[] = [];
  const faults = createFaults();
  const rates = createRateMeter(store.now);
  const triggers = createTriggers(store.now);
  const responseUrls = createResponseUrls(store, origin);
  const socketMode = createSocketMode(APP_ID);
  const oauth = createOAuth(store);
  const revoked = new Set<string>();
  let busy = 0;
  let lastRequestAt = Date.now();

  function callMethod(method: string, args: JsonObject, authorization: string): Outcome {
    if (method === 'oauth.v2.access') return okStatus(oauth.access(args));
    const token = authorization.replace(/^Bearer /, '') || stringOf(args['token']);
    if (token === '') return okStatus(fail('not_authed'));
    const granted = oauth.use(token);
    if (granted !== null && 'error' in granted) return okStatus(fail(granted.error));
    const team = granted?.team ?? store.teams.find((candidate) => candidate.botToken === token);
    if (revoked.has(token) || (team === undefined && token !== appToken)) return okStatus(fail('invalid_auth'));
    if (method === 'auth.revoke') return okStatus(ok({ revoked: oauth.revoke(token) }));
    if (method === 'apps.connections.open') {
      if (team !== undefined) return okStatus(fail('not_allowed_token_type'));
      return okStatus(ok({ url: origin.replace('http', 'ws') + socketMode.ticket() }));
    }
    if (team === undefined) return okStatus(fail('not_allowed_token_type'));
    return { ...runMethod(method, args, team), teamId: team.id };
  }

  function runMethod(name: string, args: JsonObject, team: Team): Outcome {
    const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
    if (method === undefined) return okStatus(fail('unknown_method'));
    const { scope } = method;
    if (scope !== null && !team.scopes.includes(scope)) {
      return okStatus({ ...fail('missing_scope'), needed: scope, provided: team.scopes.join(',') });
    }
    const waitS = rates.count(name, team.id, stringOf(args['channel']));
    if (waitS !== null && rateLimits === 'enforce') return tooMany(waitS);
    const warnings: string[] = [];
    const base = permalinkBase === 'self' ? origin : `https://${team.domain}.slack.com`;
    const call = {
      team,
      args,
      store,
      triggers,
      origin,
      fileProcessingMs,
      permalinkBase: base,
      warn: (text: string) => void warnings.push(text),
    };
    const body = method.run(call);
    return { status: 200, body: warnings.length === 0 ? body : { ...body, warning: warnings.join(',') }, warnings };
  }

  async function receive(method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await readBytes(request);
    const path = new URL(request.url ?? '', origin);
    const read = method === 'upload' ? { args: {} } : await readArguments(request, bytes);
    const args = 'args' in read ? read.args : {};
    const fault = faults.take(method, args);

    async function run(): Promise<Outcome> {
      if ('error' in read) return okStatus(fail(read.error));
      if (method === 'upload') return upload(path, await readUpload(request, bytes));
      if (method !== 'response_url') return callMethod(method, args, request.headers.authorization ?? '');
      const warnings: string[] = [];
      const answer = responseUrls.post(path.pathname, args, (text) => void warnings.push(text));
      return { ...answer, warnings };
    }

    const outcome = fault === null ? await run() : await withFault(fault, run);
    journal.push({
      method,
      args,
      teamId: outcome?.teamId ?? null,
      at: store.now(),
      status: outcome?.status ?? 0,
      answer: outcome?.body ?? {},
      warnings: outcome?.warnings ?? [],
      fault,
    });
    if (outcome === null) request.socket.destroy();
    else answerJson(response, outcome.status, outcome.body, outcome.headers);
  }

  function upload(path: URL, bytes: Uint8Array): Outcome {
    const file = store.files.get(path.pathname.split('/').at(-1) ?? '');
    if (file === undefined || file.bytes.length > 0) return { status: 404, body: fail('file_not_found') };
    if (bytes.length !== Number(path.searchParams.get('length'))) return { status: 400, body: fail('invalid_length') };
    store.files.set(file.id, { ...file, bytes });
    return { status: 200, body: ok() };
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
    const outcome = await run();
    await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    return outcome;
  }
  if (fault.when === 'after') await run();
  return fault.kind === 'reset' ? null : { status: fault.status, body: { ok: false, error: 'internal_error' } };
}

function tooMany(seconds: number): Outcome {
  return { status: 429, body: fail('ratelimited'), headers: { 'retry-after': String(seconds) } };
}

function okStatus(body: JsonObject): Outcome {
  return { status: 200, body };
}
