import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';

/** Encrypts what is stored of an installation (AES-256-GCM). */
export interface Vault {
  /** `owner` is authenticated with the text, so that one workspace's entry cannot replace another's. */
  seal(text: string, owner: string): string;
  /** Null when the text was sealed with another key or for another owner, or was changed since. */
  open(sealed: string, owner: string): string | null;
}

const ALGORITHM = 'aes-256-gcm';
const VERSION = 'v1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Fixed, because every process must come to the same key; the secret is long and random, so it needs no other salt. */
const SALT = 'ktrdr-bot installations';

/** Any text makes a key; deriving it takes some 50 ms, once. */
export function createVault(secret: string): Vault {
  const key = scryptSync(secret, SALT, KEY_BYTES);
  return {
    seal(text, owner) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${VERSION}.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')}`;
    },
    open(sealed, owner) {
      const [version, content = ''] = sealed.split('.', 2);
      const bytes = Buffer.from(content, 'base64');
      if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        return null;
      }
    },
  };
}
