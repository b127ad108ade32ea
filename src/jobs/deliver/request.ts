/** Brings what Slack shows for one request to what is wanted, however often it is interrupted. */
import { UnrecoverableError } from 'bullmq';
import type { Answer, Message } from '../../formatters/message.ts';
import type { DeliveryJob } from '../queue/queues.ts';
import { fingerprint, inFewer, OUT_OF_DATE, withInviteHint } from './content.ts';
import { type Outbox, openOutbox, SUMMARY } from './outbox.ts';
import { putPicture } from './picture.ts';
import { type DeliveryState, type DeliveryTools, findLost, putSlot, rememberSlot, saveRest } from './slot.ts';
import { readWanted } from './wanted.ts';

/** Slack takes five uses of a `response_url`: the placeholder, the answer, and so many of its details. */
const DETAILS_BY_RESPONSE_URL = 3;

/** Throws `Later`, an `UnrecoverableError` when no other try can help, and any other error when the next may. */
export async function deliverRequest(delivery: DeliveryJob, tools: DeliveryTools): Promise<void> {
  const wanted = await readWanted(tools.store, delivery);
  if (wanted === null) return;
  const { stage, answer } = wanted;
  const outbox = await openOutbox(tools.store, delivery);
  if (outbox.way === 'response-url' && stage === 'phase') return;
  const delivering: DeliveryState = { ...tools, delivery, outbox, isSaved: true };
  try {
    await putSummary(delivering, answer.summary);
    if (stage === 'answer') await putThread(delivering, answer);
  } catch (error) {
    // What went wrong first is what decides how to go on.
    await saveRest(delivering).catch((err: unknown) => delivering.log.warn({ err }, 'could not save the outbox'));
    throw error;
  }
  await saveRest(delivering);
}

async function putThread(delivering: DeliveryState, answer: Answer): Promise<void> {
  const { outbox } = delivering;
  const details = outbox.way === 'response-url' ? forResponseUrl(answer.thread) : answer.thread;
  const current = new Set([SUMMARY]);
  for (const detail of details) {
    if (await putDetail(delivering, detail)) current.add(detail.slot);
  }

  // A repeated question can have fewer details, and what stands in the thread must not contradict the new answer.
  for (const slot of Object.keys(outbox.slots)) {
    if (current.has(slot)) continue;
    await findLost(delivering, slot);
    const known = outbox.slots[slot];
    if (known?.state === 'sent' && known.ts !== '') await putDetail(delivering, { slot, message: OUT_OF_DATE });
  }
}

/** A `response_url` cannot show what was uploaded: the file belongs to the bot, and Slack does not ask who posts that way. */
function forResponseUrl(details: Answer['thread']): Answer['thread'] {
  return inFewer(details.filter(({ picture }) => picture === undefined)).slice(0, DETAILS_BY_RESPONSE_URL);
}

async function putSummary(delivering: DeliveryState, summary: Message): Promise<void> {
  const { delivery, outbox, log } = delivering;
  for (;;) {
    const put = await putSlot(delivering, SUMMARY, outbox.way === 'channel' ? summary : withInviteHint(summary));
    if (put.kind === 'done') return;
    if (put.kind === 'refused') return rememberRefused(delivering, SUMMARY, summary, put.refusals);
    const way = nextWay(outbox, delivery);
    if (way === null) {
      throw new UnrecoverableError(`Slack lets the bot post neither in the channel nor to the asker (${put.error}).`);
    }
    log.info({ requestId: delivery.requestId, way, error: put.error }, 'trying another way to the asker');
    outbox.way = way;
    outbox.slots = {};
  }
}

/** False when the thread goes without it, and what it shows in its place is out of date. */
async function putDetail(
  delivering: DeliveryState,
  { slot, message, picture }: Answer['thread'][number],
): Promise<boolean> {
  if (picture !== undefined) return putPicture(delivering, slot, message, picture);
  const put = await putSlot(delivering, slot, message);
  if (put.kind === 'refused') await rememberRefused(delivering, slot, message, put.refusals);
  if (put.kind !== 'no-access') return true;
  const { delivery, log } = delivering;
  log.warn(
    { requestId: delivery.requestId, slot, error: put.error },
    'left out a detail that Slack does not let us post',
  );
  await rememberSlot(delivering, slot, { state: 'refused', content: fingerprint(message) });
  return true;
}

async function rememberRefused(
  delivering: DeliveryState,
  slot: string,
  message: Message,
  refusals: readonly string[],
): Promise<void> {
  const { delivery, log } = delivering;
  log.error({ requestId: delivery.requestId, slot, refusals }, 'Slack refused a message in every form');
  await rememberSlot(delivering, slot, { state: 'refused', content: fingerprint(message) });
}

function nextWay({ way }: Outbox, { place }: DeliveryJob): Outbox['way'] | null {
  if (way === 'channel' && place.responseUrl !== null) return 'response-url';
  return way !== 'direct' && place.userId !== '' ? 'direct' : null;
}
