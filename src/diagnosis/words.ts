/** Numbers and times as people read them, in headlines and explanations. */
import type { Micros } from './trace.ts';

const LAST_DATE_MS = 8.64e15;

/** `53 ms`, `4.6 s`, `2 min 35 s`, `1 h 4 min`, `3 d 2 h`. */
export function duration(length: Micros | number): string {
  const ms = Math.max(0, length) / 1000;
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return two(minutes, 'min', Math.floor(seconds % 60), 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return two(hours, 'h', minutes % 60, 'min');
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** `2026-11-23T07:18:31Z`: formatters show it as the reader's own time. */
export function clock(at: Micros): string {
  return `${iso(at).slice(0, -5)}Z`;
}

/** Readers deliver no time that a Date cannot hold; one from a file that was changed by hand is shown as the nearest. */
export function iso(at: Micros): string {
  const ms = Math.min(Math.max(at / 1000, -LAST_DATE_MS), LAST_DATE_MS);
  return new Date(ms || 0).toISOString();
}

/** `1 worker`, `3 workers`. */
export function plural(n: number, noun: string, nouns = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : nouns}`;
}

/** How the type of an operation is called in a sentence. */
export function operationNoun(type: string | null): string {
  switch (type) {
    case null:
      return 'operation';
    case 'backtesting':
      return 'backtest';
    case 'data_load':
      return 'data download';
    case 'agent_research':
      return 'agent research';
    default:
      return type.replaceAll('_', ' ');
  }
}

/** `backtesting` is what ktrdr calls the type; people say backtest worker. */
export function workerName(workerType: string): string {
  return workerType === 'backtesting' ? 'backtest' : workerType.replace('agent_', '').replaceAll('_', ' ');
}

/** `2.9 %`, `45 %`. */
export function percent(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A sentence ends with one full stop, also when it quotes a message that has its own. */
export function sentence(text: string): string {
  const trimmed = text
    .replace(/\s+/g, ' ')
    .replace(/ ([.,;:])/g, '$1')
    .trim();
  return /[.…”]$/.test(trimmed) ? trimmed : `${trimmed.replace(/[:;,]$/, '')}.`;
}

function two(a: number, unitA: string, b: number, unitB: string): string {
  return b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`;
}
