import { describe, expect, it } from 'vitest';
import { cronOf, describeCron, EMPTY_SCHEDULE, matchSchedulePart, spokenCron } from '../../src/language/schedules.ts';
import { wordsOf } from '../../src/language/words.ts';

const DAY_MS = 86_400_000;

function hear(text: string): { cron: string; periodMs: number; timeZone: string | null } | string {
  const words = wordsOf(text);
  let schedule = EMPTY_SCHEDULE;
  for (let at = 0; at < words.length; ) {
    const part = matchSchedulePart(words, at, schedule);
    if (typeof part === 'string') return part;
    schedule = part?.value ?? schedule;
    at = part?.next ?? at + 1;
  }
  const timed = cronOf(schedule);
  return typeof timed === 'string' ? timed : { ...timed, timeZone: schedule.timeZone };
}

describe('a schedule', () => {
  it.each<[string, string, string | null, number]>([
    ['weekdays at 9:00 Europe/Berlin', '0 9 * * 1-5', 'Europe/Berlin', 1],
    ['weekdays at 17h', '0 17 * * 1-5', null, 1],
    ['9:00 CET', '0 9 * * *', 'CET', 1],
    ['at noon', '0 12 * * *', null, 1],
    ['midnight', '0 0 * * *', null, 1],
    ['9.30', '30 9 * * *', null, 1],
    ['9:30am', '30 9 * * *', null, 1],
    ['9:30 p.m.', '30 21 * * *', null, 1],
    ['12am', '0 0 * * *', null, 1],
    ['at 9', '0 9 * * *', null, 1],
    ['17h30', '30 17 * * *', null, 1],
    ['mon wed 9:00', '0 9 * * 1,3', null, 5],
    ['monday and friday', '0 9 * * 1,5', null, 4],
    ['mon-fri 8:00', '0 8 * * 1-5', null, 1],
    ['friday to monday 8:00', '0 8 * * 0,1,5,6', null, 4],
    ['weekends', '0 9 * * 0,6', null, 6],
    ['every weekday', '0 9 * * 1-5', null, 1],
    ['every day at 5pm', '0 17 * * *', null, 1],
    ['every morning on tuesday', '0 9 * * 2', null, 7],
    ['weekly', '0 9 * * 1', null, 7],
    ['every week on thurs', '0 9 * * 4', null, 7],
    ['hourly', '0 * * * *', null, 1 / 24],
    ['every 2 hours', '0 */2 * * *', null, 2 / 24],
    ['every 2h on weekdays', '0 */2 * * 1-5', null, 2 / 24],
    ['every 30 minutes', '*/30 * * * *', null, 1 / 48],
    ['every 24 hours', '0 9 * * *', null, 1],
  ])('%s', (text, cron, timeZone, days) => {
    expect(hear(text)).toEqual({ cron, timeZone, periodMs: days * DAY_MS });
  });

  it.each<[string, RegExp]>([
    ['', /^The schedule is missing. Use daily/],
    ['at 9 10', /^“at 9” and “10” are two times of day\. Use one, such as 9:10\.$/],
    ['at 25', /^“25” isn’t a time of day\. Use 9:00, 5pm, or at 17h\.$/],
    ['9:75', /^“9:75” isn’t a time of day/],
    ['13pm', /^“13pm” isn’t a time of day/],
    ['every 90 minutes', /^“every 90 minutes” doesn’t divide an hour or a day evenly\. Use/],
    ['every 2 days', /^“every 2 days” doesn’t divide/],
    ['every 30s', /^“every 30s” is too often/],
    ['every 2 hours at 9:30', /^“every 2 hours” and “at 9:30” don’t go together/],
  ])('%j is refused', (text, problem) => {
    expect(hear(text)).toMatch(problem);
  });
});

describe('a cron pattern in words', () => {
  it.each([
    ['0 9 * * 1-5', 'weekdays at 09:00'],
    ['30 8 * * *', 'daily at 08:30'],
    ['0 9 * * 1', 'Mondays at 09:00'],
    ['0 9 * * 1,3', 'Mondays and Wednesdays at 09:00'],
    ['0 9 * * 1,3,5', 'Mondays, Wednesdays, and Fridays at 09:00'],
    ['0 9 * * 0,6', 'weekends at 09:00'],
    ['0 * * * *', 'every hour'],
    ['0 */2 * * 1-5', 'every 2 hours on weekdays'],
    ['*/30 * * * *', 'every 30 minutes'],
  ])('%s is %s', (cron, words) => {
    expect(spokenCron(cron)).toBe(words);
  });

  it('is described when it is unusual', () => {
    expect(spokenCron('*/30 8-18 * * *')).toBeNull();
    expect(describeCron('*/30 8-18 * * *')).toBe('every 30 minutes, between 08:00 and 18:59');
    expect(describeCron('0 9 1 1 *')).toBe('at 09:00, on day 1 of the month, only in January');
  });

  it.each(['', 'no', '99 99 * * *', '<!channel> * * * *', '* '.repeat(5000)])('is not %j', (cron) => {
    expect([spokenCron(cron), describeCron(cron)]).toEqual([null, null]);
  });
});
