/** Points a person to the message that answers the same question in the channel, instead of a second one. */
import { formatAnsweredAlready, formatAnsweredElsewhere } from '../../formatters/reports/earlier-answers.ts';
import { textCell } from '../queue/store-cell.ts';
import { REQUESTS_KEPT_MS } from '../register/open-requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { postedAt } from './outbox.ts';
import { Later, NotYet } from './pacing.ts';
import { Unclear } from './setbacks.ts';
import type { Slots } from './slots.ts';
import { type Elsewhere, isLast, readWanted } from './wanted.ts';

const POINTED = textCell<string>({ key: (requestId) => `pointed:${requestId}`, ttlMs: REQUESTS_KEPT_MS });
const NOT_POSTED_MS = 1000;

/** False when there is no message to point to, or no way to this person alone: then they get an answer of their own. */
export async function tellElsewhere(
  slots: Slots,
  { requestId: other, question, given }: Elsewhere,
  workspace: Pick<SlackWorkspace, 'permalink'> | undefined,
): Promise<boolean> {
  const { store, chat } = slots.tools;
  const { requestId, place } = slots.delivery;
  if (place.responseUrl === null || workspace === undefined) return false;
  if ((await POINTED.get(store, requestId)) !== null) return true;
  const posted = await postedAt(store, other);
  if (posted === null) {
    const wanted = await readWanted(store, other);
    if (wanted === null || !isLast(wanted.stage)) throw new NotYet(NOT_POSTED_MS);
    return false;
  }
  const url = await workspace.permalink(place.teamId, posted.channel, posted.ts);
  if (url === null) return false;
  const message =
    given === undefined ? formatAnsweredElsewhere(url, question) : formatAnsweredAlready({ ...given, url }, question);
  const outcome = await chat.respond(place.responseUrl, message);
  if (outcome.kind === 'rate-limited') throw new Later(outcome.retryAfterMs);
  // A second ephemeral message is better than a second thread for all.
  if (outcome.kind === 'uncertain') throw new Unclear(`Slack gave no clear answer (${outcome.reason}).`);
  if (outcome.kind !== 'sent') return false;
  await POINTED.set(store, requestId, other);
  return true;
}
