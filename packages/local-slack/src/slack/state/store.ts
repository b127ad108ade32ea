import type { Change, Channel, Message, SlackFile, Team, User, View } from './model.ts';

/** The state of the workspace. Reads are snapshots; every write is announced to the listeners. */
export interface Store {
  readonly teams: readonly Team[];
  readonly users: ReadonlyMap<string, User>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly views: ReadonlyMap<string, View>;
  readonly files: Map<string, SlackFile>;
  /** Milliseconds. */
  readonly now: () => number;
  /** A message timestamp later than every earlier one. */
  nextTs(): string;
  nextId(prefix: string): string;
  /** Oldest first, ephemeral ones included. */
  messages(channel: string): readonly Message[];
  /** Not the ephemeral ones: no method can reach those again. */
  find(channel: string, ts: string): Message | null;
  putMessage(message: Message): Message;
  removeMessage(message: Message): void;
  putChannel(channel: Channel): Channel;
  putView(view: View): View;
  removeView(view: View): void;
  subscribe(listener: (change: Change) => void): () => void;
}

export interface StoreSeed {
  readonly teams: readonly Team[];
  readonly users: readonly User[];
  readonly channels: readonly Channel[];
  readonly now: () => number;
}

export function createStore(seed: StoreSeed): Store {
  const users = new Map(seed.users.map((user) => [user.id, user]));
  const channels = new Map(seed.channels.map((channel) => [channel.id, channel]));
  const messages = new Map<string, Message[]>();
  const views = new Map<string, View>();
  const listeners = new Set<(change: Change) => void>();
  let lastMicros = 0;
  let count = 0;

  function announce(change: Change): void {
    for (const listener of [...listeners]) listener(change);
  }

  return {
    teams: seed.teams,
    users,
    channels,
    views,
    files: new Map(),
    now: seed.now,
    nextTs() {
      lastMicros = Math.max(lastMicros + 1, Math.floor(seed.now() * 1000));
      return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`;
    },
    nextId(prefix) {
      count += 1;
      return `${prefix}${count.toString(36).toUpperCase().padStart(9, '0')}`;
    },
    messages: (channel) => [...(messages.get(channel) ?? [])],
    find: (channel, ts) =>
      messages.get(channel)?.find((message) => message.ts === ts && message.ephemeralFor === null) ?? null,
    putMessage(message) {
      const list = messages.get(message.channel) ?? [];
      messages.set(message.channel, list);
      const index = list.findIndex((other) => other.ts === message.ts);
      const before = list[index] ?? null;
      if (before === null) list.push(message);
      else list[index] = message;
      announce({ kind: 'message', before, after: message });
      return message;
    },
    removeMessage(message) {
      const list = messages.get(message.channel) ?? [];
      const index = list.findIndex((other) => other.ts === message.ts);
      if (index < 0) return;
      list.splice(index, 1);
      announce({ kind: 'message', before: message, after: null });
    },
    putChannel(channel) {
      channels.set(channel.id, channel);
      announce({ kind: 'channel', channel });
      return channel;
    },
    putView(view) {
      const before = views.get(view.id) ?? null;
      views.set(view.id, view);
      announce({ kind: 'view', before, after: view });
      return view;
    },
    removeView(view) {
      if (views.delete(view.id)) announce({ kind: 'view', before: view, after: null });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
