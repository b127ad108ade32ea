/** The picture of a detail: uploaded once, then shown by an ordinary message, which is posted once like any other. */
import type { Message, TracePicture } from '../../formatters/message.ts';
import { drawPng } from '../../formatters/picture/png.ts';
import { createCache } from '../cache.ts';
import type { SlackWorkspace, UploadOutcome } from '../workspace-port.ts';
import { fingerprint, withImage } from './content.ts';
import { isTakenOver, type Picture } from './outbox.ts';
import { Later } from './pacing.ts';
import { type DeliveryState, type Pictures, putSlot, rememberPicture, saveRest } from './slot.ts';

/** While Slack has trouble; the words are in the thread already. */
const PATIENCE_MS = 10 * 60_000;
/** While Slack does not know yet what it was given, which takes it some seconds. */
const PROCESSING_MS = 90_000;
const SHORTEST_WAIT_MS = 1500;
const LONGEST_WAIT_MS = 20_000;

/** A workspace that lets the bot upload nothing is not drawn for again and again. */
const CLOSED_MS = 10 * 60_000;
const WORKSPACES_REMEMBERED = 1000;

/** One picture is drawn at a time, because each takes most of a processor for a moment. */
export function createPictures({ keepPicture }: Pick<SlackWorkspace, 'keepPicture'>, isBusy: () => boolean): Pictures {
  let last: Promise<unknown> = Promise.resolve();
  /** By workspace: why it takes no files. */
  const closed = createCache<UploadOutcome>({ maxEntries: WORKSPACES_REMEMBERED, ttlMs: CLOSED_MS });
  return {
    isBusy,
    async upload(teamId, { chart, fileName, title, altText }) {
      const known = closed.get(teamId);
      if (known !== undefined) return known;
      const drawn = last.then(() => drawPng(chart));
      last = drawn.catch(() => undefined);
      const { png, hasText } = await drawn;
      if (!hasText) return { kind: 'no-access', error: 'no font is installed on this machine' };
      const outcome = await keepPicture(teamId, { name: fileName, title, altText, bytes: new Uint8Array(png) });
      const isClosed = outcome.kind === 'no-access' || outcome.kind === 'unauthorised';
      if (isClosed) closed.set(teamId, outcome);
      return outcome;
    },
  };
}

/** False when the answer stays without it, which the log says. Throws `Later` when it may be there soon. */
export async function putPicture(
  delivering: DeliveryState,
  slot: string,
  message: Message,
  wanted: TracePicture,
): Promise<boolean> {
  const { pictures, outbox } = delivering;
  if (pictures === null) return false;
  const known = outbox.pictures[slot];
  const content = fingerprint(wanted);
  const fresh: Picture = { picture: content, since: Date.now(), fileId: null, isGivenUp: false };
  const picture = known?.picture === content ? known : fresh;
  if (picture.isGivenUp) return false;

  const fileId = picture.fileId ?? (await uploaded(delivering, pictures, slot, picture, wanted));
  if (fileId === null) return false;
  // It has taken so long that the question was asked again, and the answer to that has a picture of its own.
  if (await isTakenOver(delivering.store, delivering.delivery, outbox)) return true;
  const shown = withImage(message, wanted, fileId);
  const put = await putSlot(delivering, slot, shown, [shown]);
  if (put.kind === 'done') return true;
  if (put.kind === 'refused') await waitOn(delivering, slot, { ...picture, fileId }, PROCESSING_MS);
  const error = put.kind === 'refused' ? put.refusals.join(', ') : put.error;
  return giveUp(delivering, slot, picture, error);
}

async function uploaded(
  delivering: DeliveryState,
  pictures: Pictures,
  slot: string,
  picture: Picture,
  wanted: TracePicture,
): Promise<string | null> {
  const { delivery, signal, pacing, outbox } = delivering;
  pacing.check(outbox.channel);
  signal.throwIfAborted();
  if (pictures.isBusy()) {
    delivering.log.info({ requestId: delivery.requestId }, 'no picture: many others wait for their words');
    return null;
  }
  // Drawing and uploading take seconds, in which the question may be asked again.
  await saveRest(delivering);
  const outcome = await pictures.upload(delivery.place.teamId, wanted);
  switch (outcome.kind) {
    case 'uploaded':
      await rememberPicture(delivering, slot, { ...picture, fileId: outcome.fileId });
      return outcome.fileId;
    case 'rate-limited':
      throw new Later(outcome.retryAfterMs);
    case 'uncertain':
      await waitOn(delivering, slot, picture, PATIENCE_MS);
      await giveUp(delivering, slot, picture, outcome.reason);
      return null;
    default:
      await giveUp(delivering, slot, picture, outcome.error);
      return null;
  }
}

/** Returns only when it has been waited for long enough. The waits grow with the time that has passed, and differ. */
async function waitOn(delivering: DeliveryState, slot: string, picture: Picture, patienceMs: number): Promise<void> {
  const passedMs = Date.now() - picture.since;
  if (passedMs > patienceMs) return;
  await rememberPicture(delivering, slot, picture);
  const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, passedMs / 2));
  throw new Later(waitMs * (0.75 + Math.random() / 2));
}

async function giveUp(delivering: DeliveryState, slot: string, picture: Picture, error: string): Promise<false> {
  const { delivery, log } = delivering;
  log.warn({ requestId: delivery.requestId, slot, error }, 'the answer stays without its picture');
  await rememberPicture(delivering, slot, { ...picture, isGivenUp: true });
  return false;
}
