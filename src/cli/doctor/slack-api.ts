/** One call to Slack's Web API, with what the response headers add. */
import { parseJson } from '../../language/json.ts';

export type SlackAnswer =
  | {
      readonly kind: 'answer';
      readonly fields: Readonly<Record<string, unknown>>;
      /** Scopes of the token; null if Slack doesn't say. */
      readonly scopes: readonly string[] | null;
      /** This machine's clock minus Slack's, to the second; null where Slack doesn't say. */
      readonly clockAheadMs: number | null;
    }
  /** A sentence. */
  | { readonly kind: 'failed'; readonly detail: string };

const TIMEOUT_MS = 5000;

export async function callSlack(
  method: string,
  { apiUrl, token, args = {} }: { apiUrl: string; token: string; args?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<SlackAnswer> {
  const { host } = new URL(apiUrl);
  const startedAt = Date.now();
  try {
    const response = await fetch(new URL(method, apiUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams(args),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const fields = parseJson(await response.text());
    if (typeof fields !== 'object' || fields === null || !('ok' in fields))
      return { kind: 'failed', detail: `The server at ${host} (HTTP ${response.status}) isn't Slack.` };
    const scopes = response.headers.get('x-oauth-scopes');
    return {
      kind: 'answer',
      fields: { ...fields },
      scopes: scopes === null ? null : scopes.split(/[\s,]+/).filter((scope) => scope !== ''),
      clockAheadMs: clockAhead(response.headers.get('date'), startedAt),
    };
  } catch (thrown) {
    // Any error that fetch throws here comes from the network or the other server.
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
    return {
      kind: 'failed',
      detail: `Slack didn't respond at ${host} (${cause instanceof Error ? cause.message : cause}).`,
    };
  }
}

/** The header has whole seconds, rounded down, so half a second is added. */
function clockAhead(date: string | null, startedAt: number): number | null {
  const theirs = Date.parse(date ?? '');
  return Number.isNaN(theirs) ? null : Math.round((startedAt + Date.now()) / 2 - theirs - 500);
}
