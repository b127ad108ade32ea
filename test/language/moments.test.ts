import { describe, expect, it } from 'vitest';
import { matchDay, readMoment } from '../../src/language/moments.ts';
import { isTimeZone, readTimeZone } from '../../src/language/zones.ts';

/** A Tuesday: 14:00 in Berlin, 08:00 in New York. */
const NOW = Date.parse('2026-05-12T12:00:00Z');

function read(text: string, timeZone = 'UTC', now = NOW): string | null {
  const ms = readMoment(text, { nowMs: now, timeZone });
  return ms === null ? null : new Date(ms).toISOString();
}

describe('a moment', () => {
  it.each<[string, string]>([
    ['now', '2026-05-12T12:00:00.000Z'],
    ['6h', '2026-05-12T06:00:00.000Z'],
    ['2 hours', '2026-05-12T10:00:00.000Z'],
    ['2 hours ago', '2026-05-12T10:00:00.000Z'],
    ['an hour', '2026-05-12T11:00:00.000Z'],
    ['last hour', '2026-05-12T11:00:00.000Z'],
    ['last week', '2026-05-05T12:00:00.000Z'],
    ['last 24 hours', '2026-05-11T12:00:00.000Z'],
    ['today', '2026-05-12T00:00:00.000Z'],
    ['yesterday', '2026-05-11T00:00:00.000Z'],
    ['yesterday 9:30', '2026-05-11T09:30:00.000Z'],
    ['yesterday at 17h', '2026-05-11T17:00:00.000Z'],
    ['tuesday', '2026-05-12T00:00:00.000Z'],
    ['wed', '2026-05-06T00:00:00.000Z'],
    ['9.30', '2026-05-12T09:30:00.000Z'],
    ['9:30am', '2026-05-12T09:30:00.000Z'],
    ['noon', '2026-05-12T12:00:00.000Z'],
    ['at 17h', '2026-05-11T17:00:00.000Z'],
    ['midnight', '2026-05-12T00:00:00.000Z'],
    ['2026-05-12', '2026-05-12T00:00:00.000Z'],
    ['2026-05-12 10:00', '2026-05-12T10:00:00.000Z'],
    ['2026-05-12T10:00', '2026-05-12T10:00:00.000Z'],
    ['2026-05-12t10:00:00.5z', '2026-05-12T10:00:00.500Z'],
    ['2026-05-12T10:00+02:00', '2026-05-12T08:00:00.000Z'],
    ['9:30 Europe/Berlin', '2026-05-12T07:30:00.000Z'],
    ['yesterday at 17h ET', '2026-05-11T21:00:00.000Z'],
    ['today Asia/Tokyo', '2026-05-11T15:00:00.000Z'],
    ['2026-05-12 10:00 Europe/Berlin', '2026-05-12T08:00:00.000Z'],
    ['2026-05-12T10:00:05 CET', '2026-05-12T08:00:05.000Z'],
    ['36500d', '1970-01-01T00:00:00.000Z'],
  ])('%s', (text, iso) => {
    expect(read(text)).toBe(iso);
  });

  it.each([
    '',
    'soon',
    'last',
    '2x',
    '9',
    '25:00',
    'tomorrow',
    '2026-13-01',
    '2026-02-30',
    '2026-11-31T10:00Z',
    '2 hours after',
    'yesterday yesterday',
    'yesterday ET',
    '2026-05-12T10:00Z CET',
  ])('is not %j', (text) => {
    expect(read(text)).toBeNull();
  });

  it('is of the time zone that it is read in, but for ISO 8601', () => {
    expect(read('yesterday', 'Europe/Berlin')).toBe('2026-05-10T22:00:00.000Z');
    expect(read('9:30', 'America/New_York')).toBe('2026-05-11T13:30:00.000Z');
    expect(read('2026-05-12', 'Europe/Berlin')).toBe('2026-05-12T00:00:00.000Z');
    // In Auckland it is Wednesday already.
    expect(read('today', 'Pacific/Auckland')).toBe('2026-05-12T12:00:00.000Z');
  });

  it('counts days by the calendar when the clocks change', () => {
    const afterChange = Date.parse('2026-10-25T20:00:00Z');
    expect(read('today', 'Europe/Berlin', afterChange)).toBe('2026-10-24T22:00:00.000Z');
    expect(read('today', 'Europe/Berlin', afterChange + 86_400_000)).toBe('2026-10-25T23:00:00.000Z');
    expect(read('yesterday 9:00', 'Europe/Berlin', afterChange)).toBe('2026-10-24T07:00:00.000Z');
    expect(read('9:00', 'Europe/Berlin', afterChange)).toBe('2026-10-25T08:00:00.000Z');
  });
});

it('a day has 25 hours when the clocks go back', () => {
  const day = matchDay(['today'], 0, { nowMs: Date.parse('2026-10-25T20:00:00Z'), timeZone: 'Europe/Berlin' });
  expect(day).toEqual({
    value: { from: Date.parse('2026-10-24T22:00:00Z'), until: Date.parse('2026-10-25T23:00:00Z') },
    next: 1,
  });
});

describe('a time zone', () => {
  it.each([
    ['UTC', 'UTC'],
    ['cet', 'CET'],
    ['CEST', 'CET'],
    ['BST', 'Europe/London'],
    ['ET', 'America/New_York'],
    ['Europe/Berlin', 'Europe/Berlin'],
  ])('%s', (word, zone) => {
    expect(readTimeZone(word)).toBe(zone);
    expect(isTimeZone(zone)).toBe(true);
  });

  it.each(['', 'training', 'Europe/Atlantis', 'toString', `Europe/${'x'.repeat(5000)}`])('is not %j', (word) => {
    expect(readTimeZone(word)).toBeNull();
  });
});
