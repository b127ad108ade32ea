import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Subject, Symptom } from '../diagnosis/case.ts';
import { operationNoun } from '../diagnosis/words.ts';
import type { Chat, Clock } from '../jobs/ports.ts';
import type { Place, Questions } from '../jobs/requests.ts';
import { type Access, refusal } from './access.ts';
import { listed, messageOf, type Notice, notice } from './notice.ts';

/** What every entry needs to take a question. */
export interface Desk {
  readonly questions: Questions;
  readonly access: Access;
  /** Tells the asker something through the gesture's `response_url`. */
  readonly respond: Chat['respond'];
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Gesture {
  /** Slack's own id of the click or command: equal when Slack delivers it again. */
  readonly id: string;
  readonly place: Place;
  readonly userTeamId: string | null;
}

/** `notice` is null when the placeholder says enough. */
export type Asked =
  | { readonly queued: true; readonly notice: Notice | null }
  | { readonly queued: false; readonly notice: Notice };

const AT_ONCE = 3;
/** Slack waits 3 s for an answer; the rest is for the way there and back. */
const PATIENCE_MS = 2_000;

/** Authorises and enqueues. The caller acknowledges afterwards, so that a question is never confirmed and then lost. */
export async function ask(
  gesture: Gesture,
  subjects: readonly Subject[],
  symptom: Symptom | null,
  desk: Desk,
): Promise<Asked> {
  const { place, userTeamId } = gesture;
  const refused = refusal({ ...place, userTeamId }, desk.access);
  if (refused !== null) return { queued: false, notice: refused };

  const taken = subjects.slice(0, AT_ONCE);
  const left = subjects.slice(AT_ONCE).map(nameOf);
  const enqueued = Promise.all(
    taken.map((subject) =>
      desk.questions.diagnose({
        requestId: requestId(gesture.id, subject),
        subject,
        symptom,
        place,
        askedAt: desk.clock(),
      }),
    ),
  );
  const problem = await problemWith(enqueued);
  if (problem !== null) {
    // Not the error itself: a client's error carries the command that failed, and with it the response address.
    desk.log.error({ reason: problem.message }, 'a question could not be queued');
    return {
      queued: false,
      notice: notice`The question could not be queued: ktrdr-bot does not reach its queue. Ask again in a minute; if it stays like this, tell whoever runs ktrdr-bot.`,
    };
  }
  // The placeholder in the channel is the confirmation; a second message would only say the same to one person.
  if (left.length === 0) return { queued: true, notice: null };
  return {
    queued: true,
    notice: notice`Looking into ${listed(taken.map(nameOf))}. At most ${String(AT_ONCE)} at once; ask again for ${listed(left)}.`,
  };
}

/** For gestures whose acknowledgement can carry no words. */
export async function tell({ place }: Gesture, parts: Notice, { respond, log }: Desk): Promise<void> {
  if (place.responseUrl === null) return;
  const outcome = await respond(place.responseUrl, messageOf(parts));
  if (outcome.kind !== 'sent') log.warn({ outcome }, 'the asker could not be told');
}

function nameOf(subject: Subject): Notice {
  if (subject.kind === 'operation') return notice`${subject.operationId}`;
  if (subject.kind === 'trace') return notice`trace ${subject.traceId}`;
  return [`the newest ${operationNoun(subject.type)}`];
}

/** Secrets such as a trigger id must not become job names, and queue ids may not hold a colon. */
function requestId(gestureId: string, subject: Subject): string {
  return createHash('sha256')
    .update(`${gestureId}\n${JSON.stringify(subject)}`)
    .digest('hex')
    .slice(0, 32);
}

async function problemWith(work: Promise<unknown>): Promise<Error | null> {
  const patience = new AbortController();
  const tooLate = sleep(PATIENCE_MS, new Error(`the queue did not answer within ${PATIENCE_MS} ms`), {
    signal: patience.signal,
  }).catch(() => null);
  const done = work.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  const problem = await Promise.race([done, tooLate]);
  patience.abort();
  return problem;
}
