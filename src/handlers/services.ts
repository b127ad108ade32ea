/** What people can have done beside a diagnosis. Each rejects when the queue is away, so that a click is not lost in silence. */
import type { Subject } from '../diagnosis/case.ts';
import type { Message } from '../formatters/message.ts';
import type { Place } from '../jobs/requests.ts';

interface Target {
  readonly teamId: string;
  readonly channel: string;
  /** Null: the whole channel. */
  readonly threadTs: string | null;
}

/** What a channel does not want to hear of: all pasted ids, those in one thread, one cause, or one operation. */
interface MutedScope {
  readonly channel: string;
  readonly kind: 'channel' | 'thread' | 'cause' | 'operation';
  readonly of: string;
}

/** Not done: the message says why, and the form stays open. */
interface FormOutcome {
  readonly isDone: boolean;
  readonly message: Message;
}

/** Messages are for the one who asked. `id` is the gesture's: the same gesture twice does one thing. */
export interface Services {
  say(id: string, place: Place, message: Message): Promise<void>;
  /** Null for an unknown cause; all causes without one. */
  explain(cause: string): Message | null;
  causeNames(): readonly string[];
  /** `teamId` is whose judgements are counted. */
  status(teamId: string): Promise<Message>;
  mute(target: Target, forMs: number, userId: string): Promise<Message>;
  unmute(target: Target): Promise<Message>;
  /** What is kept quiet in a channel. */
  mutes(place: Place): Promise<Message>;
  endSilence(id: string, silence: MutedScope, place: Place): Promise<Message>;
  watch(id: string, operationId: string, place: Place): Promise<Message | null>;
  stopWatching(watchId: string, person: { readonly teamId: string; readonly userId: string }): Promise<Message | null>;
  detail(what: 'flow' | 'stack', answerId: string, place: Place): Promise<Message>;
  feedback(answerId: string, verdict: 'right' | 'partly' | 'wrong', place: Place): Promise<Message>;
  claim(
    id: string,
    answerId: string,
    place: Place,
    request: 'claim' | 'give-back' | 'take-over',
  ): Promise<Message | null>;
  /** Its cause, in this channel. */
  snooze(id: string, answerId: string, place: Place, isOn: boolean): Promise<Message>;
  /** The operation, in this channel. */
  muteOperation(id: string, answerId: string, place: Place, isOn: boolean): Promise<Message>;
  copyId(answerId: string, place: Place): Promise<Message>;
  share(id: string, answerId: string, place: Place, to: string): Promise<FormOutcome>;
  recent(whose: 'mine' | 'failures', place: Place): Promise<Message>;
  preview(
    where: Target & { readonly ts: string },
    links: readonly { readonly url: string; readonly subject: Subject }[],
  ): Promise<void>;
  /** Null when the channel shows the answer; otherwise what could not be understood. */
  search(id: string, words: string, place: Place): Promise<Message | null>;
  failed(id: string, words: string, place: Place): Promise<Message | null>;
  turnPage(id: string, value: string, place: Place): Promise<Message | null>;
  digest(id: string, words: string, place: Place): Promise<Message | null>;
  /** As it was typed, to be changed; empty when the channel has none. */
  digestWords(teamId: string, channel: string): Promise<string>;
  /** From elsewhere: `place` names the channel that gets it. */
  setDigest(words: string, place: Place): Promise<FormOutcome>;
  endDigest(place: Place): Promise<Message>;
  /** `said` answers a click on the tab. */
  home(
    reader: { readonly teamId: string; readonly userId: string; readonly readIn: string },
    commands: readonly string[],
    said: Message | null,
  ): Promise<Message['blocks']>;
}
