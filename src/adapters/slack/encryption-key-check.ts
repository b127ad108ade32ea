/** Whether all processes encrypt installations with the same key: a text that each of them must be able to open. */
import type { Store } from '../../jobs/ports.ts';
import type { Vault } from './token-vault.ts';

const KEY = 'encryption-key-check';

/** False when the installations in the store were encrypted with another key. The first process sets what it is compared with. */
export async function isSameKey(store: Store, vault: Vault): Promise<boolean> {
  if (await store.setIfAbsent(KEY, vault.seal(KEY, KEY))) return true;
  const sealed = await store.get(KEY);
  return sealed === null || vault.open(sealed, KEY) !== null;
}

/** From now on this key is the one to compare with, because the newest installation was encrypted with it. */
export async function adoptKey(store: Store, vault: Vault): Promise<void> {
  if (!(await isSameKey(store, vault))) await store.set(KEY, vault.seal(KEY, KEY));
}
