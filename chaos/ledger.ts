/** Everything that the bot ever wrote in the workspace, with the times. */
import { type FakeSlack, isList, isObject, type Message } from '@ktrdr-bot/local-slack';

/** One message of the bot and what became of it. Times are in milliseconds. */
export interface Written {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | null;
  readonly ephemeralFor: string | null;
  /** The address through which it came; null for a post and for the text of an acknowledgement. */
  readonly responseUrl: string | null;
  /** The first operation that its first version names. */
  readonly operationId: string | null;
  /** Oldest first, never empty. */
  readonly versions: readonly Version[];
  readonly isDeleted: boolean;
}

interface Version {
  readonly at: number;
  /** The text and that of all blocks. */
  readonly text: string;
}

export interface Ledger {
  /** Messages outside of threads that everybody in the channel sees. */
  about(operationId: string): readonly Written[];
  repliesTo(parent: Written): readonly Written[];
  /** What only one person sees, by the address of the command that it belongs to. */
  through(responseUrl: string): readonly Written[];
  lastChangeAt(): number;
  stop(): void;
}

const OPERATION = /op_[a-z_]+_\d{8}_\d{6}_[0-9a-f]{8}/;

export function keepLedger(slack: Pick<FakeSlack, 'subscribe' | 'team'>): Ledger {
  const written = new Map<string, Written>();
  const about = new Map<string, string[]>();
  const replies = new Map<string, string[]>();
  const through = new Map<string, string[]>();
  let lastChangeAt = Date.now();

  const stop = slack.subscribe((change) => {
    if (change.kind !== 'message') return;
    const message = change.after ?? change.before;
    if (message === null || message.botId !== slack.team.botId) return;
    lastChangeAt = Date.now();
    const key = keyOf(message.channel, message.ts);
    const known = written.get(key);
    if (change.after === null) {
      if (known !== undefined) written.set(key, { ...known, isDeleted: true });
    } else if (known === undefined) {
      const entry = entryOf(message);
      written.set(key, entry);
      index(entry, key);
    } else {
      written.set(key, { ...known, versions: [...known.versions, versionOf(message)] });
    }
  });

  function index({ channel, threadTs, ephemeralFor, responseUrl, operationId }: Written, key: string): void {
    if (responseUrl !== null) push(through, responseUrl, key);
    if (ephemeralFor !== null) return;
    if (threadTs !== null) push(replies, keyOf(channel, threadTs), key);
    else if (operationId !== null) push(about, operationId, key);
  }

  function listed(keys: readonly string[] | undefined): readonly Written[] {
    return (keys ?? []).flatMap((key) => written.get(key) ?? []);
  }

  return {
    about: (operationId) => listed(about.get(operationId)),
    repliesTo: ({ channel, ts }) => listed(replies.get(keyOf(channel, ts))),
    through: (responseUrl) => listed(through.get(responseUrl)),
    lastChangeAt: () => lastChangeAt,
    stop,
  };
}

/** All that a person reads in the message. */
export function textOf({ text, blocks }: Pick<Message, 'text' | 'blocks'>): string {
  return [text, ...textsIn(blocks)].join('\n');
}

function textsIn(value: unknown): readonly string[] {
  if (isList(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'text' && typeof inner === 'string' ? [inner] : textsIn(inner),
  );
}

function entryOf(message: Message): Written {
  const { channel, ts, threadTs, ephemeralFor, responseUrl } = message;
  const version = versionOf(message);
  const operationId = OPERATION.exec(version.text)?.[0] ?? null;
  return {
    channel,
    ts,
    threadTs,
    ephemeralFor,
    responseUrl,
    operationId,
    versions: [version],
    isDeleted: message.subtype === 'tombstone',
  };
}

function versionOf(message: Message): Version {
  return { at: Date.now(), text: textOf(message) };
}

function keyOf(channel: string, ts: string): string {
  return `${channel} ${ts}`;
}

function push(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
