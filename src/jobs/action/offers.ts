/**
 * Offers what a finding recommends to those who may do it. Everybody in a channel sees the answer, so the buttons are in a message
 * of their own, which Slack shows only to the people of `ACTION_USERS` who are in that channel.
 */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import type { Message } from '../../formatters/message.ts';
import { formatOffers, type OfferedAction } from '../../formatters/reports/action.ts';
import { readRecordOf } from '../answer/record.ts';
import { type OfferJob, scheduleOffers } from '../background/background-jobs.ts';
import { type Posted, postedAt } from '../deliver/outbox.ts';
import { say } from '../deliver/wanted.ts';
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

/** The answer first has to be in Slack. */
const NOT_YET_MS = 1_500;
const MOST_ATTEMPTS = 200;

/** Adds the job that offers, when the finding recommends something that may be done. */
export async function considerOffering(
  client: QueueClient,
  { kinds }: ActionRules,
  {
    diagnosis,
    request,
  }: { readonly diagnosis: Diagnosis; readonly request: Pick<DiagnoseRequest, 'requestId' | 'place'> },
): Promise<void> {
  if (!recommendedBy(diagnosis).some(({ kind }) => kinds.includes(kind))) return;
  const { requestId: answerId, place } = request;
  await scheduleOffers(client, { answerId, place, wanted: null, attempt: 0 }, 0);
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
  const offered = await Promise.all(
    wanted.map((one) => offer(one, { answerId, place: there, headline }, tools, signal)),
  );
  await show(formatOffers(offered), { answerId, place: there, isPosted: posted !== null }, tools);
}

async function offer(
  wanted: WantedAction,
  { answerId, place, headline }: Pick<Offer, 'place' | 'headline'> & { readonly answerId: string },
  { client, ktrdr }: OfferTools,
  signal: AbortSignal,
): Promise<OfferedAction> {
  const offerId = offerIdOf(place, answerId, wanted.kind, wanted.operationId);
  const sample = { offerId, place, userId: '…', taskId: '', chosenModel: null };
  const plan = await planFor(wanted, choicesOf(sample), ktrdr, signal);
  if (plan.kind === 'refused') return { ...wanted, operationType: null, refusal: plan.why };
  const { operationType, status } = plan.situation.record;
  const model = plan.kind === 'needs-model' ? { known: plan.known } : null;
  await OFFER.set(client.store, offerId, { offerId, wanted, place, operationType, status, model, headline });
  return { ...wanted, operationType, offerId, ...confirmationOf(plan) };
}

/** What the dialog names. The ids that the bot chooses, and who presses, are known only then. */
function confirmationOf(plan: Exclude<Plan, { kind: 'refused' }>) {
  if (plan.kind === 'needs-model') return { asksForModel: true, notes: [] };
  const { method, path, body } = plan.call;
  const { task_id: _, reason: __, ...shown } = body ?? {};
  return { asksForModel: false, call: { method, path, body: shown }, notes: plan.notes };
}

async function show(
  message: Message,
  { answerId, place, isPosted }: { readonly answerId: string; readonly place: Place; readonly isPosted: boolean },
  { client, postEphemeral, rules, log }: OfferTools,
): Promise<void> {
  const { teamId, channel, userId } = place;
  const requestId = `action-offers-${answerId}`;
  // Where only one person reads, or nothing could be posted for others, it is a message like any other.
  if (isDirect(place) || !isPosted) {
    const to = isDirect(place) ? place : { ...place, channel: userId, threadTs: null };
    if (rules.users.includes(userId)) await say(client, { requestId, place: to }, { summary: message, thread: [] });
    return;
  }
  // In the channel and not in the thread, where hardly anybody would see it.
  for (const user of rules.users) {
    const outcome = await postEphemeral({ teamId, channel, userId: user }, message);
    if (outcome.kind !== 'sent') log.debug({ answerId, outcome }, 'actions could not be offered to somebody');
  }
}

/** Results go into the thread of the answer. */
function threadBelow(place: Place, posted: Posted | null): Place {
  const lasting = { ...place, responseUrl: null, messageTs: null };
  if (posted === null) return lasting;
  return { ...lasting, channel: posted.channel, threadTs: place.threadTs ?? posted.ts };
}
