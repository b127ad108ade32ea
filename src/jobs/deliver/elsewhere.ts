/** Points a person to the message that answers the same question in the channel, instead of a second one. */
import type { Message } from '../../formatters/message.ts';
import { formatAnsweredElsewhere } from '../../formatters/reports/earlier-answers.ts';
import { textCell } from '../queue/store-cell.ts';
import { isOpen, REQUESTS_KEPT_MS, readRequest } from '../register/open-requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { isThere } from './is-there.ts';
import { postedAt, SUMMARY } from './outbox.ts';
import { Later, NotYet } from './pacing.ts';
import { Unclear } from './setbacks.ts';
import type { Slots } from './slots.ts';
import { type Elsewhere, isLast, readWanted, type WantedMessages } from './wanted.ts';

const POINTED = textCell<string>({ key: (requestId) => `pointed:${requestId}`, ttlMs: REQUESTS_KEPT_MS });
const NOT_POSTED_MS = 1000;

type Links = Pick<SlackWorkspace, 'permalink'>;

/**
 * False when there is no message to point to, no private way to this person, or already a message of their own, which then
 * shows the answer.
 */
export async function tellElsewhere(
  slots: Slots,
  { stage, answer, elsewhere }: WantedMessages & { readonly elsewhere: Elsewhere },
  workspace: Links | undefined,
): Promise<boolean> {
  const { store, chat } = slots.tools;
  const { requestId, place } = slots.delivery;
  if (place.responseUrl === null || workspace === undefined || (await slots.isPosted(SUMMARY))) return false;
  const isSummary = elsewhere.isSummary === true;
  // Two notices per request: that the operation is being checked again, and then the result.
  const told = isSummary ? `${requestId}-${isLast(stage) ? 'seen' : 'looking'}` : requestId;
  if ((await POINTED.get(store, told)) !== null) return true;
  const message = isSummary ? answer.summary : await messageFor(slots, elsewhere, workspace);
  if (message === null) return false;
  const outcome = await chat.respond(place.responseUrl, message);
  if (outcome.kind === 'rate-limited') throw new Later(outcome.retryAfterMs);
  // A duplicate ephemeral message is better than a second thread for everyone.
  if (outcome.kind === 'uncertain') throw new Unclear(`Slack’s response was unclear (${outcome.reason}).`);
  if (outcome.kind !== 'sent') return false;
  await POINTED.set(store, told, elsewhere.requestId);
  return true;
}

/** Null when there is no message of the other request to point to. Throws `NotYet` while it isn't posted. */
async function messageFor(
  { tools: { store, chat }, delivery: { place, requestId: ownId } }: Slots,
  { requestId, question }: Elsewhere,
  { permalink }: Links,
): Promise<Message | null> {
  const posted = await postedAt(store, requestId);
  if (posted === null) {
    const wanted = await readWanted(store, requestId);
    if (wanted === null || !isLast(wanted.stage)) throw new NotYet(NOT_POSTED_MS);
    // It may be delivered after this one. Checks that it doesn't wait for this request, which would be a deadlock.
    const isComing = wanted.elsewhere?.requestId !== ownId && (await isOpen(store, requestId));
    if (isComing) throw new NotYet(NOT_POSTED_MS);
    return null;
  }
  // The other requester may have received it as a direct message instead.
  if (posted.channel !== place.channel) return null;
  const first = await readRequest(store, requestId);
  const url = await permalink(place.teamId, posted.channel, posted.ts);
  // Without a link, a text notice is still better than a second thread for everyone.
  const threadTs = first?.place.threadTs ?? null;
  if (url === null && !(await isThere(chat, { teamId: place.teamId, threadTs, ...posted }))) return null;
  const at = first === null ? '' : new Date(first.askedAtMs).toISOString();
  return formatAnsweredElsewhere(url, question, first && { userId: first.place.userId, at });
}
