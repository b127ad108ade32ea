import type { JsonObject } from '../json.ts';
import type { Channel, Message, User, View } from '../state/model.ts';
import type { Store } from '../state/store.ts';
import { directChannel, putEdit, putNewMessage, threadParent } from '../web-api/method.ts';
import { actionOn, type Choice } from './block-actions.ts';
import {
  type Interaction,
  type InteractionContext,
  runCommand,
  useElement,
  useGlobalShortcut,
  useMessageShortcut,
} from './interactions.ts';
import { type Entries, type Submission, submitView, useViewElement } from './view-submissions.ts';

/** A user of the workspace. Interactions that Slack's client does not offer throw. */
export interface Person {
  readonly user: User;
  /** Slash commands do not exist in threads. `channel` defaults to the direct conversation with the bot. */
  command(command: string, text: string, where?: { readonly channel?: string }): Promise<Interaction>;
  messageShortcut(callbackId: string, message: Message): Promise<Interaction>;
  globalShortcut(callbackId: string): Promise<Interaction>;
  /** `choice` is the value of the option in a menu. */
  click(message: Message, actionId: string, choice?: Choice): Promise<Interaction>;
  clickInView(view: View, actionId: string, choice?: Choice): Promise<Interaction>;
  submit(view: View, entries: Entries): Promise<Submission>;
  /** Posts what was typed: Slack escapes it, links bare URLs and `@name`s. The app hears of it by an event. */
  say(channel: string, typed: string, where?: SayOptions): Message;
  mention(channel: string, typed: string, where?: SayOptions): Message;
  edit(message: Message, typed: string): Message;
  delete(message: Message): void;
  invite(channel: string): void;
  /** Opens the bot's Home tab, of which the app hears by an event. */
  openHome(): void;
  /** The direct conversation with the bot. */
  dm(): Channel;
  /** The modal on top, or null. */
  modal(): View | null;
  home(): View | null;
}

interface SayOptions {
  readonly threadTs?: string;
}

export function createPerson(context: InteractionContext, user: User, announce: (event: JsonObject) => void): Person {
  const { store, team } = context;

  function write(channel: string, text: string, { threadTs }: SayOptions = {}): Message {
    visible(context, user, channel);
    if (threadTs !== undefined && threadParent(store, channel, threadTs) === null) {
      throw new Error(`There is no thread at ${threadTs} in ${channel}.`);
    }
    return putNewMessage(store, {
      channel,
      user: user.id,
      content: { text, blocks: [], attachments: [] },
      threadTs: threadTs ?? null,
      clientMessageId: crypto.randomUUID(),
    });
  }

  function dm(): Channel {
    return directChannel(context, user.id);
  }

  return {
    user,
    async command(command, text, { channel = dm().id } = {}) {
      if (!context.commands.includes(command)) throw new Error(`${command} is not a valid command.`);
      return runCommand(context, user, visible(context, user, channel), { command, text });
    },
    messageShortcut: (callbackId, message) => useMessageShortcut(context, user, callbackId, message),
    globalShortcut: (callbackId) => useGlobalShortcut(context, user, callbackId),
    async click(message, actionId, choice = null) {
      const current = store.messages(message.channel).find((other) => other.ts === message.ts);
      if (current === undefined) throw new Error('The message is gone.');
      return useElement(context, user, current, actionOn(current.blocks, actionId, choice));
    },
    clickInView: async (view, actionId, choice = null) => useViewElement(context, user, view, { actionId, choice }),
    submit: (view, entries) => submitView(context, user, view, entries),
    say: (channel, typed, where) => write(channel, asTyped(store, typed), where),
    mention: (channel, typed, where) => write(channel, `<@${team.botUserId}> ${asTyped(store, typed)}`, where),
    edit: (message, typed) => putEdit(store, message, { ...message, text: asTyped(store, typed) }, null),
    delete: (message) => store.removeMessage(message),
    invite(channel) {
      const found = visible(context, user, channel);
      store.putChannel({ ...found, members: [...new Set([...found.members, team.botUserId])] });
    },
    openHome() {
      const event = { type: 'app_home_opened', user: user.id, channel: dm().id, tab: 'home' };
      announce({ ...event, event_ts: store.nextTs() });
    },
    dm,
    modal: () =>
      [...store.views.values()].filter((view) => view.userId === user.id && view.type === 'modal').at(-1) ?? null,
    home: () => [...store.views.values()].find((view) => view.userId === user.id && view.type === 'home') ?? null,
  };
}

/** Anybody may write in a public channel; the others are for their members. */
function visible(context: InteractionContext, user: User, id: string): Channel {
  const channel = context.store.channels.get(id);
  const exists = channel !== undefined && (channel.teamId === user.teamId || channel.shared);
  if (!exists) throw new Error(`There is no channel ${id}.`);
  if (channel.kind !== 'public' && !channel.members.includes(user.id)) {
    throw new Error(`${user.id} is not a member of ${id}.`);
  }
  return channel;
}

/** The text as Slack passes it on: three escaped characters, bare URLs and known names in angle brackets. */
function asTyped(store: Store, typed: string): string {
  const escaped = typed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const linked = escaped.replace(/https?:\/\/[^\s]+/g, (url) => `<${url}>`);
  return linked.replace(/(?<=^|\s)@([a-z0-9._-]+)/g, (whole, name) => {
    const user = [...store.users.values()].find((candidate) => candidate.name === name);
    return user === undefined ? whole : `<@${user.id}>`;
  });
}
