import { z } from 'zod';
import type { Chat, PostOutcome } from '../../jobs/ports.ts';
import { record } from '../../jobs/telemetry.ts';
import { parseJson } from '../../language/json.ts';
import { outcomeOfCode, reasonOf } from './post-outcome.ts';

const SLACK_ORIGIN = 'https://hooks.slack.com';

const refusalSchema = z.object({ ok: z.literal(false), error: z.string() });

/**
 * Posts to a `response_url`. The address comes from outside, so only Slack's own host is called, and the host of a
 * configured test workspace: anything else would let a forged payload make the bot call into the network it runs in.
 */
export function createRespond(options: { apiUrl?: string; timeoutMs: number }): Chat['respond'] {
  const origins = new Set([SLACK_ORIGIN, ...(options.apiUrl === undefined ? [] : [new URL(options.apiUrl).origin])]);

  return async (responseUrl, message) => {
    if (!URL.canParse(responseUrl) || !origins.has(new URL(responseUrl).origin)) {
      return { kind: 'no-access', error: 'response_url_not_from_slack' };
    }
    try {
      const response = await fetch(responseUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({
          response_type: 'ephemeral',
          replace_original: false,
          text: message.text,
          blocks: message.blocks,
        }),
        redirect: 'error',
        signal: AbortSignal.timeout(options.timeoutMs),
      });
      const outcome = outcomeOfAnswer(response, await response.text());
      record({ kind: 'slack-call', method: 'response_url', outcome: outcome.kind === 'sent' ? 'ok' : outcome.kind });
      return outcome;
    } catch (error) {
      record({ kind: 'slack-call', method: 'response_url', outcome: 'no_answer' });
      return { kind: 'uncertain', reason: reasonOf(error) };
    }
  };
}

function outcomeOfAnswer({ status, headers }: Response, body: string): PostOutcome {
  if (status === 429) return outcomeOfCode('ratelimited', [], Number(headers.get('retry-after')) || undefined);
  const refusal = refusalSchema.safeParse(parseJson(body)).data;
  if (refusal !== undefined) return outcomeOfCode(refusal.error, []);
  if (status >= 500) return { kind: 'uncertain', reason: `HTTP status ${status}` };
  // The URL expired after 30 minutes, was used five times, or is gone. In each case it can't be used again.
  if (status >= 400) return { kind: 'no-access', error: `response_url_http_${status}` };
  return { kind: 'sent', channel: '', ts: '' };
}
