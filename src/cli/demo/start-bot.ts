import { once } from 'node:events';
import { startThread } from '../../adapters/thread.ts';
import type { RecordedIncident } from './incidents.ts';

/** What the thread is given; it can be cloned. */
export interface DemoBotOptions {
  readonly botToken: string;
  readonly signingSecret: string;
  readonly apiUrl: string;
  readonly incidents: readonly RecordedIncident[];
  /** Where the embedded queue keeps its files. */
  readonly dataDir: string;
  readonly logLevel: string;
}

export interface DemoBot {
  /** Of the address that takes Slack's events. */
  readonly port: number;
  stop(): Promise<void>;
}

/** In a thread of its own: opening the embedded queue takes seconds without a pause, in which the page must answer. */
export async function startDemoBot(options: DemoBotOptions): Promise<DemoBot> {
  const thread = startThread(new URL('./bot-thread.js', import.meta.url), { workerData: options });
  const exited = once(thread, 'exit');
  const [port] = await Promise.race([once(thread, 'message'), exited]);
  return {
    port,
    async stop() {
      thread.postMessage('stop');
      await exited;
    },
  };
}
