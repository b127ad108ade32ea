import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scryptSync } from 'node:crypto';

/** Encrypts stored installations (AES-256-GCM). */
export interface Vault {
  /** `owner` is authenticated with the text, so that one workspace's entry cannot replace another's. */
  seal(text: string, owner: string): string;
  /** Null when the text was sealed with an unknown key or for another owner, or was tampered with. */
  open(sealed: string, owner: string): Opened | null;
}

interface Opened {
  readonly text: string;
  /** False when it was sealed with an earlier key or by an earlier version of the bot, so it should be sealed again. */
  readonly isCurrent: boolean;
}

const ALGORITHM = 'aes-256-gcm';
const VERSION = 'v2';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CONTEXT = 'ktrdr-bot installations';

/**
 * Seals with the first secret and opens with any. The configuration checks that secrets are long and random, so keys are
 * derived without the slow hashing that passwords need: one key per entry, from a random salt.
 */
export function createVault(secret: string, ...earlier: readonly string[]): Vault {
  const rings = [secret, ...earlier].map((one) => ({ secret: one, keyOfV1: onceCalled(() => keyOfV1(one)) }));
  return {
    seal(text, owner) {
      const [salt, nonce] = [randomBytes(SALT_BYTES), randomBytes(NONCE_BYTES)];
      const cipher = createCipheriv(ALGORITHM, derivedKey(secret, salt), nonce).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${VERSION}.${Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]).toString('base64')}`;
    },
    open(sealed, owner) {
      const [version = '', content = ''] = sealed.split('.', 2);
      const bytes = Buffer.from(content, 'base64');
      const saltBytes = { [VERSION]: SALT_BYTES, v1: 0 }[version];
      if (saltBytes === undefined || bytes.length < saltBytes + NONCE_BYTES + TAG_BYTES) return null;
      const [salt, entry] = [bytes.subarray(0, saltBytes), bytes.subarray(saltBytes)];
      for (const [index, ring] of rings.entries()) {
        const text = decrypted(entry, version === 'v1' ? ring.keyOfV1() : derivedKey(ring.secret, salt), owner);
        if (text !== null) return { text, isCurrent: index === 0 && version === VERSION };
      }
      return null;
    },
  };
}

function decrypted(entry: Buffer, key: Buffer, owner: string): string | null {
  const decipher = createDecipheriv(ALGORITHM, key, entry.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(owner)).setAuthTag(entry.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return decipher.update(entry.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}

function derivedKey(secret: string, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, CONTEXT, KEY_BYTES));
}

/** The key for entries stored before version 2 of the format. Deriving it takes about 50 ms. */
function keyOfV1(secret: string): Buffer {
  return scryptSync(secret, CONTEXT, KEY_BYTES);
}

function onceCalled<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
