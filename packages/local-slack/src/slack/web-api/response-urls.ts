import { readContent } from '../block-kit/message-content.ts';
import type { JsonObject } from '../json.ts';
import type { Message, Team } from '../state/model.ts';
import type { Store } from '../state/store.ts';
import { putEdit, putNewMessage, threadParent } from './method.ts';

const MAX_USES = 5;
const LIFE_MS = 30 * 60_000;

interface Response {
  readonly status: number;
  readonly body: JsonObject;
}

/** Addresses that let the app answer one interaction, wherever it happened, member of the channel or not. */
export interface ResponseUrls {
  issue(target: ResponseTarget): string;
  /** `path` is the part of the address that `issue` made. */
  post(path: string, body: JsonObject, warn: (warning: string) => void): Response;
}

interface ResponseTarget {
  readonly team: Team;
  readonly channel: string;
  readonly userId: string;
  /** The message that was clicked or acted upon; a slash command has none. */
  readonly original: Message | null;
}

export function createResponseUrls(store: Store, origin: string): ResponseUrls {
  const issued = new Map<string, { target: ResponseTarget; at: number; uses: number }>();

  return {
    issue(target) {
      const path = `/response/${target.team.id}/${issued.size + 1}/${crypto.randomUUID().replaceAll('-', '')}`;
      issued.set(path, { target, at: store.now(), uses: 0 });
      return origin + path;
    },
    post(path, body, warn) {
      const entry = issued.get(path);
      if (entry === undefined) return failure(404, 'invalid_url');
      if (store.now() - entry.at > LIFE_MS) return failure(404, 'expired_url');
      if (entry.uses >= MAX_USES) return failure(404, 'used_url');
      entry.uses += 1;
      return respond(store, { ...entry.target, url: origin + path }, body, warn);
    },
  };
}

function respond(
  store: Store,
  target: ResponseTarget & { readonly url: string },
  body: JsonObject,
  warn: (warning: string) => void,
): Response {
  const original = target.original === null ? null : current(store, target.original);
  const isOwn = original?.botId === target.team.botId;
  if (body['delete_original'] === true || body['delete_original'] === 'true') {
    if (original === null || !isOwn) return failure(404, 'message_not_found');
    store.removeMessage(original);
    return { status: 200, body: { ok: true } };
  }
  const content = readContent(body, { totalSize: 'free' });
  if (content.kind === 'refused') return failure(400, content.refusal.error, content.refusal.messages);
  for (const warning of content.warnings) warn(warning);
  const isReplacing = body['replace_original'] === true || body['replace_original'] === 'true';
  if (isReplacing && original !== null && isOwn) {
    putEdit(store, original, content.value, null);
    return { status: 200, body: { ok: true } };
  }
  const threadTs = typeof body['thread_ts'] === 'string' ? body['thread_ts'] : null;
  if (threadTs !== null && threadParent(store, target.channel, threadTs) === null) {
    return failure(400, 'cannot_reply_to_message');
  }
  putNewMessage(store, {
    channel: target.channel,
    user: target.team.botUserId,
    botId: target.team.botId,
    content: content.value,
    threadTs,
    ephemeralFor: body['response_type'] === 'in_channel' ? null : target.userId,
    responseUrl: target.url,
  });
  return { status: 200, body: { ok: true } };
}

function current(store: Store, message: Message): Message | null {
  return store.messages(message.channel).find((other) => other.ts === message.ts) ?? null;
}

function failure(status: number, error: string, messages: readonly string[] = []): Response {
  return { status, body: { ok: false, error, ...(messages.length === 0 ? {} : { response_metadata: { messages } }) } };
}
