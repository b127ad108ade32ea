/** Checks that all processes can read each other's installations, by a text that each of them must be able to decrypt. */
import type { Store } from '../../jobs/ports.ts';
import type { Vault } from './token-vault.ts';

const KEY = 'encryption-key-check';

/**
 * False when the installations in the store were encrypted with a key that this process doesn't have. The first process stores
 * the reference text. A later process for which that key is an earlier one replaces the text with its own.
 */
export async function isKeyShared(store: Store, vault: Vault): Promise<boolean> {
  if (await store.setIfAbsent(KEY, vault.seal(KEY, KEY))) return true;
  const sealed = await store.get(KEY);
  if (sealed === null) return true;
  const opened = vault.open(sealed, KEY);
  if (opened?.isCurrent === false) await store.replace(KEY, sealed, vault.seal(KEY, KEY));
  return opened !== null;
}

/** Makes this key the reference, because the newest installation was encrypted with it. */
export async function adoptKey(store: Store, vault: Vault): Promise<void> {
  if (!(await isKeyShared(store, vault))) await store.set(KEY, vault.seal(KEY, KEY));
}
