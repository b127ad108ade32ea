/** What people can have done beside a diagnosis. Each rejects when the queue is away, so that a click is not lost in silence. */
import type { Subject } from '../diagnosis/case.ts';
import type { Message } from '../formatters/message.ts';
import type { Place } from '../jobs/requests.ts';

export interface Target {
  readonly teamId: string;
  readonly channel: string;
  /** Null: the whole channel. */
  readonly threadTs: string | null;
}

/** Messages are for the one who asked. `id` is the gesture's: the same gesture twice does one thing. */
export interface Services {
  say(id: string, place: Place, message: Message): Promise<void>;
  /** Null for an unknown cause; all causes without one. */
  explain(cause: string): Message | null;
  causeNames(): readonly string[];
  status(): Promise<Message>;
  mute(target: Target, forMs: number): Promise<Message>;
  unmute(target: Target): Promise<Message>;
  watch(id: string, operationId: string, place: Place): Promise<Message | null>;
  stopWatching(watchId: string, person: { readonly teamId: string; readonly userId: string }): Promise<Message | null>;
  detail(what: 'flow' | 'stack', answerId: string, place: Place): Promise<Message>;
  feedback(answerId: string, verdict: 'right' | 'partly' | 'wrong', place: Place): Promise<Message>;
  claim(id: string, answerId: string, place: Place, isOn: boolean): Promise<Message | null>;
  snooze(id: string, answerId: string, place: Place, isOn: boolean): Promise<Message | null>;
  preview(
    where: Target & { readonly ts: string },
    links: readonly { readonly url: string; readonly subject: Subject }[],
  ): Promise<void>;
  /** Null when the channel shows the answer; otherwise what could not be understood. */
  search(id: string, words: string, place: Place): Promise<Message | null>;
  failed(id: string, words: string, place: Place): Promise<Message | null>;
  turnPage(id: string, value: string, place: Place): Promise<Message | null>;
  digest(id: string, words: string, place: Place): Promise<Message | null>;
  home(teamId: string, userId: string, readIn: string, commands: readonly string[]): Promise<Message['blocks']>;
}
