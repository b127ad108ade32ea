/** Posts the alerts of a channel to Slack: each is one message with a thread, and is edited from then on. */

import {
  controlsOfOver,
  formatAnsweredBefore,
  formatManyCauses,
  formatOver,
  withCount,
} from '../../formatters/alert/alert.ts';
import { signed } from '../../formatters/answer/answer.ts';
import type { Answer } from '../../formatters/message.ts';
import { type Followed, withFollowed } from '../../formatters/reports/earlier-answers.ts';
import { considerOffering } from '../action/offers.ts';
import type { ActionRules } from '../action/perform.ts';
import { comparableIn, followedAmong, recordCompleted } from '../answer/afterwards.ts';
import { earlierAnswers, linkTo, recordAnswer } from '../answer/earlier-answers.ts';
import { causeMute, stateOf } from '../answer/failure-state.ts';
import { recordLast } from '../answer/last-answers.ts';
import { withState } from '../answer/personal-answer.ts';
import { type AnswerRecord, readRecord, saveRecord } from '../answer/record.ts';
import { say } from '../deliver/wanted.ts';
import { isAnyMuted, type Mute } from '../mute/mutes.ts';
import type { QueueClient } from '../queue/queues.ts';
import type { Reader } from '../readers.ts';
import type { ChannelRef, Place } from '../requests.ts';
import { record as measure } from '../telemetry.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { type Alert, BOARD, type Diagnosed, withCompleted, withFailures, withoutQuiet } from './board.ts';
import { concerns, type Subscription } from './subscriptions.ts';

export interface TellTools {
  readonly client: QueueClient;
  readonly workspace: Pick<SlackWorkspace, 'channel' | 'isMember' | 'permalink'>;
  readonly grafanaUrl: string | null;
  readonly version: string;
  /** Actions allowed through the ktrdr API, and their users; null when actions are disabled. */
  readonly actions: ActionRules | null;
  /** Saves the board of a channel. Throws if another process has taken over the look. */
  saveBoard(channel: ChannelRef, alerts: readonly Alert[]): Promise<void>;
}

/** An operation that completed. */
export interface Completed {
  readonly operationId: string;
  readonly type: string | null;
  /** Identifies the operations that it can stand in for. */
  readonly about: string | null;
  /** Milliseconds. */
  readonly at: number;
}

const NOBODY = { claimedBy: null };

/** Idempotent: the same failures count once, and the same alert is one message. */
export async function tellFailures(
  subscription: Subscription,
  diagnosed: readonly Diagnosed[],
  nowMs: number,
  tools: TellTools,
): Promise<void> {
  const { store } = tools.client;
  const own = diagnosed.filter((one) => concerns(subscription, one.type) && one.at >= (subscription.since ?? 0));
  const isMuted = await Promise.all(
    own.map(({ name }) => isAnyMuted(store, [{ ...refOf(subscription), kind: 'operation', of: name }])),
  );
  const told = own.filter((_, i) => isMuted[i] !== true);
  if (told.length === 0) return;
  const before = await alertsIn(tools, subscription);
  const { alerts, touched } = withFailures(before, told, { channel: refOf(subscription), nowMs });
  await tools.saveBoard(refOf(subscription), alerts);
  const shown = new Set<string>();
  for (const alert of touched) {
    const first = told.find(({ key }) => alert.failures.some((failure) => failure.key === key)) ?? null;
    if (await show(alert, first, subscription, tools)) shown.add(alert.alertId);
    measure({ kind: 'alert', outcome: alert.count > 1 ? 'counted' : 'begun' });
  }
  await tools.saveBoard(refOf(subscription), withShown(alerts, shown));
}

/** For later answers in the workspaces that are told of failures. */
export async function rememberCompleted(
  subscriptions: readonly ChannelRef[],
  completed: readonly Completed[],
  { client: { store } }: Pick<TellTools, 'client'>,
): Promise<void> {
  const teams = [...new Set(subscriptions.map(({ teamId }) => teamId))];
  for (const one of completed) await Promise.all(teams.map((teamId) => recordCompleted(store, teamId, one)));
}

/** Marks alerts that are over, forgets those that were quiet for a day, and shows those that are no longer muted. */
export async function tellEnds(
  subscription: Subscription,
  completed: readonly Completed[],
  nowMs: number,
  tools: TellTools,
): Promise<void> {
  const before = await alertsIn(tools, subscription);
  if (before.length === 0) return;
  let alerts = before;
  const ended: Alert[] = [];
  for (const { type, at } of completed) {
    const after = withCompleted(alerts, type, at);
    alerts = after.alerts;
    ended.push(...after.touched);
  }
  const quiet = withoutQuiet(alerts, nowMs);
  ended.push(...quiet.touched);
  const shown = new Set<string>();
  for (const alert of quiet.alerts) {
    const isWaiting = !alert.isShown && alert.over === null;
    if (isWaiting && (await show(alert, null, subscription, tools))) shown.add(alert.alertId);
  }
  const isChanged = ended.length > 0 || shown.size > 0 || quiet.alerts.length < before.length;
  for (const alert of ended) await showOver(alert, subscription, tools);
  if (isChanged) await tools.saveBoard(refOf(subscription), withShown(quiet.alerts, shown));
}

/** False when it is snoozed or muted, and wasn't posted before. */
async function show(
  alert: Alert,
  first: Diagnosed | null,
  subscription: Subscription,
  tools: TellTools,
): Promise<boolean> {
  const { client, grafanaUrl } = tools;
  const record = alert.causes.length > 1 ? null : await recordOf(alert, first, subscription, tools);
  if (record === null && alert.causes.length === 1) return false;
  const current = record === null ? null : { ...record, answer: withCount(record.answer, alert.text, alert) };
  if (current !== null) await saveRecord(client.store, alert.alertId, current);
  if (!alert.isShown && (await isQuiet(current, subscription, tools))) return false;
  const answer =
    current === null
      ? formatManyCauses(alert)
      : await withState(current, alert.alertId, subscription.channel, { store: client.store, grafanaUrl });
  const request = { requestId: alert.alertId, place: placeOf(subscription) };
  await say(client, request, answer);
  // Once per alert, because the buttons, like its answer, are about its first failure.
  if (current !== null && !alert.isShown)
    await considerOffering(client, tools.actions, { diagnosis: current.diagnosis, request, reply: answer });
  return true;
}

async function showOver(alert: Alert, subscription: Subscription, tools: TellTools): Promise<void> {
  const { client, grafanaUrl } = tools;
  const { store } = client;
  const { over, alertId } = alert;
  if (over === null || !alert.isShown) return;
  const record = alert.causes.length > 1 ? null : await readRecord(toolsOf(tools), alertId, readerOf(subscription));
  const state = record === null ? null : await stateOf(store, subscription, record.diagnosis);
  const answer: Answer =
    record === null
      ? formatManyCauses(alert)
      : await withState(record, alertId, subscription.channel, { store, grafanaUrl });
  const summary = formatOver({ ...alert, over }, state ?? NOBODY, controlsOfOver(answer.summary.blocks));
  const recipient = { requestId: alertId, place: placeOf(subscription) };
  await say(client, recipient, { summary, thread: answer.thread, isOnlyEdit: true });
  measure({ kind: 'alert', outcome: 'over' });
}

/** The answer about the first failure, as it is kept for the buttons; null when it has expired. */
async function recordOf(
  alert: Alert,
  first: Diagnosed | null,
  subscription: Subscription,
  tools: TellTools,
): Promise<AnswerRecord | null> {
  const known = await readRecord(toolsOf(tools), alert.alertId, readerOf(subscription));
  if (known !== null || first === null) return known;
  const { diagnosis, name, headline } = first;
  const { teamId, channel } = subscription;
  const origin = { teamId, channel, userId: '' };
  const url = await answeredBefore(first, subscription, tools);
  if (url !== null) return { origin, answer: formatAnsweredBefore(headline, name, url), diagnosis, symptom: null };
  const followed = await followedBefore(first, subscription, tools);
  await remember(alert, first, subscription, tools);
  const signature = { userId: null, isPasted: false, version: tools.version };
  const own = signed(first.answer, signature);
  const answer = { ...own, summary: withFollowed(own.summary, followed, diagnosis.operationType) };
  return { origin, answer, diagnosis, symptom: null };
}

/** What followed an earlier failure with this cause, from answers that everyone in the channel can read. */
async function followedBefore(
  { diagnosis, name, at }: Diagnosed,
  subscription: Subscription,
  tools: TellTools,
): Promise<Followed | null> {
  if (diagnosis.primary === null) return null;
  const reader = readerOf(subscription);
  const list = { kind: 'cause', cause: diagnosis.primary.cause } as const;
  const all = await earlierAnswers(toolsOf(tools), { list, reader, nowMs: at });
  const others = all.filter((one) => one.name !== name);
  return followedAmong(others, comparableIn(diagnosis), { tools: toolsOf(tools), reader });
}

/** The link to an answer about this failure that everyone in the channel can read. */
async function answeredBefore(
  { name, at }: Diagnosed,
  subscription: Subscription,
  tools: TellTools,
): Promise<string | null> {
  const reader = readerOf(subscription);
  const answers = await earlierAnswers(toolsOf(tools), { list: { kind: 'failures' }, reader, nowMs: at });
  const given = answers.find((answer) => answer.name === name);
  return given === undefined
    ? null
    : linkTo(toolsOf(tools), reader, { requestId: given.requestId, userId: given.onlyFor });
}

/** Lets people who ask about this failure be pointed to the alert. */
async function remember(
  { alertId }: Alert,
  { name, headline, diagnosis, at }: Diagnosed,
  subscription: Subscription,
  { client: { store } }: TellTools,
): Promise<void> {
  const { teamId, channel } = subscription;
  const given = { name, headline, at: Math.round(at), requestId: alertId, channel, ...comparableIn(diagnosis) };
  const { primary } = diagnosis;
  await Promise.all([
    recordAnswer(store, teamId, { kind: 'failures' }, given),
    primary === null ? null : recordAnswer(store, teamId, { kind: 'cause', cause: primary.cause }, given),
    recordLast(store, { requestId: alertId, place: placeOf(subscription) }, { diagnosis, symptom: null }),
  ]);
}

async function isQuiet(
  record: AnswerRecord | null,
  subscription: Subscription,
  { client: { store } }: TellTools,
): Promise<boolean> {
  const channel: Mute = { ...refOf(subscription), kind: 'channel', of: '' };
  const cause = record === null ? null : causeMute(subscription, record.diagnosis);
  return isAnyMuted(store, cause === null ? [channel] : [channel, cause]);
}

async function alertsIn({ client: { store } }: TellTools, channel: ChannelRef): Promise<readonly Alert[]> {
  return (await BOARD.get(store, channel))?.alerts ?? [];
}

function withShown(alerts: readonly Alert[], shown: ReadonlySet<string>): readonly Alert[] {
  return alerts.map((alert) => (shown.has(alert.alertId) ? { ...alert, isShown: true } : alert));
}

function toolsOf({ client: { store }, workspace }: TellTools) {
  return { store, workspace };
}

function readerOf({ teamId, channel }: ChannelRef): Reader {
  return { kind: 'everybody', teamId, channel };
}

function refOf({ teamId, channel }: ChannelRef): ChannelRef {
  return { teamId, channel };
}

/** If the bot can no longer post there, the user who enabled the alerts is told. */
export function placeOf({ teamId, channel, setBy }: Subscription): Place {
  return { teamId, channel, userId: setBy ?? '', threadTs: null, responseUrl: null, messageTs: null };
}
