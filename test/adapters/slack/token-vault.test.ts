import { describe, expect, it } from 'vitest';
import { createVault } from '../../../src/adapters/slack/token-vault.ts';

const TOKEN = 'xoxb-1234-secret';
const vault = createVault('some-long-random-text');

describe('the vault', () => {
  it('gives back what it took, to every process that knows the key', () => {
    const sealed = vault.seal(TOKEN, 'T1');
    expect(sealed).not.toContain('secret');
    expect(createVault('some-long-random-text').open(sealed, 'T1')).toBe(TOKEN);
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
  const bytes = Buffer.from(sealed.slice('v1.'.length), 'base64');
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return `v1.${bytes.toString('base64')}`;
}
