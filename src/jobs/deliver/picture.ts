/** The picture of a detail: uploaded once, then added to the message that says the same in words. */
import type { Message, TracePicture } from '../../formatters/message.ts';
import type { Picture as Drawing } from '../../formatters/picture/png.ts';
import { createCache } from '../cache.ts';
import type { SlackWorkspace, UploadOutcome } from '../workspace-port.ts';
import { fingerprint, withImage } from './content.ts';
import type { Picture } from './outbox.ts';
import { NotYet } from './pacing.ts';
import type { Pictures, Slots } from './slots.ts';

/** How long uploads are tried while Slack has trouble. The text of the answer is in the thread already. */
const UPLOAD_TIMEOUT_MS = 10 * 60_000;
/** Slack needs a few seconds to process an upload, and rejects messages that contain it until then. */
const PROCESSING_TIMEOUT_MS = 90_000;
const MIN_RETRY_MS = 1500;
const MAX_RETRY_MS = 20_000;

/** How long to draw no pictures for a workspace that doesn't let the bot upload files. */
const NO_ACCESS_TTL_MS = 10 * 60_000;
const MAX_WORKSPACES_WITHOUT_ACCESS = 1000;

export interface PictureTools extends Pick<SlackWorkspace, 'keepPicture'> {
  /** Runs `drawPng`, possibly in another process. */
  draw(chart: TracePicture['chart']): Promise<Drawing>;
}

/** One picture is drawn at a time, because each takes most of a processor for a moment. */
export function createPictures({ keepPicture, draw }: PictureTools, isBusy: () => boolean): Pictures {
  let last: Promise<unknown> = Promise.resolve();
  const withoutAccess = createCache<UploadOutcome>({
    maxEntries: MAX_WORKSPACES_WITHOUT_ACCESS,
    ttlMs: NO_ACCESS_TTL_MS,
  });
  return {
    isBusy,
    async upload(teamId, { chart, fileName, title, altText }) {
      const known = withoutAccess.get(teamId);
      if (known !== undefined) return known;
      const drawn = last.then(() => draw(chart));
      last = drawn.catch(() => undefined);
      const { png, hasText } = await drawn;
      if (!hasText) return { kind: 'no-access', error: 'no font is installed on this machine' };
      const outcome = await keepPicture(teamId, { name: fileName, title, altText, bytes: new Uint8Array(png) });
      if (outcome.kind === 'no-access' || outcome.kind === 'unauthorised') withoutAccess.set(teamId, outcome);
      return outcome;
    },
  };
}

interface PictureDelivery {
  readonly slots: Slots;
  readonly slot: string;
  readonly pictures: Pictures;
  readonly wanted: TracePicture;
}

interface Detail {
  readonly slot: string;
  readonly message: Message;
}

/** Whether its message shows the picture already. */
export function showsPicture(slots: Slots, { slot, message }: Detail, wanted: TracePicture): boolean {
  const known = slots.picture(slot);
  if (known === undefined || known.fileId === null || known.picture !== fingerprint(wanted)) return false;
  return slots.shows(slot, withImage(message, wanted, known.fileId));
}

/** Does nothing when the answer stays without its picture, which is logged. Throws `NotYet` when it may be there soon. */
export async function putPicture(slots: Slots, detail: Detail, wanted: TracePicture): Promise<void> {
  const { slot, message } = detail;
  const { pictures } = slots.tools;
  if (pictures === null || showsPicture(slots, detail, wanted)) return;
  // Without its text message, there is nothing to add the picture to.
  if (!(await slots.isPosted(slot))) return;
  const delivery: PictureDelivery = { slots, slot, pictures, wanted };
  const known = slots.picture(slot);
  const content = fingerprint(wanted);
  const picture: Picture =
    known?.picture === content ? known : { picture: content, since: Date.now(), fileId: null, isGivenUp: false };
  if (picture.isGivenUp) return;

  const fileId = picture.fileId ?? (await upload(delivery, picture));
  if (fileId === null) return;
  // The question may have been asked again during the upload, and the new answer has its own picture.
  if (await slots.isTakenOver()) return;
  const shown = withImage(message, wanted, fileId);
  const put = await slots.put(slot, shown, [shown]);
  if (put.kind === 'done') return;
  if (put.kind === 'refused') await retryUntil(PROCESSING_TIMEOUT_MS, delivery, { ...picture, fileId });
  await giveUp(delivery, picture, put.kind === 'refused' ? put.refusals.join(', ') : put.error);
}

async function upload(delivery: PictureDelivery, picture: Picture): Promise<string | null> {
  const { slots, slot, pictures, wanted } = delivery;
  const { pacing, signal, log } = slots.tools;
  const { requestId, place } = slots.delivery;
  pacing.check(slots.channel);
  signal.throwIfAborted();
  if (pictures.isBusy()) {
    log.info({ requestId }, 'no picture: many others wait for their words');
    return null;
  }
  // Saved first, because drawing and uploading take seconds, during which the question may be asked again.
  await slots.savePending();
  const outcome = await pictures.upload(place.teamId, wanted);
  switch (outcome.kind) {
    case 'uploaded':
      await slots.setPicture(slot, { ...picture, fileId: outcome.fileId });
      return outcome.fileId;
    case 'rate-limited':
      throw new NotYet(outcome.retryAfterMs);
    case 'uncertain':
      await retryUntil(UPLOAD_TIMEOUT_MS, delivery, picture);
      await giveUp(delivery, picture, outcome.reason);
      return null;
    default:
      await giveUp(delivery, picture, outcome.error);
      return null;
  }
}

/** Returns only after the timeout, and throws `NotYet` before. The delays grow with the time that has passed, with jitter. */
async function retryUntil(timeoutMs: number, { slots, slot }: PictureDelivery, picture: Picture): Promise<void> {
  const passedMs = Date.now() - picture.since;
  if (passedMs > timeoutMs) return;
  await slots.setPicture(slot, picture);
  const delayMs = Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, passedMs / 2));
  throw new NotYet(delayMs * (0.75 + Math.random() / 2));
}

async function giveUp({ slots, slot }: PictureDelivery, picture: Picture, error: string): Promise<void> {
  const { requestId } = slots.delivery;
  slots.tools.log.warn({ requestId, slot, error }, 'the answer stays without its picture');
  await slots.setPicture(slot, { ...picture, isGivenUp: true });
}
