import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Subject, Symptom } from '../diagnosis/case.ts';
import { operationNoun } from '../diagnosis/words.ts';
import type { Message } from '../formatters/message.ts';
import type { Chat, Clock } from '../jobs/ports.ts';
import { isDirect, type Place, type Questions, requestIdOf } from '../jobs/requests.ts';
import type { Services } from '../jobs/services.ts';
import { type Access, type Person, reasonToReject } from './access.ts';
import { listed, messageOf, type Notice, notice } from './notice.ts';

/** What every entry needs to take a question. */
export interface HandlerContext {
  readonly questions: Questions;
  readonly services: Services;
  /** Whether this error of a service means that the queue is unreachable. */
  isQueueUnavailable(error: unknown): boolean;
  /** Channels in which pasted ids are answered; `['*']` means all. */
  readonly autoReplyChannels: readonly string[];
  /** Host of the Jaeger that links in messages lead to, with its port; null when there is none. */
  readonly jaegerHost: string | null;
  readonly access: Access;
  /** Tells the asker something through the gesture's `response_url`. */
  readonly respond: Chat['respond'];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SlackInteraction {
  /** Slack's own id of the click, command or message: equal when Slack delivers it again. */
  readonly id: string;
  readonly place: Place;
  readonly userTeamId: string | null;
  /** The thread that it was typed in; absent where there is none. */
  readonly typedInThread?: string;
  /** Only the asker is to read the answer. */
  readonly isPrivate?: boolean;
}

export interface AskOptions {
  /** Also when the channel got the answer some minutes ago. */
  readonly isRepeat?: boolean;
  /** Nobody asked: only what is known is said. */
  readonly isQuiet?: boolean;
}

/** `message` is null when the placeholder says enough. */
export type Asked =
  | { readonly queued: true; readonly message: Message | null }
  | { readonly queued: false; readonly notice: Notice };

const AT_ONCE = 3;
/** More would be a wall of ids. */
const MOST_NAMED = 10;
const IN_PRIVATE = notice`I answer in our direct messages, where nobody else reads it.`;
const NO_QUEUE = notice`The question could not be queued: ktrdr-bot does not reach its queue. Ask again in a minute; if it stays like this, tell whoever runs ktrdr-bot.`;
const TOO_SLOW = notice`This takes longer than Slack waits. If nothing appears within a minute, try again.`;
/** Slack waits 3 s for an answer; the rest is for the way there and back. */
const PATIENCE_MS = 2_000;

/** Authorises and enqueues. The caller acknowledges afterwards, so that a question is never confirmed and then lost. */
export async function ask(
  interaction: SlackInteraction,
  subjects: readonly Subject[],
  symptom: Symptom | null,
  context: HandlerContext,
  { isRepeat = false, isQuiet = false }: AskOptions = {},
): Promise<Asked> {
  const place = answerPlace(interaction);
  const refused = reasonToReject(askerOf(interaction), context.access);
  if (refused !== null) return { queued: false, notice: refused };

  const taken = subjects.slice(0, AT_ONCE);
  const left = subjects.slice(AT_ONCE).map(nameOf);
  const enqueued = Promise.all(
    taken.map(async (subject) => {
      const asked = { requestId: requestId(interaction, subject), subject, symptom, place, askedAt: context.clock() };
      await context.questions.diagnose({ ...asked, ...(isQuiet && { isQuiet }), ...(isRepeat && { isRepeat }) });
    }),
  );
  const outcome = await settledInTime(() => enqueued);
  if (outcome.kind !== 'done') {
    const reason = outcome.kind === 'late' ? `no answer within ${PATIENCE_MS} ms` : reasonOf(outcome.error);
    context.log.error({ reason }, 'a question could not be queued');
    return { queued: false, notice: NO_QUEUE };
  }
  // The placeholder in the channel is the confirmation; a second message would only say the same to one person.
  if (left.length === 0 || isQuiet) return { queued: true, message: whereAnswered(interaction) };
  const others: Notice = left.length > MOST_NAMED ? [` and ${left.length - MOST_NAMED} more`] : [];
  const more = notice`Looking into ${listed(taken.map(nameOf))}. At most ${[String(AT_ONCE)]} at once; ask again for ${listed(left.slice(0, MOST_NAMED))}${others}.`;
  return { queued: true, message: messageOf(more) };
}

/**
 * Where the answer goes: a private one to the direct conversation with the asker, as a message with its thread. Should Slack
 * not take it there, the gesture's own address still reaches that one person only.
 */
export function answerPlace({ place, isPrivate = false }: SlackInteraction): Place {
  const isAlready = isDirect(place) && place.responseUrl === null;
  return isPrivate && !isAlready ? { ...place, channel: place.userId, threadTs: null, messageTs: null } : place;
}

/** What tells the asker that the answer is elsewhere; null where they see it, or where others would read that they asked. */
export function whereAnswered(interaction: SlackInteraction): Message | null {
  const { channel, responseUrl } = interaction.place;
  const isElsewhere = answerPlace(interaction).channel !== channel;
  return isElsewhere && responseUrl !== null ? messageOf(IN_PRIVATE) : null;
}

/**
 * Runs a service in time for the acknowledgement. The message is for the asker only: the result, or why there is none.
 * Never rejects.
 */
export async function serve(
  interaction: SlackInteraction,
  context: HandlerContext,
  act: () => Promise<Message | null>,
): Promise<Message | null> {
  const refused = reasonToReject(askerOf(interaction), context.access);
  if (refused !== null) return messageOf(refused);
  const outcome = await settledInTime(act);
  if (outcome.kind === 'done') return outcome.value;
  const reference = requestIdOf(interaction.id, interaction.place);
  if (outcome.kind === 'late') {
    context.log.error({ reference }, `a service took longer than ${PATIENCE_MS} ms`);
    return messageOf(TOO_SLOW);
  }
  const { error } = outcome;
  if (context.isQueueUnavailable(error)) {
    context.log.error({ reason: reasonOf(error), reference }, 'a service could not reach the queue');
    return messageOf(NO_QUEUE);
  }
  context.log.error({ err: withoutCommand(error), reference }, 'a service failed');
  return messageOf(
    notice`An error occurred in ktrdr-bot. Try again. If it fails again, give the reference ${reference} to an admin of ktrdr-bot.`,
  );
}

/** A direct message to the asker is in no channel that could be switched on. */
function askerOf({ place, userTeamId }: SlackInteraction): Person {
  return { ...place, userTeamId, channel: place.channel === place.userId ? '' : place.channel };
}

/** For gestures whose acknowledgement can carry no words. */
export async function reply(
  interaction: SlackInteraction,
  message: Message,
  { respond, services, log }: HandlerContext,
): Promise<void> {
  const { id } = interaction;
  const place = answerPlace(interaction);
  // What is said in a thread by mention is answered there, for everybody who reads it.
  if (place.responseUrl === null) return services.say(`said-${id}`, { ...place, messageTs: null }, message);
  const outcome = await respond(place.responseUrl, message);
  if (outcome.kind !== 'sent') log.warn({ outcome }, 'the asker could not be told');
}

function nameOf(subject: Subject): Notice {
  if (subject.kind === 'operation') return notice`${subject.operationId}`;
  if (subject.kind === 'trace') return notice`trace ${subject.traceId}`;
  return [`the newest ${operationNoun(subject.type)}`];
}

/** Secrets such as a trigger id must not become job names, and queue ids may not hold a colon. */
function requestId({ id, place }: SlackInteraction, subject: Subject): string {
  const name = createHash('sha256')
    .update(`${id}\n${JSON.stringify(subject)}`)
    .digest('hex')
    .slice(0, 32);
  return `${place.teamId}-${name}`;
}

type Outcome<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'late' };

/** Also when `act` throws at once. What comes after the time is dropped. */
async function settledInTime<Value>(act: () => Promise<Value>): Promise<Outcome<Value>> {
  const done = Promise.resolve()
    .then(act)
    .then(
      (value): Outcome<Value> => ({ kind: 'done', value }),
      (error: unknown): Outcome<Value> => ({ kind: 'failed', error }),
    );
  const patience = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: patience.signal }).then(
    (): Outcome<Value> => ({ kind: 'late' }),
    (): Outcome<Value> => ({ kind: 'late' }),
  );
  const outcome = await Promise.race([done, late]);
  patience.abort();
  return outcome;
}

/** Not the error itself: an error of a Redis client carries the failed command, and with it the response address. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function withoutCommand(error: unknown): unknown {
  if (error instanceof Error && 'command' in error) delete error.command;
  return error;
}
