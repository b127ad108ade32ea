/**
 * Handles requests from all entry points: checks who asks, enqueues or runs the request in time for the acknowledgement, and
 * replies.
 */
import type { Logger } from 'pino';
import type { Subject } from '../diagnosis/case.ts';
import type { Clean } from '../diagnosis/clean.ts';
import { operationNoun } from '../diagnosis/words.ts';
import type { Message } from '../formatters/message.ts';
import type { Chat, Clock } from '../jobs/ports.ts';
import { isDirect, type PersonRef, type Place, type Questions, requestIdOf } from '../jobs/requests.ts';
import type { Services } from '../jobs/services.ts';
import { type Access, reasonNotThere } from './access.ts';
import { type AuditOutcome, noteOutcome } from './audit.ts';
import { listed, messageOf, type Notice, notice } from './notice.ts';
import type { OutageLog } from './outage-log.ts';
import type { Question } from './typed-text.ts';

export interface HandlerContext {
  readonly questions: Questions;
  readonly services: Services;
  /** Whether, after this error, it is unknown if the queue took the request. */
  isOutcomeUnknown(error: unknown): boolean;
  /** Whether this error of a service means that the queue is unreachable. */
  isQueueUnavailable(error: unknown): boolean;
  /** Channels in which pasted ids are answered; `['*']` means all. */
  readonly autoReplyChannels: readonly string[];
  /** Host and port of the Jaeger that links in messages point to; null when there is none. */
  readonly jaegerHost: string | null;
  readonly access: Access;
  /** User IDs that can change something through the ktrdr API; empty when actions are disabled. */
  readonly actionUsers: readonly string[];
  /** Removes secrets from typed text before it is shown or stored, also by the operator's patterns. */
  readonly clean: Clean;
  readonly respond: Chat['respond'];
  readonly clock: Clock;
  readonly outages: OutageLog;
  readonly log: Logger;
}

export interface SlackInteraction {
  /** Slack's own id of the click, command or message: equal when Slack delivers it again. */
  readonly id: string;
  readonly place: Place;
  readonly typedInThread?: string;
  readonly isPrivate?: boolean;
  /** Slack delivers it again unless it is acknowledged, and the acknowledgement carries no message. */
  readonly isEvent?: boolean;
  /** Puts an emoji below the message. False when Slack rejects it and a text reply is needed instead. */
  readonly react?: () => Promise<boolean>;
}

interface AskOptions {
  /** Diagnose again, even if the channel got the answer some minutes ago. */
  readonly isRepeat?: boolean;
  /** Asked below a list: gets a separate answer. */
  readonly isBelow?: boolean;
  /** For pasted IDs, which aren't requests: only known operations get an answer. */
  readonly isQuiet?: boolean;
}

/** `message` is null when the placeholder says enough. */
export type Asked =
  | { readonly queued: true; readonly message: Message | null }
  | { readonly queued: false; readonly notice: Notice };

const MOST_SUBJECTS = 3;
/** Maximum number of rejected IDs to name, to avoid a wall of text. */
const MOST_NAMED = 10;
const IN_PRIVATE = notice`The reply goes to your direct messages, visible only to you.`;
const NO_QUEUE = notice`Couldn’t queue your request because ktrdr-bot can’t reach its queue. Try again in a minute. If it keeps failing, contact your ktrdr-bot admin.`;
const TOO_SLOW = notice`This is taking longer than usual. If nothing appears here within a minute, try again.`;
const UNKNOWN = notice`Redis is slow. If nothing appears here within a minute, try again.`;
/** Slack waits 3 s for an acknowledgement; the rest is for the network. */
const SERVICE_LIMIT_MS = 2_000;

/** Where an interaction comes from; omitted parts become null. A user ID as channel means the direct conversation. */
export function placeOf(known: Pick<Place, 'teamId' | 'channel' | 'userId'> & Partial<Place>): Place {
  return { threadTs: null, responseUrl: null, messageTs: null, ...known };
}

/**
 * Enqueues the request if people get replies here. The caller acknowledges afterwards, so that a request is never confirmed and
 * then lost.
 */
export async function ask(
  interaction: SlackInteraction,
  { subjects, symptom }: Question,
  context: HandlerContext,
  { isQuiet = false, ...options }: AskOptions = {},
): Promise<Asked> {
  const place = answerPlace(interaction);
  const rejection = await reasonNotThere(interaction.place, context.access, context.services);
  if (rejection !== null) return { queued: false, notice: rejection };

  const taken = subjects.slice(0, MOST_SUBJECTS);
  const left = subjects.slice(MOST_SUBJECTS).map(nameOf);
  const requestIds = taken.map((subject) => requestIdOf(`${interaction.id}\n${JSON.stringify(subject)}`, place));
  const enqueued = taken.map((subject, i) => {
    const request = { requestId: requestIds[i] ?? '', subject, symptom, place, askedAt: context.clock() };
    return context.questions.diagnose({ ...request, ...(isQuiet && { isQuiet }), ...options });
  });
  const settled = await settledInTime(() => Promise.all(enqueued));
  noteOutcome(auditOutcomeOf(settled, context), requestIds);
  if (settled.kind !== 'done') return notQueued(settled, { interaction, requestIds }, context);
  const refused = settled.value.find((outcome) => outcome.kind === 'too-many');
  if (refused !== undefined) {
    noteOutcome('refused');
    return { queued: false, notice: tooMany(refused.most) };
  }
  // The placeholder in the channel is the confirmation; a second message would only say the same to one person.
  if (left.length === 0) return { queued: true, message: whereAnswered(interaction) };
  const others: Notice = left.length > MOST_NAMED ? [` and ${left.length - MOST_NAMED} more`] : [];
  if (isQuiet) {
    const rest = notice`ktrdr-bot diagnoses at most ${[String(MOST_SUBJECTS)]} IDs per message. Mention it again with the others: ${listed(left.slice(0, MOST_NAMED))}${others}.`;
    await reply(interaction, messageOf(rest), context);
    return { queued: true, message: null };
  }
  const more = notice`Diagnosing ${listed(taken.map(nameOf))}. The limit is ${[String(MOST_SUBJECTS)]} at a time; send another request for ${listed(left.slice(0, MOST_NAMED))}${others}.`;
  return { queued: true, message: messageOf(more) };
}

/**
 * The reply when nothing was queued or that isn't known yet, in which case the request is taken shortly or not at all. For an
 * event it throws instead, so that Slack redelivers it, with the same request ID.
 */
function notQueued(
  settled: Unsettled,
  { interaction, requestIds }: { readonly interaction: SlackInteraction; readonly requestIds: readonly string[] },
  context: HandlerContext,
): Asked {
  const reason = settled.kind === 'late' ? `no answer within ${SERVICE_LIMIT_MS} ms` : reasonOf(settled.error);
  const isUnknown = settled.kind === 'late' || context.isOutcomeUnknown(settled.error);
  if (!isUnknown) {
    context.outages.note({ requestIds, reason }, 'a request could not be queued');
    return { queued: false, notice: NO_QUEUE };
  }
  context.outages.note({ requestIds, reason }, 'it is not yet clear whether a request was queued');
  if (interaction.isEvent === true) throw new Error(`It is unknown yet whether a request was queued: ${reason}`);
  const { place } = interaction;
  if (place.responseUrl === null) return { queued: false, notice: UNKNOWN };
  tellUnknown(place.responseUrl, context);
  return { queued: true, message: null };
}

/** Sent separately, because the acknowledgement must not wait for it and would say that nothing was queued. */
function tellUnknown(responseUrl: string, { respond, log }: HandlerContext): void {
  respond(responseUrl, messageOf(UNKNOWN)).then(
    (outcome) => outcome.kind !== 'sent' && log.warn({ outcome }, 'the requester could not be told of the outage'),
    (err: unknown) => log.warn({ err }, 'the requester could not be told of the outage'),
  );
}

function tooMany(most: number): Notice {
  return notice`You have ${[String(most)]} open requests, which is the limit. Try again when some of them are done.`;
}

/** Like `ask`; returns the message for the requester, or null when the placeholder says enough. */
export async function diagnose(...request: Parameters<typeof ask>): Promise<Message | null> {
  const asked = await ask(...request);
  return asked.queued ? asked.message : messageOf(asked.notice);
}

/**
 * Where the answer goes. A private one goes to the direct conversation with the requester, as a message with its thread; if
 * Slack rejects it there, the interaction's `response_url` still reaches only that person.
 */
export function answerPlace({ place, isPrivate = false }: SlackInteraction): Place {
  const isAlready = isDirect(place) && place.responseUrl === null;
  return isPrivate && !isAlready ? { ...place, channel: place.userId, threadTs: null, messageTs: null } : place;
}

/** A pointer to an answer elsewhere; null where the requester sees the answer, or where others would see that they asked. */
export function whereAnswered(interaction: SlackInteraction): Message | null {
  const { channel, responseUrl } = interaction.place;
  const isElsewhere = answerPlace(interaction).channel !== channel;
  return isElsewhere && responseUrl !== null ? messageOf(IN_PRIVATE) : null;
}

/**
 * Runs a service in time for the acknowledgement. The message is for the requester only: the result, or why there is none.
 * Never rejects.
 */
export async function serve(
  interaction: SlackInteraction,
  context: HandlerContext,
  act: () => Promise<Message | null>,
): Promise<Message | null> {
  const rejection = await reasonNotThere(interaction.place, context.access, context.services);
  if (rejection !== null) return messageOf(rejection);
  const settled = await settledInTime(act);
  if (settled.kind === 'done') return settled.value;
  noteOutcome(auditOutcomeOf(settled, context));
  const reference = requestIdOf(interaction.id, interaction.place);
  if (settled.kind === 'late') {
    context.log.error({ reference }, `a service took longer than ${SERVICE_LIMIT_MS} ms`);
    return messageOf(TOO_SLOW);
  }
  const { error } = settled;
  if (context.isOutcomeUnknown(error)) {
    context.log.warn({ reason: reasonOf(error), reference }, 'it is not known yet whether a service was done');
    return messageOf(UNKNOWN);
  }
  if (context.isQueueUnavailable(error)) {
    context.outages.note({ reason: reasonOf(error), reference }, 'a service could not reach the queue');
    return messageOf(NO_QUEUE);
  }
  context.log.error({ err: withoutCommand(error), reference }, 'a service failed');
  return messageOf(
    notice`An error occurred in ktrdr-bot. Try again. If it fails again, send the reference ${reference} to your ktrdr-bot admin.`,
  );
}

/**
 * Why this person can't use actions, or null. Only `ACTION_USERS` see the buttons, so anyone else who sends a click or form
 * forged it or was removed from the list.
 */
export function reasonNotToAct(
  { userId }: PersonRef,
  { actionUsers }: Pick<HandlerContext, 'actionUsers'>,
): Message | null {
  if (actionUsers.includes(userId)) return null;
  noteOutcome('refused');
  return messageOf(
    notice`You don’t have permission to do this. Ask your ktrdr-bot admin to add ${userId} to ACTION_USERS.`,
  );
}

/** For interactions whose acknowledgement can't carry a message. */
export async function reply(
  interaction: SlackInteraction,
  message: Message,
  { respond, services, log }: HandlerContext,
): Promise<void> {
  const { id } = interaction;
  const place = answerPlace(interaction);
  // A mention in a thread is answered there, for everyone who reads it.
  if (place.responseUrl === null) return services.say(`said-${id}`, { ...place, messageTs: null }, message);
  const outcome = await respond(place.responseUrl, message);
  if (outcome.kind !== 'sent') log.warn({ outcome }, 'the reply could not be sent to the requester');
}

function nameOf(subject: Subject): Notice {
  if (subject.kind === 'operation') return notice`${subject.operationId}`;
  if (subject.kind === 'trace') return notice`trace ${subject.traceId}`;
  return [`the latest ${operationNoun(subject.type)}`];
}

type Unsettled = { readonly kind: 'failed'; readonly error: unknown } | { readonly kind: 'late' };
type Settled<Value> = { readonly kind: 'done'; readonly value: Value } | Unsettled;

/** A command that was sent but got no reply may have been executed, or may still be, so its outcome is unknown. */
function auditOutcomeOf(settled: Settled<unknown>, context: HandlerContext): AuditOutcome {
  if (settled.kind === 'done') return 'queued';
  if (settled.kind === 'late' || context.isOutcomeUnknown(settled.error)) return 'unknown';
  return context.isQueueUnavailable(settled.error) ? 'not queued' : 'failed';
}

/** Never rejects, even when `act` throws synchronously. A result after the limit is dropped. */
function settledInTime<Value>(act: () => Promise<Value>): Promise<Settled<Value>> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve({ kind: 'late' }), SERVICE_LIMIT_MS);
    const settle = (settled: Settled<Value>) => {
      clearTimeout(limit);
      resolve(settled);
    };
    Promise.resolve()
      .then(act)
      .then(
        (value) => settle({ kind: 'done', value }),
        (error: unknown) => settle({ kind: 'failed', error }),
      );
  });
}

/** Not the error itself, because an error from the Redis client contains the failed command and so the `response_url`. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function withoutCommand(error: unknown): unknown {
  if (error instanceof Error && 'command' in error) delete error.command;
  return error;
}
