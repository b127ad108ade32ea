/**
 * Offers recommended actions to the people who can use them. Everyone in a channel sees the answer, so the buttons are in a
 * separate message, which Slack shows only to the `ACTION_USERS` in that channel.
 */
import type { Clean } from '../../diagnosis/clean.ts';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Message } from '../../formatters/message.ts';
import { formatOffers, type OfferedAction } from '../../formatters/reports/action.ts';
import { readRecordOf } from '../answer/record.ts';
import { type OfferJob, scheduleOffers } from '../background/background-jobs.ts';
import { type Posted, postedAt } from '../deliver/outbox.ts';
import { type Reply, say } from '../deliver/wanted.ts';
import type { PostEphemeral } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { OPEN } from '../register/open-requests.ts';
import { type DiagnoseRequest, isDirect, type Place } from '../requests.ts';
import { type ActionRules, type ActionTools, choicesOf } from './perform.ts';
import { type Plan, planFor } from './plan.ts';
import { recommendedBy } from './recommended.ts';
import { OFFER, type Offer, offerIdOf } from './state.ts';
import type { WantedAction } from './wanted.ts';

export interface OfferTools extends ActionTools {
  readonly postEphemeral: PostEphemeral;
}

/** Wait before retrying, because the answer must be in Slack first. */
const NOT_YET_MS = 1_500;
const MOST_ATTEMPTS = 200;

/**
 * Adds a job that offers the recommended actions, if any are allowed: below the request's own answer, or below the one that the
 * channel already shows. A requester who is pointed to another request's answer gets no separate offer.
 */
export async function considerOffering(
  client: QueueClient,
  rules: ActionRules | null,
  {
    diagnosis,
    request,
    reply,
  }: {
    readonly diagnosis: Diagnosis;
    readonly request: Pick<DiagnoseRequest, 'requestId' | 'place'>;
    readonly reply: Reply | null;
  },
): Promise<void> {
  if (rules === null || reply === null) return;
  if (!recommendedBy(diagnosis).some(({ kind }) => rules.kinds.includes(kind))) return;
  const { elsewhere = null } = reply;
  if (elsewhere !== null && elsewhere.isSummary !== true) return;
  const { requestId, place } = request;
  // A person who asks again about an answer in the channel gets the buttons again; the others aren't notified twice.
  const again = elsewhere === null ? {} : { again: { requestId, userId: place.userId } };
  await scheduleOffers(
    client,
    { answerId: elsewhere?.requestId ?? requestId, place, wanted: null, attempt: 0, ...again },
    0,
  );
}

export async function offerActions(job: OfferJob, tools: OfferTools, signal: AbortSignal): Promise<void> {
  const { client, rules } = tools;
  const { answerId, place } = job;
  const record = await readRecordOf(client.store, answerId);
  const headline = record?.diagnosis.headline ?? '';
  const wanted = (job.wanted ?? (record === null ? [] : recommendedBy(record.diagnosis))).filter(({ kind }) =>
    rules.kinds.includes(kind),
  );
  if (wanted.length === 0) return;
  const [isOpen = false] = await client.store.areRanked(OPEN, [answerId]);
  if (isOpen && job.attempt < MOST_ATTEMPTS)
    return scheduleOffers(client, { ...job, attempt: job.attempt + 1 }, NOT_YET_MS);
  const posted = await postedAt(client.store, answerId);
  const there = threadBelow(place, posted);
  const answer = posted === null || record === null ? null : { answerId, ts: posted.ts };
  const about = { answerId, answer, place: there, headline };
  const offered: OfferedAction[] = [];
  for (const one of wanted) offered.push(...(await offer(one, about, tools, signal)));
  const requestId = `action-offers-${job.again?.requestId ?? answerId}`;
  const users = job.again === undefined ? rules.users : rules.users.filter((user) => user === job.again?.userId);
  await show(formatOffers(onceEach(offered)), { requestId, place: there, isPosted: posted !== null, users }, tools);
}

/** Actions that fit now, with buttons; others, with the reason and an alternative. */
async function offer(
  wanted: WantedAction,
  about: Pick<Offer, 'place' | 'headline' | 'answer'> & { readonly answerId: string },
  tools: OfferTools,
  signal: AbortSignal,
): Promise<readonly OfferedAction[]> {
  const { client, ktrdr, clean, rules } = tools;
  const { answerId, ...kept } = about;
  const { place } = about;
  const offerId = offerIdOf(place, answerId, wanted.kind, wanted.operationId);
  const sample = { offerId, place, userId: '…', taskId: '', chosenModel: null };
  const plan = await planFor(wanted, choicesOf(sample), ktrdr, signal);
  if (plan.kind === 'refused') {
    const { why, instead } = plan;
    const others = instead !== undefined && rules.kinds.includes(instead.kind) ? [instead] : [];
    const refused = { ...wanted, operationType: null, refusal: clean(why) };
    return [refused, ...(await Promise.all(others.map((one) => offer(one, about, tools, signal)))).flat()];
  }
  const { operationType, status } = plan.situation.record;
  const model = plan.kind === 'needs-model' ? { known: plan.known } : null;
  await OFFER.set(client.store, offerId, { ...kept, offerId, wanted, operationType, status, model });
  return [{ ...wanted, operationType, offerId, ...confirmationOf(plan, clean) }];
}

/** The text of the confirmation dialog. IDs that the bot generates, and the person, are known only after the click. */
function confirmationOf(plan: Exclude<Plan, { kind: 'refused' }>, clean: Clean) {
  if (plan.kind === 'needs-model') return { asksForModel: true, notes: [] };
  const { method, path, body } = plan.call;
  const { task_id: _, reason: __, ...sent } = body ?? {};
  const shown = Object.entries(sent).map(([name, value]) => [name, clean([value].flat().join(', '))]);
  return { asksForModel: false, call: { method, path, body: Object.fromEntries(shown) }, notes: plan.notes.map(clean) };
}

/** Drops duplicates: starting again may be both recommended and the alternative to a resume. */
function onceEach(offered: readonly OfferedAction[]): readonly OfferedAction[] {
  return offered.filter(({ kind }, at) => offered.findIndex((other) => other.kind === kind) === at);
}

async function show(
  message: Message,
  {
    requestId,
    place,
    isPosted,
    users,
  }: {
    readonly requestId: string;
    readonly place: Place;
    readonly isPosted: boolean;
    readonly users: readonly string[];
  },
  { client, postEphemeral, log }: OfferTools,
): Promise<void> {
  const { teamId, channel, userId } = place;
  // Where only one person reads, or no message is visible to others, a normal message is private enough.
  if (isDirect(place) || !isPosted) {
    const to = isDirect(place) ? place : { ...place, channel: userId, threadTs: null };
    if (users.includes(userId)) await say(client, { requestId, place: to }, { summary: message, thread: [] });
    return;
  }
  // In the channel, not in the thread, where hardly anyone would see it.
  for (const user of users) {
    const outcome = await postEphemeral({ teamId, channel, userId: user }, message);
    if (outcome.kind !== 'sent') log.debug({ requestId, outcome }, 'actions could not be offered to somebody');
  }
}

/** Results go into the thread of the answer. */
function threadBelow(place: Place, posted: Posted | null): Place {
  const lasting = { ...place, responseUrl: null, messageTs: null };
  if (posted === null) return lasting;
  return { ...lasting, channel: posted.channel, threadTs: place.threadTs ?? posted.ts };
}
