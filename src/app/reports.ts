/** Searches and digests: who schedules and who looks them up, as the roles say. */
import type { Logger } from 'pino';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/environment.ts';
import { digestOfChannel, type PlannedDigest, planConfigured, startDigestScheduler } from '../jobs/digest/schedules.ts';
import type { Clock } from '../jobs/ports.ts';
import type { QueueBackend } from '../jobs/queue/queues.ts';
import { startReportWorker } from '../jobs/reports/report-worker.ts';
import type { SlackWorkspace } from '../jobs/workspace-port.ts';
import type { Sources } from './sources.ts';

/** The digests of the configuration; throws a `ConfigError` that names each wrong entry. */
export function planDigests({ digests, slack }: Config): readonly PlannedDigest[] {
  const { allowed, oauth } = slack;
  const onlyTeam = allowed.teams?.length === 1 ? (allowed.teams[0] ?? '') : '';
  const { planned, problems } = planConfigured(digests, onlyTeam);
  const wrong = digests.flatMap(({ team, channel }, i) => {
    const entry = `DIGESTS entry ${i + 1}`;
    if (oauth !== null && team === null && onlyTeam === '')
      return [
        `${entry} does not say in which workspace its channel is: several can be installed. Add "team":"T0123456789".`,
      ];
    if (team !== null && allowed.teams !== null && !allowed.teams.includes(team))
      return [`${entry} names a workspace that ALLOWED_TEAMS does not.`];
    if (allowed.channels !== null && !allowed.channels.includes(channel))
      return [`${entry} names a channel that ALLOWED_CHANNELS does not.`];
    return [];
  });
  if (problems.length + wrong.length > 0) throw new ConfigError([...problems, ...wrong]);
  return planned;
}

export function startReports(
  config: Config,
  backend: QueueBackend,
  { ownTeam }: Pick<SlackWorkspace, 'ownTeam'>,
  sources: Sources,
  { clock, digests, log }: { readonly clock: Clock; readonly digests: readonly PlannedDigest[]; readonly log: Logger },
): { close(): Promise<void> } {
  const { teams, channels } = config.slack.allowed;
  const scheduler = config.roles.includes('scheduler')
    ? startDigestScheduler({ backend, configured: digests, log })
    : null;
  const worker = config.roles.includes('worker')
    ? startReportWorker({
        ...sources,
        backend,
        clock,
        lookbackMs: config.lookbackMs,
        redact: config.redact,
        ownTeam,
        async isWanted({ digestId, teamId, channel }) {
          // Since it was set, less may be allowed.
          const isAllowed =
            (channels === null || channels.includes(channel)) &&
            (teams === null || teamId === '' || teams.includes(teamId));
          if (!isAllowed) log.warn({ digestId, teamId, channel }, 'a digest is not posted: its channel is not allowed');
          if (!isAllowed || !digestId.startsWith('slack-')) return isAllowed;
          return (await digestOfChannel(backend.back.store, { teamId, channel })) !== null;
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
