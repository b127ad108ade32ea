import { type ChatPostMessageResponse, type Logger, LogLevel, WebAPIPlatformError, WebClient } from '@slack/web-api';
import type { Message } from '../../formatters/message.ts';
import type { Chat, ChatTarget, Marker, PostOutcome } from '../../jobs/ports.ts';
import { outcomeOf } from './post-outcome.ts';
import { createRespond } from './respond.ts';
import { createSharing } from './sharing.ts';
import { slackFetch } from './slack-fetch.ts';
import { TokenMissing } from './token-missing.ts';

export interface ChatOptions {
  /** The bot token of a workspace, asked for before every call because tokens can rotate. */
  tokenFor(teamId: string): Promise<string>;
  /** Another Web API address than Slack's own, for test workspaces. */
  apiUrl?: string;
  timeoutMs?: number;
}

const EVENT_TYPE = 'ktrdr_diagnosis';
/** Without a thread, how many of a channel's newest messages are searched for a lost post. */
const RECENT_MESSAGES = 100;
const REPLIES_PER_PAGE = 200;

/** The client would write to the console what every outcome says anyway. */
export const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  setName: () => {},
  getLevel: () => LogLevel.ERROR,
};

/** Slack as the jobs see it. Retries, pauses and pacing belong to the queue, so the client is told to do none of them. */
export function createChat(options: ChatOptions): Chat {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const client = new WebClient(undefined, {
    ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    allowAbsoluteUrls: false,
    fetch: slackFetch,
    logger: SILENT,
  });

  const isSharedOutside = createSharing(client);

  /** Nothing is said where strangers read, whoever asked for it and whatever it is. */
  async function attemptIn(
    { teamId, channel }: Pick<ChatTarget, 'teamId' | 'channel'>,
    call: (token: string) => Promise<ChatPostMessageResponse>,
  ): Promise<PostOutcome> {
    return attempt(async () => {
      const token = await options.tokenFor(teamId);
      if (await isSharedOutside(token, teamId, channel)) return { kind: 'no-access', error: 'shared_with_others' };
      return call(token);
    });
  }

  async function post(target: ChatTarget, message: Message, marker: Marker): Promise<PostOutcome> {
    return attemptIn(target, (token) =>
      client.apiCall('chat.postMessage', {
        token,
        channel: target.channel,
        ...(target.threadTs === null ? {} : { thread_ts: target.threadTs }),
        text: message.text,
        blocks: blocksIn(message),
        metadata: {
          event_type: EVENT_TYPE,
          event_payload: { request_id: marker.requestId, slot: marker.slot },
        },
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
  }

  return {
    post,

    async update(target, message) {
      return attemptIn(target, async (token) =>
        client.apiCall('chat.update', {
          token,
          channel: await conversationWith(client, token, target.channel),
          ts: target.ts,
          text: message.text,
          blocks: blocksIn(message),
          // Unlike postMessage, an update would otherwise turn names and links in the text into live ones.
          parse: 'none',
          link_names: false,
        }),
      );
    },

    async findPosted(target, marker) {
      try {
        const token = await options.tokenFor(target.teamId);
        const channel = await conversationWith(client, token, target.channel);
        return target.threadTs === null
          ? await findInChannel(client, token, channel, marker)
          : await findInThread(client, token, channel, target.threadTs, marker);
      } catch (error) {
        // There is nothing to read for us there. Anything else is not an answer: the caller must ask again.
        if (error instanceof TokenMissing) return null;
        if (error instanceof WebAPIPlatformError && UNREADABLE.has(error.data.error)) return null;
        throw error;
      }
    },

    respond: createRespond({ timeoutMs, ...(options.apiUrl === undefined ? {} : { apiUrl: options.apiUrl }) }),

    async direct(teamId, userId, message, marker) {
      const opened = await attempt(async () => {
        const token = await options.tokenFor(teamId);
        const { channel } = await client.conversations.open({ token, users: userId });
        return { channel: channel?.id ?? '' };
      });
      if (opened.kind !== 'sent') return opened;
      return post({ teamId, channel: opened.channel, threadTs: null }, message, marker);
    },
  };
}

/** As the text that is sent anyway: of anything else the client makes a copy without secrets first, for a log that nobody keeps. */
function blocksIn({ blocks }: Message): string {
  return JSON.stringify(blocks);
}

/** A post may name a person, for the direct conversation with them; everything else has to name the conversation. */
async function conversationWith(client: WebClient, token: string, channel: string): Promise<string> {
  if (!/^[UW]/.test(channel)) return channel;
  const opened = await client.conversations.open({ token, users: channel });
  return opened.channel?.id ?? channel;
}

/** Answers with which Slack says that the history cannot be read, or that there is none. */
const UNREADABLE = new Set([
  'missing_scope',
  'channel_not_found',
  'not_in_channel',
  'thread_not_found',
  'message_not_found',
]);

async function attempt(call: () => Promise<PostOutcome | { channel?: string; ts?: string }>): Promise<PostOutcome> {
  try {
    const answer = await call();
    if ('kind' in answer) return answer;
    const { channel = '', ts = '' } = answer;
    return { kind: 'sent', channel, ts };
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome === null) throw error;
    return outcome;
  }
}

interface PostedMessage {
  readonly ts?: string;
  readonly metadata?: { readonly event_type?: string; readonly event_payload?: unknown };
}

async function findInChannel(
  client: WebClient,
  token: string,
  channel: string,
  marker: Marker,
): Promise<string | null> {
  const { messages } = await client.conversations.history({
    token,
    channel,
    limit: RECENT_MESSAGES,
    include_all_metadata: true,
  });
  return marked(messages ?? [], marker);
}

async function findInThread(
  client: WebClient,
  token: string,
  channel: string,
  threadTs: string,
  marker: Marker,
): Promise<string | null> {
  let cursor: string | undefined;
  do {
    const page = await client.conversations.replies({
      token,
      channel,
      ts: threadTs,
      limit: REPLIES_PER_PAGE,
      include_all_metadata: true,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const ts = marked(page.messages ?? [], marker);
    if (ts !== null) return ts;
    cursor = page.response_metadata?.next_cursor || undefined;
  } while (cursor !== undefined);
  return null;
}

function marked(messages: readonly PostedMessage[], marker: Marker): string | null {
  return messages.find((message) => carries(message, marker))?.ts ?? null;
}

function carries({ metadata }: PostedMessage, marker: Marker): boolean {
  const payload = metadata?.event_payload;
  return (
    metadata?.event_type === EVENT_TYPE &&
    typeof payload === 'object' &&
    payload !== null &&
    'request_id' in payload &&
    payload.request_id === marker.requestId &&
    'slot' in payload &&
    payload.slot === marker.slot
  );
}
