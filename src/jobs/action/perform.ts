/** Performs a confirmed action: checks it again, sends the request once, looks for the outcome, and reports it in the thread. */
import type { Logger } from 'pino';
import type { Clean } from '../../diagnosis/clean.ts';
import type { ActionKind } from '../../diagnosis/vocabulary/actions.ts';
import { doneWord, formatActed, formatActing } from '../../formatters/reports/action.ts';
import { isOver } from '../alert/board.ts';
import { aboutOfDiagnosed, recordAction } from '../answer/afterwards.ts';
import { recordDone } from '../answer/failure-state.ts';
import { updateAnswer } from '../answer/personal-answer.ts';
import { readRecordOf } from '../answer/record.ts';
import { type ActionJob, scheduleFollowing, scheduleOffers } from '../background/background-jobs.ts';
import { deliver } from '../deliver/wanted.ts';
import type { QueueClient } from '../queue/queues.ts';
import { closeRequest } from '../register/open-requests.ts';
import { startWatch } from '../watch/watch.ts';
import { type Attempt, beforeOf, confirm, explainRejection, type Looking, lookUntil, type Outcome } from './confirm.ts';
import { lookUp } from './look-up.ts';
import { type Choices, type Plan, planFor, type Ready } from './plan.ts';
import { ACTION, type Action, HELD, requestIdOfAction, SENT } from './state.ts';

/** The allowed actions and users: `ACTIONS` and `ACTION_USERS`. */
export interface ActionRules {
  readonly kinds: readonly ActionKind[];
  readonly users: readonly string[];
}

export interface ActionTools extends Looking {
  readonly client: QueueClient;
  readonly rules: ActionRules;
  readonly clean: Clean;
  readonly grafanaUrl: string | null;
  readonly log: Logger;
  /** Milliseconds. */
  readonly now: () => number;
}

/** A person who confirms an action expects it now, not when the queue returns from an outage. */
const LATEST_MS = 5 * 60_000;

/** For a job that reaches a process where actions are disabled. */
export async function refuseAction({ offerId }: ActionJob, client: QueueClient): Promise<void> {
  const action = await ACTION.get(client.store, offerId);
  if (action === null) return;
  const { wanted, operationType, userId, place } = action;
  const told = { ...wanted, operationType, userId, at: new Date().toISOString(), by: null };
  const text = 'ACTIONS isn’t set for the worker process. Nothing changed.';
  const summary = formatActed({ ...told, outcome: 'refused', text });
  await deliver(client, { requestId: requestIdOfAction(action), place }, 'answer', { summary, thread: [] });
}

export async function performAction({ offerId }: ActionJob, tools: ActionTools, signal: AbortSignal): Promise<void> {
  const { store } = tools.client;
  const action = await ACTION.get(store, offerId);
  if (action === null) return;
  const request = { requestId: requestIdOfAction(action), place: action.place };
  if (action.state === 'over') {
    await closeRequest(store, request);
    return;
  }
  const isMine = (await SENT.get(store, offerId)) === null || !(await isDoneByOther(offerId, tools, signal));
  if (!isMine) return;
  const outcome = await outcomeOf(action, tools, signal);
  // If this process lost the job to another one, it stays silent, because the other one reports the outcome.
  signal.throwIfAborted();
  await tell(action, outcome, tools);
}

/** Waits in case the first process still reports. It usually died, but if it only lost its job, it may still get the response. */
async function isDoneByOther(offerId: string, { client, wait }: ActionTools, signal: AbortSignal): Promise<boolean> {
  let isOver = false;
  await lookUntil({ wait }, signal, async () => {
    isOver = (await ACTION.get(client.store, offerId))?.state === 'over';
    return isOver;
  });
  return isOver;
}

async function outcomeOf(action: Action, tools: ActionTools, signal: AbortSignal): Promise<Outcome> {
  const { store } = tools.client;
  const sent = await SENT.get(store, action.offerId);
  if (sent !== null) return lookUp({ wanted: action.wanted, ...sent }, tools, signal);
  // Another version wrote this: the request may have been sent, but it's unknown for what.
  if (await SENT.has(store, action.offerId))
    return { kind: 'unknown', text: 'Check the operation before you try again.' };
  const forbidden = forbiddenIn(action, tools);
  if (forbidden !== null) return { kind: 'refused', text: forbidden };
  await showProgress(action, tools);
  const plan = await planFor(action.wanted, choicesOf(action), tools.ktrdr, signal);
  const misfit = misfitOf(action, plan);
  if (misfit !== null) return misfit;
  return callOnce(action, plan as Ready, tools, signal);
}

/** The configuration may have changed since the button was pressed. */
function forbiddenIn({ wanted, userId, confirmedAt }: Action, { rules, now }: ActionTools): string | null {
  if (!rules.users.includes(userId)) return 'The person who pressed the button is no longer in ACTION_USERS.';
  if (!rules.kinds.includes(wanted.kind)) return 'ACTIONS no longer allows this action.';
  return now() - confirmedAt > LATEST_MS ? 'The action waited more than 5 minutes, so it was skipped.' : null;
}

function misfitOf({ status }: Action, plan: Plan): Outcome | null {
  if (plan.kind === 'refused') {
    const text = `${asSentence(plan.why)} Nothing changed.`;
    return { kind: 'refused', text, ...(plan.instead !== undefined && { next: plan.instead }) };
  }
  const current = plan.situation.record.status;
  if (current !== status)
    return {
      kind: 'refused',
      text: `The operation was ${status} when the button was created, but is now ${current}. Nothing changed.`,
    };
  return plan.kind === 'needs-model' ? { kind: 'refused', text: 'No model was given. Nothing changed.' } : null;
}

async function callOnce(
  action: Action,
  { call, situation }: Ready,
  tools: ActionTools,
  signal: AbortSignal,
): Promise<Outcome> {
  const { client, ktrdr } = tools;
  const { wanted, offerId } = action;
  const held = await HELD.getOrSet(client.store, wanted, offerId);
  if (held !== offerId) return heldBy(await ACTION.get(client.store, held));
  const downloads = call.path.endsWith('/download') ? await ktrdr.downloads(signal) : null;
  // Cleaned of secrets, because it is stored.
  const before = beforeOf(situation, downloads?.kind === 'found' ? downloads.value : [], tools.clean);
  const attempt: Attempt = { wanted, call, before };
  signal.throwIfAborted();
  const isFirst = await SENT.setIfAbsent(client.store, offerId, { call, before });
  if (!isFirst) return lookUp(attempt, tools, signal);
  const answer = await ktrdr.call(call, signal);
  // A process that is ending has aborted the request, but ktrdr may still execute it. Another process looks for the outcome.
  signal.throwIfAborted();
  switch (answer.kind) {
    case 'accepted':
      return confirm(attempt, answer, tools, signal);
    case 'lost':
      return lookUp(attempt, tools, signal);
    case 'rejected':
      return explainRejection(attempt, answer, tools, signal);
    case 'not-sent':
      return { kind: 'refused', text: `${answer.reason} Nothing changed.` };
  }
}

function heldBy(other: Action | null): Outcome {
  const text = 'The same action was confirmed on another diagnosis a few minutes ago. Nothing changed.';
  return { kind: 'refused', text, ...(other !== null && { by: other.userId }) };
}

async function showProgress(action: Action, { client }: ActionTools): Promise<void> {
  const { wanted, operationType, place, userId } = action;
  const summary = formatActing({ ...wanted, operationType, userId });
  await deliver(client, { requestId: requestIdOfAction(action), place }, 'phase', { summary, thread: [] });
}

async function tell(action: Action, outcome: Outcome, tools: ActionTools): Promise<void> {
  const { client, clean, now, rules } = tools;
  const { wanted, place, userId, offerId, operationType } = action;
  const requestId = requestIdOfAction(action);
  auditOf(action, outcome, tools);
  const about = { ...wanted, operationType, userId, at: new Date(now()).toISOString(), by: outcome.by ?? null };
  const summary = formatActed({ ...about, outcome: outcome.kind, text: clean(outcome.text) });
  await deliver(client, { requestId, place }, 'answer', { summary, thread: [] });
  const { follow, next } = outcome;
  if (follow !== undefined && outcome.isResumed === true) await scheduleFollowing(client, offerId, 0, 0);
  else if (follow !== undefined) await watch(action, follow, tools);
  if (next !== undefined && rules.kinds.includes(next.kind))
    await scheduleOffers(client, { answerId: requestId, place, wanted: [next], attempt: 0 }, 0);
  if (outcome.kind === 'done') await showDone(action, outcome, about.at, tools);
  await close(action, outcome, tools);
}

/** Shows the action in the answer's message, for everyone who looks at the failure later. */
async function showDone(action: Action, { follow }: Outcome, at: string, tools: ActionTools): Promise<void> {
  const { wanted, place, userId, answer, offerId } = action;
  const { client, grafanaUrl } = tools;
  const { teamId, channel } = place;
  const { kind, operationId, data } = wanted;
  await recordDone(client.store, teamId, operationId, { what: doneWord(kind), userId, at });
  const record = answer === null ? null : await readRecordOf(client.store, answer.answerId);
  if (answer === null || record === null) return;
  await recordAction(client.store, teamId, aboutOfDiagnosed(record.diagnosis), {
    ...{ operationId, action: kind, data: data === undefined ? null : `${data.symbol} ${data.timeframe}` },
    ...{ startedId: follow ?? null, at: Date.parse(at), userId, channel },
  });
  // An alert that is over needs no action; its thread shows what was done.
  if (await isOver(client.store, place, answer.answerId)) return;
  const shownIn = { answerId: answer.answerId, place: { ...place, threadTs: null, messageTs: answer.ts } };
  await updateAnswer({ client, grafanaUrl }, `acted ${offerId} ${at}`, shownIn, record);
}

/** Logs only names and IDs. */
function auditOf(action: Action, { kind: outcome }: Outcome, { log }: ActionTools): void {
  const { wanted, place, userId } = action;
  const { teamId, channel } = place;
  const what = { kind: 'action', entry: wanted.kind, about: [wanted.operationId] };
  log.info({ audit: { outcome, ...what, requestIds: [requestIdOfAction(action)], teamId, channel, userId } }, 'action');
}

/**
 * An action that wasn't sent can be confirmed again with the same button. One that creates an operation isn't repeated from
 * another answer.
 */
async function close(action: Action, { kind }: Outcome, { client: { store } }: ActionTools): Promise<void> {
  const { offerId, wanted } = action;
  const makesNew = wanted.kind === 'start-again' || wanted.kind === 'load-data';
  const isHeld = kind !== 'refused' && makesNew;
  if (!isHeld && (await HELD.get(store, wanted)) === offerId) await HELD.delete(store, wanted);
  if (await SENT.has(store, offerId)) await ACTION.set(store, offerId, { ...action, state: 'over' });
  else await ACTION.delete(store, offerId);
}

/** Watches the operation until it ends, in the same thread. */
export async function watch(action: Action, operationId: string, { client, now }: ActionTools): Promise<void> {
  const { place, userId } = action;
  await startWatch(client, requestIdOfAction(action), { operationId, place: { ...place, userId }, nowMs: now() });
}

export function choicesOf({
  offerId,
  userId,
  place,
  taskId,
  chosenModel,
}: Pick<Action, 'offerId' | 'userId' | 'place' | 'taskId' | 'chosenModel'>): Choices {
  const mark = offerId.slice(-8);
  return {
    reason: `Cancelled by Slack user ${userId} (${place.teamId}) through ktrdr-bot, ${mark}`,
    taskId,
    model: chosenModel,
  };
}

function asSentence(clause: string): string {
  // ktrdr's name stays lower case at the start of a sentence.
  const begun = clause.startsWith('ktrdr') ? clause : `${clause.charAt(0).toUpperCase()}${clause.slice(1)}`;
  return `${begun}.`;
}
