/**
 * Offers what a finding recommends to those who may do it. Everybody in a channel sees the answer, so the buttons are in a message
 * of their own, which Slack shows only to the people of `ACTION_USERS` who are in that channel.
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

/** The answer first has to be in Slack. */
const NOT_YET_MS = 1_500;
const MOST_ATTEMPTS = 200;

/**
 * Adds the job that offers, when the finding recommends something that may be done: below the request's own answer, or below the
 * one that the channel shows already. Who is pointed to the answer of another request is offered nothing of their own.
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
  // Whoever asks again about what the channel shows gets the buttons back; the others aren't bothered a second time.
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

/** What fits now, with its button; what doesn't, with the reason, and what would help instead. */
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

/** What the dialog names. The ids that the bot chooses, and who presses, are known only then. */
function confirmationOf(plan: Exclude<Plan, { kind: 'refused' }>, clean: Clean) {
  if (plan.kind === 'needs-model') return { asksForModel: true, notes: [] };
  const { method, path, body } = plan.call;
  const { task_id: _, reason: __, ...sent } = body ?? {};
  const shown = Object.entries(sent).map(([name, value]) => [name, clean([value].flat().join(', '))]);
  return { asksForModel: false, call: { method, path, body: Object.fromEntries(shown) }, notes: plan.notes.map(clean) };
}

/** Starting again may be recommended, and help instead of a resume. */
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
  // Where only one person reads, or nothing could be posted for others, it is a message like any other.
  if (isDirect(place) || !isPosted) {
    const to = isDirect(place) ? place : { ...place, channel: userId, threadTs: null };
    if (users.includes(userId)) await say(client, { requestId, place: to }, { summary: message, thread: [] });
    return;
  }
  // In the channel and not in the thread, where hardly anybody would see it.
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
