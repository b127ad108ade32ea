/** Times in the reader's own zone. */
import { h } from './dom.js';

const FORMATS = {
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date: { year: 'numeric', month: 'long', day: 'numeric' },
  date_short: { year: 'numeric', month: 'short', day: 'numeric' },
  date_long: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' },
  time: { hour: 'numeric', minute: '2-digit' },
  time_secs: { hour: 'numeric', minute: '2-digit', second: '2-digit' },
};

/** Fills `{date}`, `{time}` and the others; shows the fallback when the format knows no such word. */
export function slackDate(unix, format, fallback) {
  const date = new Date(unix * 1000);
  const known = !Number.isNaN(date.getTime());
  const text = known ? String(format).replace(/\{([a-z_]+)\}/g, (whole, word) => part(date, word) ?? whole) : fallback;
  const shown = known && !/\{[a-z_]+\}/.test(text) ? text : fallback;
  return h('time', { datetime: known ? date.toISOString() : undefined, title: full(date) }, shown);
}

export function dateOf(ts) {
  return new Date(Number(ts) * 1000);
}

export function clock(date) {
  return new Intl.DateTimeFormat(undefined, FORMATS.time).format(date);
}

/** With milliseconds. */
export function preciseClock(date) {
  return new Intl.DateTimeFormat(undefined, { ...FORMATS.time_secs, fractionalSecondDigits: 3 }).format(date);
}

export function full(date) {
  if (Number.isNaN(date.getTime())) return '';
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' }).format(date);
}

export function day(date) {
  return near(date) ?? new Intl.DateTimeFormat(undefined, FORMATS.date_long).format(date);
}

function part(date, word) {
  if (word === 'ago') return ago(date);
  const isPretty = word.endsWith('_pretty');
  const options = FORMATS[word.replace('_pretty', '')];
  if (options === undefined) return undefined;
  return (isPretty ? near(date)?.toLowerCase() : undefined) ?? new Intl.DateTimeFormat(undefined, options).format(date);
}

function near(date) {
  const days = Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);
  return { 0: 'Today', 1: 'Yesterday', '-1': 'Tomorrow' }[days];
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function ago(date) {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const [unit, size] = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ].find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}
