/** A call of a Web API method, from its token to its answer. */
import type { SocketMode } from '../delivery/socket-mode.ts';
import { type JsonObject, stringOf } from '../json.ts';
import type { Team } from '../state/model.ts';
import type { Store } from '../state/store.ts';
import { fail, type Method, ok } from './method.ts';
import { chatMethods } from './methods/chat.ts';
import { conversationMethods } from './methods/conversations.ts';
import { fileMethods } from './methods/files.ts';
import type { OAuth } from './methods/oauth.ts';
import { viewMethods } from './methods/views.ts';
import { workspaceMethods } from './methods/workspace.ts';
import type { RateMeter } from './rate-limits.ts';
import type { Triggers } from './triggers.ts';

export interface Outcome {
  readonly status: number;
  readonly body: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly teamId?: string;
  readonly warnings?: readonly string[];
}

export interface Caller {
  readonly store: Store;
  readonly origin: string;
  readonly appToken: string;
  readonly triggers: Triggers;
  readonly rates: RateMeter;
  readonly oauth: OAuth;
  readonly socketMode: SocketMode;
  readonly revoked: ReadonlySet<string>;
  readonly rateLimits: 'measure' | 'enforce';
  readonly permalinkBase: 'self' | 'slack.com';
  readonly fileProcessingMs: number;
  readonly mostPerPage: number;
}

const METHODS: Readonly<Record<string, Method>> = {
  ...chatMethods,
  ...conversationMethods,
  ...fileMethods,
  ...viewMethods,
  ...workspaceMethods,
};

export function callMethod(caller: Caller, method: string, args: JsonObject, authorization: string): Outcome {
  const { oauth, store, appToken } = caller;
  if (method === 'oauth.v2.access') return okStatus(oauth.access(args));
  const token = authorization.replace(/^Bearer /, '') || stringOf(args['token']);
  if (token === '') return okStatus(fail('not_authed'));
  const granted = oauth.use(token);
  if (granted !== null && 'error' in granted) return okStatus(fail(granted.error));
  const team = granted?.team ?? store.teams.find((candidate) => candidate.botToken === token);
  if (caller.revoked.has(token) || (team === undefined && token !== appToken)) return okStatus(fail('invalid_auth'));
  if (method === 'auth.revoke') return okStatus(ok({ revoked: oauth.revoke(token) }));
  if (method === 'apps.connections.open') {
    if (team !== undefined) return okStatus(fail('not_allowed_token_type'));
    return okStatus(ok({ url: caller.origin.replace('http', 'ws') + caller.socketMode.ticket() }));
  }
  if (team === undefined) return okStatus(fail('not_allowed_token_type'));
  const outcome = runMethod(caller, method, args, team);
  return { ...outcome, headers: { 'x-oauth-scopes': team.scopes.join(','), ...outcome.headers }, teamId: team.id };
}

function runMethod(caller: Caller, name: string, args: JsonObject, team: Team): Outcome {
  const { store, triggers, origin, fileProcessingMs, mostPerPage } = caller;
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (method === undefined) return okStatus(fail('unknown_method'));
  const { scope } = method;
  if (scope !== null && !team.scopes.includes(scope)) {
    return okStatus({ ...fail('missing_scope'), needed: scope, provided: team.scopes.join(',') });
  }
  const waitS = caller.rates.count(name, team.id, stringOf(args['channel']));
  if (waitS !== null && caller.rateLimits === 'enforce') return tooMany(waitS);
  const warnings: string[] = [];
  const permalinkBase = caller.permalinkBase === 'self' ? origin : `https://${team.domain}.slack.com`;
  const warn = (text: string) => void warnings.push(text);
  const limits = { fileProcessingMs, mostPerPage };
  const body = method.run({ team, args, store, triggers, origin, ...limits, permalinkBase, warn });
  return { status: 200, body: warnings.length === 0 ? body : { ...body, warning: warnings.join(',') }, warnings };
}

export function tooMany(seconds: number): Outcome {
  return { status: 429, body: fail('ratelimited'), headers: { 'retry-after': String(seconds) } };
}

export function okStatus(body: JsonObject): Outcome {
  return { status: 200, body };
}
