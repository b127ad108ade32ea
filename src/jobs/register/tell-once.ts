import type { Message } from '../../formatters/message.ts';
import type { Chat, PostOutcome, Store } from '../ports.ts';
import { textCell } from '../queue/store-cell.ts';
import type { Place } from '../requests.ts';
import { REQUESTS_KEPT_MS } from './open-requests.ts';

const TOLD = textCell<string>({ key: (message) => `told:${message}`, ttlMs: REQUESTS_KEPT_MS });

/** True for the first call within a day, so that a message is sent only once. */
export function isFirst(store: Store, what: string): Promise<boolean> {
  return TOLD.setIfAbsent(store, what, 'yes');
}

interface Telling {
  readonly store: Store;
  readonly chat: Pick<Chat, 'respond'>;
}

/**
 * Sends the requester an extra message through the `response_url`, which needs no token. `what` names the message: each is sent
 * once per request. Null when it was sent before, or when there is no `response_url`.
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
