import { WebClient } from '@slack/web-api';
import type { SlackWorkspace } from '../../jobs/workspace-port.ts';
import { SILENT } from './chat.ts';
import { outcomeOf } from './post-outcome.ts';

export interface WorkspaceOptions {
  tokenFor(teamId: string): Promise<string>;
  readonly apiUrl?: string;
}

const SLACK_FILES = 'https://files.slack.com';
const TIMEOUT_MS = 10_000;
/** A link is worth no more than this much waiting: the answer comes first. */
const LINK_TIMEOUT_MS = 3_000;

export function createSlackWorkspace({ tokenFor, apiUrl }: WorkspaceOptions): SlackWorkspace {
  const base = {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: SILENT,
  };
  const client = new WebClient(undefined, { ...base, timeout: TIMEOUT_MS });
  const quick = new WebClient(undefined, { ...base, timeout: LINK_TIMEOUT_MS });
  const uploadOrigins = new Set([SLACK_FILES, ...(apiUrl === undefined ? [] : [new URL(apiUrl).origin])]);

  return {
    async permalink(teamId, channel, ts) {
      const token = await tokenFor(teamId);
      const answer = await orNull(() => quick.chat.getPermalink({ token, channel, message_ts: ts }));
      return answer?.permalink ?? null;
    },

    async unfurl(teamId, channel, ts, previews) {
      const token = await tokenFor(teamId);
      const unfurls = Object.fromEntries(
        Object.entries(previews).map(([url, blocks]) => [url, { blocks: [...blocks] }]),
      );
      return (await orNull(() => client.chat.unfurl({ token, channel, ts, unfurls }))) !== null;
    },

    async upload({ teamId, channel, threadTs }, { name, title, text }) {
      const token = await tokenFor(teamId);
      const bytes = new TextEncoder().encode(text);
      const begun = await orNull(() =>
        client.files.getUploadURLExternal({ token, filename: name, length: bytes.length }),
      );
      const address = begun?.upload_url ?? '';
      if (begun?.file_id === undefined || !URL.canParse(address) || !uploadOrigins.has(new URL(address).origin)) {
        return false;
      }
      if (!(await send(address, bytes))) return false;
      const files: [{ id: string; title: string }] = [{ id: begun.file_id, title }];
      const where = threadTs === null ? { channel_id: channel } : { channel_id: channel, thread_ts: threadTs };
      return (await orNull(() => client.files.completeUploadExternal({ token, files, ...where }))) !== null;
    },
  };
}

/** Null for everything that Slack can answer but yes; anything else is a bug. */
async function orNull<Answer>(call: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await call();
  } catch (error) {
    if (outcomeOf(error) === null) throw error;
    return null;
  }
}

/** Whatever goes wrong on the way, the file is not there and is named in words instead. */
function send(address: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const request = { method: 'POST', body: bytes, signal: AbortSignal.timeout(TIMEOUT_MS) };
  return fetch(address, request).then(
    (response) => response.ok,
    () => false,
  );
}
