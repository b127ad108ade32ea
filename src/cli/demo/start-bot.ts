import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { entryFile } from '../../adapters/processes/entry-file.ts';
import type { BotEvent } from './bot-events.ts';
import type { GivenTrace } from './given-traces.ts';
import type { RecordedIncident } from './incidents.ts';

/** Passed to the thread, so it must be cloneable. */
export interface DemoBotOptions {
  readonly botToken: string;
  readonly signingSecret: string;
  readonly apiUrl: string;
  readonly incidents: readonly RecordedIncident[];
  /** When the incidents were moved; milliseconds. */
  readonly startMs: number;
  readonly dataDir: string;
  readonly logLevel: string;
}

export interface DemoBot {
  /** Of the address that takes Slack's events. */
  readonly port: number;
  /** The latest, oldest first. */
  readonly events: readonly BotEvent[];
  takeTrace(bytes: Uint8Array): Promise<GivenTrace>;
  /** From now on, things go wrong. */
  beginMorning(): void;
  stop(): Promise<void>;
}

export type ToThread =
  | { readonly kind: 'stop' | 'begin-morning' }
  | { readonly kind: 'take'; readonly id: number; readonly bytes: Uint8Array };

export type FromThread =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'event'; readonly event: BotEvent }
  | { readonly kind: 'taken'; readonly id: number; readonly result: GivenTrace };

const MOST_EVENTS = 20_000;

/** In a thread, because opening the embedded queue blocks for seconds, during which the page must respond. */
export async function startDemoBot(options: DemoBotOptions): Promise<DemoBot> {
  const { filename, execArgv } = entryFile(new URL('./bot-thread.js', import.meta.url));
  const thread = new Worker(filename, { workerData: options, ...(execArgv !== null && { execArgv }) });
  const exited = once(thread, 'exit');
  const events: BotEvent[] = [];
  const waiting = new Map<number, (result: GivenTrace) => void>();
  let taken = 0;
  const port = new Promise<number>((resolve) => {
    thread.on('message', (message: FromThread) => {
      if (message.kind === 'ready') resolve(message.port);
      if (message.kind === 'event') events.push(message.event);
      if (events.length > MOST_EVENTS) events.splice(0, events.length - MOST_EVENTS);
      if (message.kind === 'taken') waiting.get(message.id)?.(message.result);
    });
  });
  const send = (message: ToThread) => thread.postMessage(message);
  return {
    port: await Promise.race([port, exited.then(([code]) => Promise.reject(new Error(`Its thread ended (${code}).`)))]),
    events,
    takeTrace(bytes) {
      taken += 1;
      const id = taken;
      send({ kind: 'take', id, bytes });
      return new Promise((resolve) => waiting.set(id, resolve)).finally(() =>
        waiting.delete(id),
      ) as Promise<GivenTrace>;
    },
    beginMorning: () => send({ kind: 'begin-morning' }),
    async stop() {
      send({ kind: 'stop' });
      await exited;
    },
  };
}
