/** What the store knows of work that isn't done: for metrics, read from ranked sets that the jobs keep. */
import type { Store } from '../ports.ts';
import { OPEN } from '../register/open-requests.ts';

/** Ids of workspaces whose deliveries wait for a token that works, by when that began. */
export const PARKED = 'parked-workspaces';
const MOST = 1_000;

/** When the oldest open request was asked, in milliseconds; null when none is open. */
export async function oldestOpenAt(store: Store): Promise<number | null> {
  const [oldest] = await store.ranked(OPEN, { limit: 1 });
  return oldest?.order ?? null;
}

export async function parkedTeams(store: Store): Promise<readonly string[]> {
  return (await store.ranked(PARKED, { limit: MOST })).map(({ member }) => member);
}
