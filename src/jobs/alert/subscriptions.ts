/** The channels that get alerts: those in the configuration, and those set by `/ktrdr alerts on`. */
import { z } from 'zod';
import type { OperationType } from '../../diagnosis/case.ts';
import { canonicalType } from '../../diagnosis/vocabulary/operations.ts';
import { wordsOf } from '../../language/words.ts';
import type { Store } from '../ports.ts';
import { cell, readListed, textList } from '../queue/store-cell.ts';
import type { ChannelRef } from '../requests.ts';

export interface Subscription extends ChannelRef {
  /** Empty: all. */
  readonly types: readonly OperationType[];
  /** The user who set it; null if it comes from the configuration. */
  readonly setBy: string | null;
  /** Failures before this time, in milliseconds, aren't reported. Null: since the bot's first look. */
  readonly since: number | null;
}

export interface ConfiguredAlerts {
  /** The workspace of the channel; null when there is only one. */
  readonly team: string | null;
  readonly channel: string;
  readonly types: readonly string[];
}

export type AlertsCommand =
  | { readonly kind: 'on'; readonly types: readonly OperationType[] }
  | { readonly kind: 'show' | 'off' }
  | { readonly kind: 'unclear'; readonly problem: string };

const subscriptionSchema = z.object({
  teamId: z.string(),
  channel: z.string(),
  types: z.array(z.string()).transform((names) => typesNamed(names)),
  setBy: z.string(),
  since: z.number(),
});

/** In effect until a user ends it. */
const KEPT_MS = 10 * 365 * 24 * 3_600_000;
const SUBSCRIPTION = cell<ChannelRef, z.infer<typeof subscriptionSchema>>({
  schema: subscriptionSchema,
  key: (target) => `alerts:${keyOf(target)}`,
  ttlMs: KEPT_MS,
});
const CHANNELS = textList<'all workspaces'>({ key: () => 'alerts:places', ttlMs: KEPT_MS });

/** An agent's design and assessment are separate operations. */
const AGENTS: readonly OperationType[] = ['agent_research', 'agent_design', 'agent_assessment'];
const FILLERS = ['for', 'of', 'and', 'all', 'only', 'please'];

/** The words after `alerts`. */
export function readAlertsWords(text: string): AlertsCommand {
  const [verb = 'show', ...rest] = wordsOf(text.toLowerCase().replaceAll(/[,;|]/g, ' '));
  if (verb === 'off' || verb === 'stop' || verb === 'end') return { kind: 'off' };
  if (verb === 'show' || verb === 'list') return { kind: 'show' };
  if (verb !== 'on' && verb !== 'set') return { kind: 'unclear', problem: `“${verb}” isn’t on, off, or show.` };
  const names = rest.filter((word) => !FILLERS.includes(word)).map((word) => word.replace(/s$/, ''));
  const unknown = names.find((name) => canonicalType(name) === null);
  return unknown === undefined
    ? { kind: 'on', types: typesNamed(names) }
    : {
        kind: 'unclear',
        problem: `“${unknown}” isn’t an operation type. Use training, backtest, download, or agent.`,
      };
}

/** Replaces the channel's earlier alerts. */
export async function saveAlerts(
  store: Store,
  subscription: Subscription & { readonly setBy: string; readonly since: number },
): Promise<void> {
  const kept = { ...subscription, types: [...subscription.types] };
  await SUBSCRIPTION.set(store, subscription, kept);
  await CHANNELS.moveToEnd(store, 'all workspaces', keyOf(subscription));
}

/** False when there was none. */
export async function dropAlerts(store: Store, target: ChannelRef): Promise<boolean> {
  const wasOn = await SUBSCRIPTION.has(store, target);
  await SUBSCRIPTION.delete(store, target);
  await CHANNELS.remove(store, 'all workspaces', keyOf(target));
  return wasOn;
}

export function alertsOfChannel(store: Store, target: ChannelRef): Promise<Subscription | null> {
  return SUBSCRIPTION.get(store, target);
}

/** Of all workspaces. */
export function allAlerts(store: Store): Promise<readonly Subscription[]> {
  return readListed(store, SUBSCRIPTION, { ids: CHANNELS, of: 'all workspaces', idOf: channelOf });
}

/** Whether any alerts are set. */
export async function isAnyAlertOn(store: Store): Promise<boolean> {
  return (await CHANNELS.values(store, 'all workspaces')).length > 0;
}

/** `onlyTeam` is the workspace of entries that name none; empty when the bot has one token, and with it one workspace. */
export function planAlerts(configured: readonly ConfiguredAlerts[], onlyTeam: string): readonly Subscription[] {
  return configured.map(({ team, channel, types }) => ({
    teamId: team ?? onlyTeam,
    channel,
    types: typesNamed(types),
    setBy: null,
    since: null,
  }));
}

/** Whether the subscription includes operations of this type. */
export function concerns({ types }: Pick<Subscription, 'types'>, type: string | null): boolean {
  return types.length === 0 || types.some((one) => one === type);
}

function typesNamed(names: readonly string[]): readonly OperationType[] {
  const types = names.map(canonicalType).filter((type) => type !== null);
  return [...new Set(types.flatMap((type) => (type === 'agent_research' ? AGENTS : [type])))];
}

function keyOf({ teamId, channel }: ChannelRef): string {
  return `${teamId}-${channel}`;
}

function channelOf(key: string): ChannelRef {
  const split = key.indexOf('-');
  return { teamId: key.slice(0, split), channel: key.slice(split + 1) };
}
