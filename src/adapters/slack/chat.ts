import { type ChatPostMessageResponse, WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Message } from '../../formatters/message.ts';
import type { Chat, ChatTarget, FoundPosts, Marker, PostOutcome } from '../../jobs/ports.ts';
import { createSharing } from './channels.ts';
import { outcomeOf } from './post-outcome.ts';
import { createRespond } from './respond.ts';
import { createWebClient } from './web-client.ts';

export interface ChatOptions {
  /** The bot token of a workspace, looked up before every call because tokens can rotate. */
  tokenFor(teamId: string): Promise<string>;
  /** A Web API URL other than Slack's own, for test workspaces. */
  apiUrl?: string;
  timeoutMs?: number;
}

const EVENT_TYPE = 'ktrdr_diagnosis';
/** More than Slack returns per page to a rate-limited app. */
const MESSAGES_PER_PAGE = 200;

export function createChat(options: ChatOptions): Chat {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const client = createWebClient(options.apiUrl, timeoutMs);
  const isSharedOutside = createSharing(client);

  /** Never posts where people from other organizations can read, no matter who asked. */
  async function attemptIn(
    { teamId, channel }: Pick<ChatTarget, 'teamId' | 'channel'>,
    call: (token: string) => Promise<ChatPostMessageResponse>,
    mayBegin: () => boolean = () => true,
  ): Promise<PostOutcome> {
    return attempt(async () => {
      const token = await options.tokenFor(teamId);
      if (await isSharedOutside(token, teamId, channel)) return { kind: 'no-access', error: 'shared_with_others' };
      return mayBegin() ? call(token) : { kind: 'uncertain', reason: 'it was not started in time' };
    });
  }

  const post: Chat['post'] = (target, message, marker, mayBegin) =>
    attemptIn(
      target,
      (token) => client.apiCall('chat.postMessage', { token, ...postArguments(target, message, marker) }),
      mayBegin,
    );

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
          // Unlike `postMessage`, an update would otherwise turn names and URLs in the text into mentions and links.
          parse: 'none',
          link_names: false,
        }),
      );
    },

    async findPosted(target, sinceMs) {
      try {
        const token = await options.tokenFor(target.teamId);
        const channel = await conversationWith(client, token, target.channel);
        return { kind: 'found', posts: await findMarked(client, token, { ...target, channel }, sinceMs) };
      } catch (error) {
        // The bot can't read there, so it finds nothing.
        if (error instanceof WebAPIPlatformError && UNREADABLE.has(error.data.error)) {
          return { kind: 'found', posts: [] };
        }
        const outcome = outcomeOf(error);
        if (outcome === null) throw error;
        return outcome;
      }
    },

    respond: createRespond({ timeoutMs, ...(options.apiUrl === undefined ? {} : { apiUrl: options.apiUrl }) }),

    async direct({ teamId, userId }, message, marker, mayBegin) {
      const opened = await attempt(async () => {
        const token = await options.tokenFor(teamId);
        const { channel } = await client.conversations.open({ token, users: userId });
        return { channel: channel?.id ?? '' };
      });
      if (opened.kind !== 'sent') return opened;
      return post({ teamId, channel: opened.channel, threadTs: null }, message, marker, mayBegin);
    },
  };
}

function postArguments({ channel, threadTs }: ChatTarget, message: Message, { requestId, slot }: Marker) {
  return {
    channel,
    ...(threadTs === null ? {} : { thread_ts: threadTs }),
    text: message.text,
    blocks: blocksIn(message),
    metadata: { event_type: EVENT_TYPE, event_payload: { request_id: requestId, slot } },
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** Serialized here, because the client would copy any other value to redact it for a log that is never written. */
export function blocksIn({ blocks }: Message): string {
  return JSON.stringify(blocks);
}

/** A post can be addressed to a user ID, for a direct message. All other calls need the ID of the conversation. */
async function conversationWith(client: WebClient, token: string, channel: string): Promise<string> {
  if (!/^[UW]/.test(channel)) return channel;
  const opened = await client.conversations.open({ token, users: channel });
  return opened.channel?.id ?? channel;
}

/** Slack's errors for a history that can't be read or doesn't exist. */
const UNREADABLE = new Set([
  'missing_scope',
  'channel_not_found',
  'not_in_channel',
  'thread_not_found',
  'message_not_found',
]);

export async function attempt(
  call: () => Promise<PostOutcome | { channel?: string; ts?: string }>,
): Promise<PostOutcome> {
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

const postedSchema = z.object({
  event_type: z.literal(EVENT_TYPE),
  event_payload: z.object({ request_id: z.string(), slot: z.string() }),
});

interface PostedMessage {
  readonly ts?: string;
  readonly metadata?: unknown;
}

/** Finds the marked messages in a thread, or in a channel since the given time. */
async function findMarked(
  client: WebClient,
  token: string,
  { channel, threadTs }: Pick<ChatTarget, 'channel' | 'threadTs'>,
  sinceMs: number,
): Promise<(FoundPosts & { kind: 'found' })['posts']> {
  const base = { token, channel, include_all_metadata: true, limit: MESSAGES_PER_PAGE };
  const oldest = (sinceMs / 1000).toFixed(6);
  const posts: (Marker & { readonly ts: string })[] = [];
  let cursor = '';
  do {
    const position = cursor === '' ? {} : { cursor };
    const page: { messages?: readonly PostedMessage[]; response_metadata?: { next_cursor?: string } } =
      threadTs === null
        ? await client.conversations.history({ ...base, oldest, ...position })
        : await client.conversations.replies({ ...base, ts: threadTs, ...position });
    posts.push(...(page.messages ?? []).flatMap(markedIn));
    cursor = page.response_metadata?.next_cursor ?? '';
  } while (cursor !== '');
  return posts;
}

function markedIn({ ts = '', metadata }: PostedMessage): readonly (Marker & { readonly ts: string })[] {
  const payload = postedSchema.safeParse(metadata).data?.event_payload;
  return payload === undefined ? [] : [{ requestId: payload.request_id, slot: payload.slot, ts }];
}
