/** Installing the app by OAuth, and tokens that expire, are renewed once, and end when the app is removed. */
import { type JsonObject, stringOf } from '../../json.ts';
import type { Team } from '../../state/model.ts';
import { APP_ID } from '../../state/objects.ts';
import type { Store } from '../../state/store.ts';
import { fail, ok } from '../method.ts';

export interface OAuth {
  readonly clientId: string;
  readonly clientSecret: string;
  /** What a person does who presses “Allow” on the page behind `authorizeUrl`: the query with which Slack sends them back. */
  approve(
    authorizeUrl: string,
    teamId: string,
    userId: string,
    options?: { readonly forOrganisation?: string },
  ): URLSearchParams;
  /** For tokens from now on; null: they do not expire. */
  setTokenLife(seconds: number | null): void;
  /** Every bot token that the team ever had, oldest first. */
  tokensOf(teamId: string): readonly string[];
  /** Calls that were made with the token. */
  uses(token: string): number;
  /** As if its time had come. */
  expire(token: string): void;
  uninstall(teamId: string): void;
  /** `oauth.v2.access`, which takes no token. */
  access(args: JsonObject): JsonObject;
  /** Null for a token that was not granted here. */
  use(token: string): { readonly team: Team } | { readonly error: string } | null;
  /** False when there is no such token. */
  revoke(token: string): boolean;
}

interface Grant {
  readonly team: Team;
  readonly userId: string;
  /** Set: the app is installed for this whole organisation. */
  readonly organisation: string | null;
}

interface Token extends Grant {
  /** Milliseconds; null: never. */
  expiresAt: number | null;
  isRevoked: boolean;
  uses: number;
}

const CODE_LIFE_MS = 10 * 60_000;
/** An access token goes on for a while beside the one that replaces it, but never more than two. */
const LIVE_TOKENS = 2;

const CLIENT = { clientId: '1234.5678', clientSecret: 'fake-client-secret' };

export function createOAuth(store: Store): OAuth {
  const codes = new Map<string, Grant & { readonly issuedAt: number }>();
  const tokens = createTokens(store);

  function exchangeCode(code: string): JsonObject {
    const grant = codes.get(code);
    if (grant === undefined) return fail('invalid_code');
    codes.delete(code);
    return store.now() - grant.issuedAt > CODE_LIFE_MS ? fail('code_expired') : answer(grant, tokens.issue(grant));
  }

  function renew(refreshToken: string): JsonObject {
    const grant = tokens.takeRefreshToken(refreshToken);
    return grant === null ? fail('invalid_refresh_token') : answer(grant, tokens.issue(grant));
  }

  return {
    ...CLIENT,
    approve(authorizeUrl, teamId, userId, { forOrganisation } = {}) {
      const asked = new URL(authorizeUrl).searchParams;
      const team = store.teams.find(({ id }) => id === teamId);
      if (team === undefined) throw new Error(`There is no team ${teamId}.`);
      if (asked.get('client_id') !== CLIENT.clientId) throw new Error('Slack shows: invalid client_id.');
      const unknown = (asked.get('scope') ?? '').split(',').filter((scope) => !team.scopes.includes(scope));
      if (unknown.length > 0) throw new Error(`Slack shows: invalid scope ${unknown.join(', ')}.`);
      const code = crypto.randomUUID();
      codes.set(code, { team, userId, organisation: forOrganisation ?? null, issuedAt: store.now() });
      return new URLSearchParams({ code, state: asked.get('state') ?? '' });
    },
    access(args) {
      if (args['client_id'] !== CLIENT.clientId) return fail('invalid_client_id');
      if (args['client_secret'] !== CLIENT.clientSecret) return fail('bad_client_secret');
      if (args['grant_type'] === 'refresh_token') return renew(stringOf(args['refresh_token']));
      return exchangeCode(stringOf(args['code']));
    },
    ...tokens.controls,
  };
}

type TokenControls = Pick<OAuth, 'setTokenLife' | 'tokensOf' | 'uses' | 'expire' | 'uninstall' | 'use' | 'revoke'>;

interface Tokens {
  /** The token fields of the answer to `oauth.v2.access`. */
  issue(grant: Grant): JsonObject;
  /** What the token renews, or null; it works once. */
  takeRefreshToken(refreshToken: string): Grant | null;
  readonly controls: TokenControls;
}

function createTokens(store: Store): Tokens {
  const tokens = new Map<string, Token>();
  const refreshTokens = new Map<string, Grant>();
  let lifeS: number | null = 43_200;
  let count = 0;

  function tokensOf(teamId: string): readonly string[] {
    return [...tokens].filter(([, { team }]) => team.id === teamId).map(([name]) => name);
  }

  function revoke(token: string): boolean {
    const known = tokens.get(token);
    if (known !== undefined) known.isRevoked = true;
    return known !== undefined;
  }

  function issue(grant: Grant): JsonObject {
    count += 1;
    const { id } = grant.team;
    const token = `${lifeS === null ? 'xoxb-' : 'xoxe.xoxb-1-'}${id}-${count}`;
    const expiresAt = lifeS === null ? null : store.now() + lifeS * 1000;
    tokens.set(token, { ...grant, expiresAt, isRevoked: false, uses: 0 });
    const live = tokensOf(id).filter((name) => tokens.get(name)?.isRevoked === false);
    for (const old of live.slice(0, -LIVE_TOKENS)) revoke(old);
    if (lifeS === null) return { access_token: token, token_type: 'bot' };
    const refreshToken = `xoxe-1-${id}-${count}`;
    refreshTokens.set(refreshToken, grant);
    return { access_token: token, token_type: 'bot', refresh_token: refreshToken, expires_in: lifeS };
  }

  function takeRefreshToken(refreshToken: string): Grant | null {
    const grant = refreshTokens.get(refreshToken) ?? null;
    refreshTokens.delete(refreshToken);
    return grant;
  }

  const controls: TokenControls = {
    setTokenLife(seconds) {
      lifeS = seconds;
    },
    tokensOf,
    uses: (token) => tokens.get(token)?.uses ?? 0,
    expire(token) {
      const known = tokens.get(token);
      if (known !== undefined) known.expiresAt = store.now();
    },
    uninstall(teamId) {
      for (const token of tokensOf(teamId)) revoke(token);
      for (const [refreshToken, { team }] of refreshTokens) if (team.id === teamId) refreshTokens.delete(refreshToken);
    },
    use(token) {
      const known = tokens.get(token);
      if (known === undefined) return null;
      known.uses += 1;
      if (known.isRevoked) return { error: 'token_revoked' };
      if (known.expiresAt !== null && known.expiresAt <= store.now()) return { error: 'token_expired' };
      return { team: known.team };
    },
    revoke,
  };
  return { issue, takeRefreshToken, controls };
}

/** The answer to `oauth.v2.access`. */
function answer({ team, userId, organisation }: Grant, issued: JsonObject): JsonObject {
  return ok({
    app_id: APP_ID,
    authed_user: { id: userId },
    scope: team.scopes.join(','),
    bot_user_id: team.botUserId,
    ...issued,
    team: organisation === null ? { id: team.id, name: team.name } : null,
    enterprise: organisation === null ? null : { id: organisation, name: 'Organisation' },
    is_enterprise_install: organisation !== null,
  });
}
