import { describe, expect, it } from 'vitest';
import { readMute } from '../../src/handlers/mute-words.ts';

const HOUR_MS = 3_600_000;

describe('a mute', () => {
  it.each([
    ['', { kind: 'list' }],
    ['please', { kind: 'list' }],
    ['this channel', { kind: 'mute', where: 'channel', forMs: 24 * HOUR_MS }],
    ['this channel for 2h', { kind: 'mute', where: 'channel', forMs: 2 * HOUR_MS }],
    ['thread for 30 minutes', { kind: 'mute', where: 'thread', forMs: HOUR_MS / 2 }],
    ['3 days', { kind: 'mute', where: null, forMs: 72 * HOUR_MS }],
    ['for an hour', { kind: 'mute', where: null, forMs: HOUR_MS }],
    ['1w', { kind: 'mute', where: null, forMs: 7 * 24 * HOUR_MS }],
    ['90s', { kind: 'mute', where: null, forMs: 90_000 }],
    ['channel for 2h 30m', { kind: 'mute', where: 'channel', forMs: 2.5 * HOUR_MS }],
    ['30d', { kind: 'mute', where: null, forMs: 30 * 24 * HOUR_MS }],
    ['for 0m', { kind: 'too-short', word: '0m' }],
    ['for 30 seconds', { kind: 'too-short', word: '30 seconds' }],
    ['channel for 400d', { kind: 'too-long', word: '400d' }],
    ['2x', { kind: 'not-a-duration', word: '2x' }],
    ['channel off', { kind: 'unmute', where: 'channel' }],
    ['undo', { kind: 'unmute', where: null }],
    ['list', { kind: 'list' }],
    ['show', { kind: 'list' }],
    ['until tomorrow', { kind: 'unclear', word: 'until' }],
  ])('%j', (text, request) => {
    expect(readMute(text)).toEqual(request);
  });
});
