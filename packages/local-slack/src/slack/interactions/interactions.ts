/** What a person can do to the app, as the payloads that Slack sends and the answers that the person then sees. */

import { readContent } from '../block-kit/message-content.ts';
import type { Delivery, Receipt } from '../delivery/delivery.ts';
import { isObject, type JsonObject, stringOf } from '../json.ts';
import type { Channel, Message, Team, User } from '../state/model.ts';
import { APP_ID, messageObject } from '../state/objects.ts';
import type { Store } from '../state/store.ts';
import { putNewMessage } from '../web-api/method.ts';
import type { ResponseUrls } from '../web-api/response-urls.ts';
import type { Triggers } from '../web-api/triggers.ts';

export interface InteractionContext {
  readonly store: Store;
  readonly team: Team;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly commands: readonly string[];
  /** Sends to the app and waits for its acknowledgement. */
  readonly deliver: (delivery: Delivery) => Promise<Receipt>;
}

/** How an interaction went. */
export interface Interaction {
  /** What Slack shows instead of an answer: `operation_timeout`, `dispatch_failed`, or null. */
  readonly error: string | null;
  /** Slack's complaints about the acknowledgement. */
  readonly complaints: readonly string[];
  /** What the app sent back with its acknowledgement, as a message that the person sees. */
  readonly reply: Message | null;
  readonly receipt: Receipt;
  readonly payload: JsonObject;
  readonly responseUrl: string | null;
}

export async function runCommand(
  context: InteractionContext,
  user: User,
  channel: Channel,
  { command, text }: { readonly command: string; readonly text: string },
): Promise<Interaction> {
  const { store, team } = context;
  const responseUrl = context.responseUrls.issue({ team, channel: channel.id, userId: user.id, original: null });
  const fields = {
    token: 'verification-token',
    team_id: team.id,
    team_domain: team.domain,
    channel_id: channel.id,
    channel_name: { public: channel.name, private: 'privategroup', im: 'directmessage' }[channel.kind],
    user_id: user.id,
    user_name: user.name,
    command,
    text,
    api_app_id: APP_ID,
    is_enterprise_install: 'false',
    response_url: responseUrl,
    trigger_id: context.triggers.issue(user.id),
  };
  const receipt = await context.deliver({ kind: 'command', fields });
  const interaction = {
    error: errorShown(receipt),
    complaints: [],
    reply: null,
    receipt,
    payload: fields,
    responseUrl,
  };
  const body = receipt.outcome === 'acknowledged' ? ackMessage(receipt.body) : null;
  if (body === null) return interaction;
  const content = readContent(body, { totalSize: 'free' });
  if (content.kind === 'refused') {
    return {
      ...interaction,
      error: 'dispatch_failed',
      complaints: [content.refusal.error, ...content.refusal.messages],
    };
  }
  const isPublic = body['response_type'] === 'in_channel';
  if (isPublic) {
    putNewMessage(store, { channel: channel.id, user: user.id, content: plain(`${command} ${text}`) });
  }
  const reply = putNewMessage(store, {
    channel: channel.id,
    user: team.botUserId,
    botId: team.botId,
    content: content.value,
    ephemeralFor: isPublic ? null : user.id,
  });
  return { ...interaction, reply, complaints: content.warnings };
}

export async function useMessageShortcut(
  context: InteractionContext,
  user: User,
  callbackId: string,
  message: Message,
): Promise<Interaction> {
  const { store, team } = context;
  if (message.ephemeralFor !== null) throw new Error('Slack offers no shortcuts on ephemeral messages.');
  const responseUrl = context.responseUrls.issue({
    team,
    channel: message.channel,
    userId: user.id,
    original: message,
  });
  const channel = store.channels.get(message.channel);
  return interact(context, responseUrl, {
    type: 'message_action',
    ...common(context, user),
    action_ts: store.nextTs(),
    callback_id: callbackId,
    response_url: responseUrl,
    message_ts: message.ts,
    message: messageObject(message, store, { withMetadata: true }),
    channel: { id: message.channel, name: channelName(channel) },
  });
}

/** A global shortcut knows no channel and gets no response address. */
export async function useGlobalShortcut(
  context: InteractionContext,
  user: User,
  callbackId: string,
): Promise<Interaction> {
  return interact(context, null, {
    type: 'shortcut',
    ...common(context, user),
    action_ts: context.store.nextTs(),
    callback_id: callbackId,
  });
}

export async function useElement(
  context: InteractionContext,
  user: User,
  message: Message,
  action: JsonObject,
): Promise<Interaction> {
  const { store, team } = context;
  const isEphemeral = message.ephemeralFor !== null;
  const responseUrl = context.responseUrls.issue({
    team,
    channel: message.channel,
    userId: user.id,
    original: message,
  });
  const channel = store.channels.get(message.channel);
  return interact(context, responseUrl, {
    type: 'block_actions',
    ...common(context, user),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: isEphemeral,
      ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
    },
    channel: { id: message.channel, name: channelName(channel) },
    // Slack keeps no copy of an ephemeral message.
    ...(isEphemeral ? {} : { message: messageObject(message, store, { withMetadata: true }) }),
    state: { values: {} },
    response_url: responseUrl,
    actions: [{ ...action, action_ts: store.nextTs() }],
  });
}

/** The fields that every interaction carries. */
export function common({ team, triggers }: InteractionContext, user: User): JsonObject {
  return {
    token: 'verification-token',
    team: { id: team.id, domain: team.domain },
    enterprise: null,
    is_enterprise_install: false,
    user: { id: user.id, name: user.name, username: user.name, team_id: user.teamId },
    api_app_id: APP_ID,
    trigger_id: triggers.issue(user.id),
  };
}

export async function interact(
  context: InteractionContext,
  responseUrl: string | null,
  payload: JsonObject,
): Promise<Interaction> {
  const receipt = await context.deliver({ kind: 'interaction', payload });
  return { error: errorShown(receipt), complaints: [], reply: null, receipt, payload, responseUrl };
}

function errorShown(receipt: Receipt): string | null {
  if (receipt.outcome === 'acknowledged') return null;
  return receipt.outcome === 'timed-out' ? 'operation_timeout' : 'dispatch_failed';
}

/** An empty acknowledgement shows nothing. */
function ackMessage(body: unknown): JsonObject | null {
  if (typeof body === 'string') return body.trim() === '' ? null : { text: body };
  return isObject(body) && Object.keys(body).length > 0 ? body : null;
}

function plain(text: string) {
  return { text: text.trim(), blocks: [], attachments: [] };
}

function channelName(channel: Channel | undefined): string {
  return channel?.kind === 'im' ? 'directmessage' : stringOf(channel?.name);
}
