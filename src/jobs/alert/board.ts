/** The active alerts of a channel: one per cause, which counts repeated failures. Pure functions; each failure counts once. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { isOpen } from '../../formatters/answer/summary.ts';
import type { Answer } from '../../formatters/message.ts';
import type { Store } from '../ports.ts';
import { cell } from '../queue/store-cell.ts';
import type { ChannelRef } from '../requests.ts';
import type { Sighting } from './look.ts';

/** Times in milliseconds. */
const failureSchema = z.object({
  /** Key of the sighting. */
  key: z.string(),
  /** Operation ID, or trace ID of a refused request. */
  name: z.string(),
  type: z.string().nullable(),
  headline: z.string(),
  at: z.number(),
});
const alertSchema = z.object({
  /** Also the ID of its message and of its record. */
  alertId: z.string(),
  /** Several causes when many failures came at the same time. */
  causes: z.array(z.object({ group: z.string(), headline: z.string(), count: z.number() })),
  count: z.number(),
  types: z.array(z.string()),
  begunAt: z.number(),
  firstAt: z.number(),
  newestAt: z.number(),
  /** The newest ones, oldest first. */
  failures: z.array(failureSchema),
  /** `by` is the type of the completed operation that ended the alert; null if it ended after a quiet day. */
  over: z.object({ at: z.number(), by: z.string().nullable() }).nullable(),
  /** The notification of its first failure. */
  text: z.string(),
  /** False while nothing was posted because it is snoozed or muted. */
  isShown: z.boolean(),
});
export type Alert = z.infer<typeof alertSchema>;
type AlertFailure = z.infer<typeof failureSchema>;

/** One failure as it was diagnosed. */
export interface Diagnosed extends AlertFailure {
  readonly diagnosis: Diagnosis;
  readonly answer: Answer;
  readonly group: string;
}

const DAY_MS = 24 * 3_600_000;
export const BOARD = cell<ChannelRef, { readonly alerts: readonly Alert[] }>({
  schema: z.object({ alerts: z.array(alertSchema) }),
  key: ({ teamId, channel }) => `alert-board:${teamId}-${channel}`,
  ttlMs: 7 * DAY_MS,
});

/** More causes than this at the same time share one message. */
const MOST_AT_ONCE = 5;
const AT_ONCE_MS = 60_000;
const MOST_KEPT = 100;
/** Maps rules that describe the same problem to one rule. */
const SAME: Readonly<Record<string, string>> = {
  'database/lost': 'database/refused',
};

/** Equal for failures with one cause behind them. */
export function groupOf({ primary, operationType }: Pick<Diagnosis, 'primary' | 'operationType'>): string {
  if (primary === null) return `unexplained/${operationType ?? 'any'}`;
  return SAME[primary.cause] ?? primary.cause;
}

/** Whether to alert people about it, or `unknown` if that can't be decided yet. */
export function isToldOf(diagnosis: Diagnosis, outcome: Sighting['outcome']): 'yes' | 'no' | 'unknown' {
  const { verdict, status, primary } = diagnosis;
  if (verdict === 'unavailable' || verdict === 'not-found') return 'unknown';
  if (outcome === 'refused') return 'yes';
  // The operation recovered: it was resumed, or it never failed.
  if (status === 'completed') return 'no';
  if (isOpen(diagnosis)) return primary?.severity === 'blocking' ? 'yes' : 'no';
  if (status === 'cancelled') return primary !== null && primary.severity !== 'notice' ? 'yes' : 'no';
  return 'yes';
}

/** The alerts with these failures, oldest first, and which of them have one of these. */
export function withFailures(
  alerts: readonly Alert[],
  failures: readonly Diagnosed[],
  { channel, nowMs }: { readonly channel: ChannelRef; readonly nowMs: number },
): { readonly alerts: readonly Alert[]; readonly touched: readonly Alert[] } {
  let all = alerts;
  const isNew = ({ group }: Diagnosed) => alertFor(alerts, group) === undefined;
  const newGroups = new Set(failures.filter(isNew).map(({ group }) => group));
  const recent = alerts.filter(({ begunAt }) => nowMs - begunAt < AT_ONCE_MS);
  const isBurst = recent.reduce((sum, { causes }) => sum + causes.length, 0) + newGroups.size > MOST_AT_ONCE;
  const burst = isBurst ? recent.find(({ causes }) => causes.length > 1)?.alertId : undefined;
  let shared = burst;
  for (const failure of failures) {
    const known = alertFor(all, failure.group) ?? (isBurst ? all.find(({ alertId }) => alertId === shared) : undefined);
    const alert = counted(known ?? begun(failure, channel, nowMs), failure);
    shared ??= alert.alertId;
    all = known === undefined ? [...all, alert] : all.map((one) => (one === known ? alert : one));
  }
  const keys = new Set(failures.map(({ key }) => key));
  return { alerts: all, touched: all.filter((alert) => alert.failures.some(({ key }) => keys.has(key))) };
}

/** The alerts after an operation of this type has completed, and those that this ended. */
export function withCompleted(alerts: readonly Alert[], type: string | null, atMs: number) {
  return withEnds(alerts, ({ types, newestAt, over }) =>
    over === null && type !== null && types.includes(type) && atMs > newestAt ? { at: atMs, by: type } : null,
  );
}

/** Whether this is the message of an alert that says it is over. */
export async function isOver(store: Store, channel: ChannelRef, alertId: string): Promise<boolean> {
  const board = await BOARD.get(store, channel);
  return board?.alerts.some((alert) => alert.alertId === alertId && alert.over !== null) ?? false;
}

/** The alerts of the last day, and which of the older ones have just ended. */
export function withoutQuiet(alerts: readonly Alert[], nowMs: number) {
  const isQuiet = ({ newestAt }: Alert) => nowMs - newestAt >= DAY_MS;
  const { alerts: all, touched } = withEnds(alerts, (alert) =>
    isQuiet(alert) && alert.over === null ? { at: nowMs, by: null } : null,
  );
  return { alerts: all.filter((alert) => !isQuiet(alert)), touched };
}

function withEnds(alerts: readonly Alert[], endOf: (alert: Alert) => Alert['over']) {
  const touched: Alert[] = [];
  const all = alerts.map((alert) => {
    const over = endOf(alert);
    if (over === null) return alert;
    const ended = { ...alert, over };
    touched.push(ended);
    return ended;
  });
  return { alerts: all, touched };
}

function alertFor(alerts: readonly Alert[], group: string): Alert | undefined {
  return alerts.findLast(({ causes }) => causes.some((cause) => cause.group === group));
}

function begun({ key, group, at, answer }: Diagnosed, { teamId, channel }: ChannelRef, nowMs: number): Alert {
  const name = createHash('sha256')
    .update(JSON.stringify([channel, group, key]))
    .digest('hex');
  return {
    // Deterministic, so that a retry after a crash uses the same ID.
    alertId: `${teamId}-alert-${name.slice(0, 24)}`,
    causes: [],
    count: 0,
    types: [],
    begunAt: nowMs,
    firstAt: at,
    newestAt: at,
    failures: [],
    over: null,
    text: answer.summary.text,
    isShown: false,
  };
}

function counted(alert: Alert, { group, key, name, type, headline, at }: Diagnosed): Alert {
  if (alert.failures.some((failure) => failure.key === key)) return alert;
  const causes = alert.causes.some((cause) => cause.group === group)
    ? alert.causes.map((cause) => (cause.group === group ? { ...cause, count: cause.count + 1 } : cause))
    : [...alert.causes, { group, headline, count: 1 }];
  const failures = [...alert.failures, { key, name, type, headline, at }].toSorted((a, b) => a.at - b.at);
  return {
    ...alert,
    causes,
    count: alert.count + 1,
    types: [...new Set([...alert.types, ...(type === null ? [] : [type])])],
    firstAt: Math.min(alert.firstAt, at),
    newestAt: Math.max(alert.newestAt, at),
    failures: failures.slice(-MOST_KEPT),
    // A new failure reopens the alert.
    over: alert.over !== null && at > alert.over.at ? null : alert.over,
  };
}
