import type { Message } from '../../formatters/message.ts';
import type { Chat, PostOutcome, Store } from '../ports.ts';
import { textCell } from '../queue/store-cell.ts';
import type { Place } from '../requests.ts';
import { REQUESTS_KEPT_MS } from './open-requests.ts';

const TOLD = textCell<string>({ key: (message) => `told:${message}`, ttlMs: REQUESTS_KEPT_MS });

/** True for whoever comes first within a day, so that something is told once. */
export function isFirst(store: Store, what: string): Promise<boolean> {
  return TOLD.setIfAbsent(store, what, 'yes');
}

interface Telling {
  readonly store: Store;
  readonly chat: Pick<Chat, 'respond'>;
}

/**
 * Tells a requester something beside the answer, through the `response_url`, which needs no token. `what` names the message: each
 * is sent once for a request. Null when it was sent before, or there is no such way.
 */
export async function tellOnce(
  { store, chat }: Telling,
  { requestId, place }: { readonly requestId: string; readonly place: Place },
  what: string,
  message: () => Message,
): Promise<PostOutcome['kind'] | null> {
  if (place.responseUrl === null || !(await isFirst(store, `${requestId}-${what}`))) return null;
  return (await chat.respond(place.responseUrl, message())).kind;
}
