/**
 * Handles requests about something that the channel already shows an answer to, and clicks on “Check again” below it: the
 * requester alone is told what has changed. The message is edited only if something has.
 */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { isOpen } from '../../formatters/answer/summary.ts';
import { cleanDiagnosis } from '../../formatters/clean.ts';
import type { Answer, Message } from '../../formatters/message.ts';
import { formatLookedAgain, formatLookingAgain, type LookedAgain } from '../../formatters/reports/earlier-answers.ts';
import type { Reply } from '../deliver/wanted.ts';
import { symptomKey } from '../queue/queues.ts';
import { type DiagnoseRequest, isDirect } from '../requests.ts';
import { bringUpToDate, type UpdateTools } from './bring-up-to-date.ts';
import { findAwaited, findShown, type ShownEarlier, type ShownTools } from './last-answers.ts';
import { startFollowing } from './living-answer.ts';
import { personalAnswer } from './personal-answer.ts';
import { nameOfDiagnosed } from './record.ts';

/**
 * The answer for one requester, or what has changed since the one that the channel shows. Null when there is nothing to say.
 * Requesters who are pointed to another message get their own answer only if that fails.
 */
export async function replyTo(
  answer: Answer,
  found: Diagnosis,
  request: DiagnoseRequest,
  { isPointed, ...tools }: UpdateTools & { readonly isPointed: boolean },
): Promise<Reply | null> {
  const name = nameOfDiagnosed(found);
  const shown = name === null ? null : await findShown(request, name, tools);
  // A requester who named another symptom gets a separate answer once the operation has ended.
  const isOther = shown !== null && !isOpen(found) && symptomKey(shown.record.symptom) !== symptomKey(request.symptom);
  if (shown === null || isOther) {
    const awaited = isPointed || name === null ? null : await findAwaited(request, name, tools.store);
    const own = await personalAnswer(answer, found, request, { ...tools, isPointed: isPointed || awaited !== null });
    return awaited === null ? own : own && { ...own, elsewhere: { requestId: awaited, question: questionOf(request) } };
  }
  const diagnosis = cleanDiagnosis(found, tools.redact);
  const look = await bringUpToDate(shown, { answer, diagnosis, symptom: request.symptom }, tools);
  const isCrowd = shown.record.origin.userId !== request.place.userId && !isDirect(shown.place);
  if (isCrowd && isOpen(diagnosis)) await startFollowing(shown, tools);
  const now = look.kind === 'not-checked' ? shown.record.diagnosis : diagnosis;
  return aside(request, shown, formatLookedAgain(lookedAgain(request, shown), look, now));
}

/** Sent if the check takes a while, or instead of an answer. Null when the channel shows no answer. */
export async function lookingAgain(request: DiagnoseRequest, tools: ShownTools): Promise<Reply | null> {
  const shown = await shownFor(request, tools);
  return shown && aside(request, shown, formatLookingAgain(shown.url));
}

/** An apology doesn't replace an answer that the channel shows. */
export async function apologyTo(request: DiagnoseRequest, apology: Message, tools: ShownTools): Promise<Reply> {
  const shown = await shownFor(request, tools);
  return shown === null ? { summary: apology, thread: [] } : aside(request, shown, apology);
}

/** Before the diagnosis, the operation is known only if the request names it. */
async function shownFor(request: DiagnoseRequest, tools: ShownTools): Promise<ShownEarlier | null> {
  const { subject } = request;
  if (subject.kind === 'last') return null;
  return findShown(request, subject.kind === 'operation' ? subject.operationId : subject.traceId, tools);
}

/** Sent where only this person reads it, or else below the message, but never in place of the answer. */
function aside(request: DiagnoseRequest, { answerId }: ShownEarlier, summary: Message): Reply {
  const { place } = request;
  const threadTs = place.threadTs ?? place.messageTs;
  return {
    summary,
    thread: [],
    place: { ...place, threadTs, messageTs: null },
    elsewhere: { requestId: answerId, question: questionOf(request), isSummary: true },
  };
}

function lookedAgain(request: DiagnoseRequest, { record, url }: ShownEarlier): LookedAgain {
  const { at, diagnosis } = record;
  return {
    name: nameOfDiagnosed(diagnosis) ?? 'it',
    since: at === undefined ? null : new Date(at).toISOString(),
    url,
    question: questionOf(request),
  };
}

/** As the value of a “Check again” button. */
function questionOf({ subject, symptom }: DiagnoseRequest): string {
  return JSON.stringify({ subject, symptom });
}
