/** Unfinished work, read for metrics from the ranked sets that the jobs maintain. */
import type { Store } from '../ports.ts';
import { OPEN } from '../register/open-requests.ts';

/** IDs of workspaces whose deliveries wait for a working token, ranked by the start of the wait. */
export const PARKED = 'parked-workspaces';
const MOST = 1_000;

/** When the oldest open request was made, in milliseconds; null when none is open. */
export async function oldestOpenAt(store: Store): Promise<number | null> {
  const [oldest] = await store.ranked(OPEN, { limit: 1 });
  return oldest?.order ?? null;
}

export async function parkedTeams(store: Store): Promise<readonly string[]> {
  return (await store.ranked(PARKED, { limit: MOST })).map(({ member }) => member);
}
