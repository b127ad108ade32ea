/** Numbers and times as people read them, in headlines and explanations. */
import { formatDuration } from '../language/durations.ts';
import type { WorkerRecord } from './case.ts';
import type { Micros } from './trace.ts';

const LAST_DATE_MS = 8.64e15;

/** `53 ms`, `4.6 s`, `2 min 35 s`, `1 h 4 min`, `3 d 2 h`. */
export function duration(length: Micros | number): string {
  return formatDuration(length / 1000);
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

/** What the type of an operation is called in a sentence. */
export function operationNoun(type: string | null): string {
  switch (type) {
    case 'training':
    case 'agent_research':
    case 'agent_design':
    case 'agent_assessment':
      return `${typeLabel(type)} run`;
    case 'dummy':
      return 'dummy operation';
    default:
      return typeLabel(type);
  }
}

/** The same, used as the name of the type: in a list, or before a symbol. */
export function typeLabel(type: string | null): string {
  switch (type) {
    case null:
      return 'operation';
    case 'backtesting':
      return 'backtest';
    case 'data_load':
      return 'download';
    default:
      return type.replace('agent_', '').replaceAll('_', ' ');
  }
}

/** `backtesting` is what ktrdr calls the type; people say backtest worker. */
export function workerName(workerType: string): string {
  return workerType === 'backtesting' ? 'backtest' : workerType.replace('agent_', '').replaceAll('_', ' ');
}

/** `backtest-worker-1 is temporarily unavailable`. */
export function workerState({ workerId, status }: Pick<WorkerRecord, 'workerId' | 'status'>): string {
  return `${workerId} is ${status.replaceAll('_', ' ')}`;
}

/** The parts that are known, with the separator between them. */
export function joined(separator: string, ...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(separator);
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Within a sentence; an abbreviation keeps its capitals. */
export function uncapital(text: string): string {
  return /^[A-Z](?:[a-z ]|$)/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** A sentence ends with exactly one period, even if it quotes a message that ends with one. */
export function sentence(text: string): string {
  const trimmed = text
    .replace(/\s+/g, ' ')
    .replace(/ ([.,;:])/g, '$1')
    .trim();
  return /[.…”]$/.test(trimmed) ? trimmed : `${trimmed.replace(/[:;,]$/, '')}.`;
}
