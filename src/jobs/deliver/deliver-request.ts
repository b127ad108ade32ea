/** Updates Slack until it shows the wanted messages of one request. */
import { formatContentRefused, withReason } from '../../formatters/answer/undelivered.ts';
import type { Answer, Message } from '../../formatters/message.ts';
import { textCell } from '../queue/store-cell.ts';
import type { Place } from '../requests.ts';
import { inFewer, OUT_OF_DATE } from './content.ts';
import { type Outbox, SUMMARY } from './outbox.ts';
import { putPicture, showsPicture } from './picture.ts';
import type { Slots } from './slots.ts';
import type { Stage } from './wanted.ts';

/** Slack takes five uses of a `response_url`: a notice or the placeholder, the answer, and so many of its details. */
const DETAILS_BY_RESPONSE_URL = 3;

/** The request whose answer already told a person why it isn't in the channel, so that later answers don't repeat it. */
const WHY = textCell<{ readonly place: Place; readonly code: string | null }>({
  key: ({ place, code }) => `no-access:${place.teamId}-${place.channel}-${place.userId}-${code}`,
  ttlMs: 30 * 24 * 3_600_000,
});

/** The requester can't be reached: Slack rejects posts in the channel, and there is no other way to the person. */
export class NoWay extends Error {}

/**
 * Throws `NotYet` when this request must wait; `Later`, `Unclear`, or `Unauthorized` when the whole channel must; `LaneLost`
 * when another process may have taken over; `NoWay` when the requester can't be reached.
 */
export async function deliverRequest(slots: Slots, stage: Stage, answer: Answer): Promise<void> {
  if (slots.way === 'response-url' && stage === 'phase') return;
  try {
    if (stage === 'answer') slots.announce(textsOf(answer));
    await putSummary(slots, stage, answer);
    if (stage === 'answer') await putThread(slots, answer);
  } catch (error) {
    // The first error decides what happens next, so a store error here is only logged.
    await slots.savePending().catch((err: unknown) => slots.tools.log.warn({ err }, 'could not save the outbox'));
    throw error;
  }
  await slots.savePending();
}

function textsOf({ summary, thread }: Answer): readonly { readonly slot: string; readonly message: Message }[] {
  return [{ slot: SUMMARY, message: summary }, ...thread];
}

async function putSummary(slots: Slots, stage: Stage, { summary, picture }: Answer): Promise<void> {
  const { requestId } = slots.delivery;
  for (;;) {
    const message = await withWhy(slots, stage, summary);
    if (picture !== undefined && showsPicture(slots, { slot: SUMMARY, message }, picture)) return;
    const put = await slots.put(SUMMARY, message);
    if (put.kind === 'done') return;
    const error = put.kind === 'refused' ? (put.refusals[0] ?? 'unknown') : put.error;
    if (put.kind === 'refused') noteRefused(slots, SUMMARY, put.refusals);
    const way = nextWay(slots);
    if (way === null && put.kind === 'refused') return slots.setRefused(SUMMARY, summary);
    if (way === null) throw new NoWay(`Slack doesn’t allow posts in the channel or to the requester (${error}).`);
    slots.tools.log.info({ requestId, way, error }, 'trying another way to the requester');
    slots.switchTo(way, error);
    if (put.kind === 'refused')
      return putSummary(slots, stage, { summary: formatContentRefused(error, requestId), thread: [] });
  }
}

/** The message with the reason why it isn't in its channel: once for each person there, and always in a direct message. */
async function withWhy(slots: Slots, stage: Stage, message: Message): Promise<Message> {
  const { way, leftFor: code, delivery, tools } = slots;
  const { requestId, place } = delivery;
  if (way === 'channel' || (way === 'response-url' && stage !== 'answer')) return message;
  const isTold = way === 'response-url' && (await WHY.getOrSet(tools.store, { place, code }, requestId)) !== requestId;
  return isTold ? message : withReason(message, { channel: place.channel, code, way });
}

function nextWay({ way, delivery: { place } }: Slots): Outbox['way'] | null {
  if (way === 'channel' && place.responseUrl !== null) return 'response-url';
  return way !== 'direct' && place.userId !== '' ? 'direct' : null;
}

async function putThread(slots: Slots, answer: Answer): Promise<void> {
  const details = slots.way === 'response-url' ? forResponseUrl(answer.thread) : answer.thread;
  for (const detail of details) await putDetail(slots, detail);
  const current = new Set([SUMMARY, ...details.map(({ slot }) => slot)]);

  // A new answer to the same request may have fewer details, and old ones must not contradict it.
  for (const slot of slots.names) {
    if (!current.has(slot) && (await slots.isPosted(slot))) await putDetail(slots, { slot, message: OUT_OF_DATE });
  }
  // Pictures come last, because drawing takes a while, and the text has the same content.
  for (const { slot, message, picture } of details) {
    if (picture !== undefined) await putPicture(slots, { slot, message }, picture);
  }
  if (answer.picture === undefined || slots.way === 'response-url') return;
  await putPicture(slots, { slot: SUMMARY, message: await withWhy(slots, 'answer', answer.summary) }, answer.picture);
}

/** Uploaded files can't be shown through a `response_url`: Slack doesn't check who posts that way, and the file is the bot's. */
function forResponseUrl(details: Answer['thread']): Answer['thread'] {
  return inFewer(details.map(({ slot, message }) => ({ slot, message }))).slice(0, DETAILS_BY_RESPONSE_URL);
}

async function putDetail(slots: Slots, { slot, message, picture }: Answer['thread'][number]): Promise<void> {
  if (picture !== undefined && showsPicture(slots, { slot, message }, picture)) return;
  const put = await slots.put(slot, message);
  if (put.kind === 'done') return;
  const { requestId } = slots.delivery;
  if (put.kind === 'refused') noteRefused(slots, slot, put.refusals);
  else slots.tools.log.warn({ requestId, slot, error: put.error }, 'left out a detail that Slack does not let us post');
  await slots.setRefused(slot, message);
}

function noteRefused({ tools, delivery: { requestId } }: Slots, slot: string, refusals: readonly string[]): void {
  tools.log.error({ requestId, slot, refusals }, 'Slack refused a message in every form');
}
