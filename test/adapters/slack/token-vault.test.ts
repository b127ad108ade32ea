import { createCipheriv, scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createVault } from '../../../src/adapters/slack/token-vault.ts';

const TOKEN = 'xoxb-1234-secret';
const vault = createVault('some-long-random-text');

describe('the vault', () => {
  it('gives back what it took, to every process that knows the key', () => {
    const sealed = vault.seal(TOKEN, 'T1');
    expect(sealed).not.toContain('secret');
    expect(createVault('some-long-random-text').open(sealed, 'T1')).toEqual({ text: TOKEN, isCurrent: true });
  });

  it('opens what an earlier key has sealed, and seals with the present one', () => {
    const rotated = createVault('the-next-long-random-text', 'some-long-random-text');
    expect(rotated.open(vault.seal(TOKEN, 'T1'), 'T1')).toEqual({ text: TOKEN, isCurrent: false });
    const sealed = rotated.seal(TOKEN, 'T1');
    expect(createVault('the-next-long-random-text').open(sealed, 'T1')).toEqual({ text: TOKEN, isCurrent: true });
    expect(vault.open(sealed, 'T1')).toBeNull();
  });

  it.each([
    ['the present', vault],
    ['an earlier', createVault('another', 'some-long-random-text')],
  ])('opens an entry of the first format with %s key', (_which, later) => {
    expect(later.open(sealedByV1('some-long-random-text', 'T1'), 'T1')).toEqual({ text: TOKEN, isCurrent: false });
    expect(later.open(sealedByV1('some-long-random-text', 'T2'), 'T1')).toBeNull();
  });

  it('never seals twice alike', () => {
    expect(vault.seal(TOKEN, 'T1')).not.toBe(vault.seal(TOKEN, 'T1'));
  });

  it.each([
    ['another key', () => createVault('another').open(vault.seal(TOKEN, 'T1'), 'T1')],
    ['the entry of another workspace', () => vault.open(vault.seal(TOKEN, 'T1'), 'T2')],
    ['a changed byte', () => vault.open(changed(vault.seal(TOKEN, 'T1')), 'T1')],
    ['a cut entry', () => vault.open(vault.seal(TOKEN, 'T1').slice(0, 20), 'T1')],
    ['what it never sealed', () => vault.open(TOKEN, 'T1')],
    ['nothing', () => vault.open('', 'T1')],
  ])('does not open with or from %s', (_what, open) => {
    expect(open()).toBeNull();
  });
});

function changed(sealed: string): string {
  const bytes = Buffer.from(sealed.slice('v2.'.length), 'base64');
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return `v2.${bytes.toString('base64')}`;
}

/** As versions before 0.2 stored it: one key for all entries, by scrypt with a fixed salt. */
function sealedByV1(secret: string, owner: string): string {
  const nonce = Buffer.alloc(12, 7);
  const cipher = createCipheriv('aes-256-gcm', scryptSync(secret, 'ktrdr-bot installations', 32), nonce);
  cipher.setAAD(Buffer.from(owner));
  const sealed = Buffer.concat([cipher.update(TOKEN, 'utf8'), cipher.final()]);
  return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')}`;
}
