import { once } from 'node:events';
import { startThread } from '../../adapters/threads/start-thread.ts';
import type { RecordedIncident } from './incidents.ts';

/** Passed to the thread, so it must be cloneable. */
export interface DemoBotOptions {
  readonly botToken: string;
  readonly signingSecret: string;
  readonly apiUrl: string;
  readonly incidents: readonly RecordedIncident[];
  readonly dataDir: string;
  readonly logLevel: string;
}

export interface DemoBot {
  /** Of the address that takes Slack's events. */
  readonly port: number;
  stop(): Promise<void>;
}

/** In a thread, because opening the embedded queue blocks for seconds, during which the page must respond. */
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
