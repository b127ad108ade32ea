/** Searches and digests: who is asked, who schedules and who looks them up, as the roles say. */
import type { Logger } from 'pino';
import type { Witnesses } from './app.ts';
import type { Config } from './config.ts';
import { configuredDigests, digestOfChannel, startDigestScheduler } from './jobs/digest-schedules.ts';
import type { Clock } from './jobs/ports.ts';
import type { QueueBackend } from './jobs/queues.ts';
import { startReportWorker } from './jobs/report-worker.ts';
import { createReports, type Reports } from './jobs/reports.ts';

export function buildReports(config: Config, backend: QueueBackend, clock: Clock): Reports {
  return createReports({ backend, clock, configured: config.digests });
}

export function startReports(
  config: Config,
  backend: QueueBackend,
  witnesses: Witnesses,
  clock: Clock,
  log: Logger,
): { close(): Promise<void> } {
  // A digest of the configuration names a channel only; its workspace is the one that is allowed.
  const configured = configuredDigests(config.digests, config.slack.allowed.teams?.[0] ?? '', log);
  const scheduler = config.roles.includes('scheduler') ? startDigestScheduler({ backend, configured, log }) : null;
  const worker = config.roles.includes('worker')
    ? startReportWorker({
        ...witnesses,
        backend,
        clock,
        lookbackMs: config.lookbackMs,
        redact: config.redact,
        async isWanted({ digestId, ...place }) {
          return !digestId.startsWith('slack-') || (await digestOfChannel(backend.back.store, place)) !== null;
        },
        log,
      })
    : null;
  return {
    async close() {
      await scheduler?.close();
      await worker?.close();
    },
  };
}
