/** Has a worker look for failures every 30 seconds, however many schedulers there are. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { addLook } from '../background/background-jobs.ts';
import type { QueueClient } from '../queue/queues.ts';
import { isAnyAlertOn } from './subscriptions.ts';

interface AlertScheduleOptions {
  readonly client: QueueClient;
  /** Whether the configuration has any alerts. */
  readonly isConfigured: boolean;
  readonly log: Logger;
  readonly checkMs?: number;
}

const CHECK_MS = 5_000;
/** Less than 30 s, because the interval of the schedulers' checks adds up to five seconds. */
const LOOK_EVERY_MS = 25_000;

export function startAlertSchedule({ client, isConfigured, log, checkMs = CHECK_MS }: AlertScheduleOptions) {
  const { store } = client;
  const name = randomUUID();
  let running: Promise<unknown> | null = null;

  async function check(): Promise<void> {
    if (!isConfigured && !(await isAnyAlertOn(store))) return;
    if (await store.setIfAbsent('alert-turn', name, LOOK_EVERY_MS)) await addLook(client);
  }

  const timer = setInterval(() => {
    running ??= check()
      .catch((err: unknown) => log.debug({ err }, 'could not schedule a look for failures'))
      .finally(() => {
        running = null;
      });
  }, checkMs).unref();

  return {
    check,
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
