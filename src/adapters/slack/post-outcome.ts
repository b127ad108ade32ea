import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import type { PostOutcome } from '../../jobs/ports.ts';
import { TokenLate, TokenMissing } from './token-errors.ts';

type Failure = Exclude<PostOutcome, { kind: 'sent' }>;

/** The pause after a 429 without `Retry-After`. */
const UNSAID_WAIT_MS = 30_000;

/** What a failed Web API call means for the message; null for errors that are not Slack's, which are bugs. */
export function outcomeOf(error: unknown): Failure | null {
  if (error instanceof TokenMissing) return { kind: 'unauthorised', error: error.reason };
  // Nothing was sent, so the same call can be retried later.
  if (error instanceof TokenLate) return { kind: 'rate-limited', retryAfterMs: error.retryAfterMs };
  if (error instanceof WebAPIRateLimitedError) return rateLimited(error.retryAfter);
  if (error instanceof WebAPIPlatformError) {
    const { response_metadata: metadata } = error.data;
    return outcomeOfCode(error.data.error, metadata?.messages ?? [], metadata?.retryAfter);
  }
  if (error instanceof WebAPIHTTPError) return { kind: 'uncertain', reason: `HTTP status ${error.statusCode}` };
  if (error instanceof WebAPIRequestError) return { kind: 'uncertain', reason: reasonOf(error.original) };
  // The client's answer to a 429 without a readable Retry-After is a plain Error, which has no code, only a message.
  if (error instanceof Error && error.message.startsWith('Retry header did not contain')) return rateLimited(undefined);
  return null;
}

/**
 * Slack's error codes by what can be done about them. An unlisted code is still a definite rejection, so the next way is tried
 * instead of a retry.
 */
export function outcomeOfCode(code: string, details: readonly string[], retryAfterSeconds?: number): Failure {
  if (RATE.has(code)) return rateLimited(retryAfterSeconds);
  if (TRANSIENT.has(code)) return { kind: 'uncertain', reason: code };
  if (GONE.has(code)) return { kind: 'gone', error: code };
  if (AUTHORISATION.has(code)) return { kind: 'unauthorised', error: code };
  if (CONTENT.has(code) || /^(?:invalid_(?:blocks|metadata|attachments)|msg_|metadata_)/.test(code)) {
    return { kind: 'refused-content', error: code, details };
  }
  return { kind: 'no-access', error: code };
}

/** A network error in a few words: the system's code when there is one, without addresses or tokens. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown network error';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no response in time';
  return codeOf(error) ?? codeOf(error.cause) ?? error.name;
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function rateLimited(retryAfterSeconds: number | undefined): Failure {
  return {
    kind: 'rate-limited',
    retryAfterMs: retryAfterSeconds === undefined ? UNSAID_WAIT_MS : retryAfterSeconds * 1000,
  };
}

const RATE = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);

const TRANSIENT = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);

const GONE = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'streaming_state_conflict',
  'no_dual_broadcast_content_update',
]);

const AUTHORISATION = new Set([
  'not_authed',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'not_allowed_token_type',
  'no_permission',
  'org_login_required',
  'access_denied',
  'team_access_not_granted',
  'two_factor_setup_required',
]);

const CONTENT = new Set([
  'no_text',
  'too_many_attachments',
  'too_many_contact_cards',
  'markdown_text_conflict',
  'invalid_arguments',
  'invalid_arg_name',
  'block_mismatch',
  'only_one_table_allowed',
]);
