/** Whether all processes can read each other's installations: a text that each of them must be able to open. */
import type { Store } from '../../jobs/ports.ts';
import type { Vault } from './token-vault.ts';

const KEY = 'encryption-key-check';

/**
 * False when the installations in the store were encrypted with a key that this process doesn't have. The first process sets
 * what it is compared with; a later one that has this key as an earlier one replaces it by its own.
 */
export async function isKeyShared(store: Store, vault: Vault): Promise<boolean> {
  if (await store.setIfAbsent(KEY, vault.seal(KEY, KEY))) return true;
  const sealed = await store.get(KEY);
  if (sealed === null) return true;
  const opened = vault.open(sealed, KEY);
  if (opened?.isCurrent === false) await store.replace(KEY, sealed, vault.seal(KEY, KEY));
  return opened !== null;
}

/** From now on this key is the one to compare with, because the newest installation was encrypted with it. */
export async function adoptKey(store: Store, vault: Vault): Promise<void> {
  if (!(await isKeyShared(store, vault))) await store.set(KEY, vault.seal(KEY, KEY));
}
