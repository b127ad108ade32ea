/** Alerts in the running process. */
import type { Config } from '../config/environment.ts';
import { type LookMemory, type LookTools, runLook } from '../jobs/alert/run-look.ts';
import type { ChannelRef } from '../jobs/requests.ts';
import type { Computing } from './computing.ts';
import type { Runtime } from './runtime.ts';

/** Creates the function that looks for failures when a look is due. */
export function createLook(runtime: Runtime, computing: Computing): (signal: AbortSignal) => Promise<void> {
  const { config, backend, workspace, alerts, clock, version, log } = runtime;
  const { grafanaUrl, redact, lookbackMs } = config;
  const memory: LookMemory = { state: null };
  const tools: LookTools = {
    client: backend.back,
    configured: alerts,
    workspace,
    clock,
    grafanaUrl,
    redact,
    lookbackMs,
    version,
    actions: config.actions,
    look: (input, signal) => computing.look(input, signal),
    diagnose: (subject, signal) => computing.diagnose({ subject, symptom: null }, signal),
    ownTeam: workspace.ownTeam,
    isAllowed: (channel) => isAllowedIn(config, channel),
    log,
  };
  return async (signal) => void (await runLook(tools, memory, signal));
}

/** Checked again for each use, because the configuration may have excluded a channel since something was set up there. */
export function isAllowedIn({ slack: { allowed } }: Config, { teamId, channel }: ChannelRef): boolean {
  const { teams, channels } = allowed;
  return (
    (channels === null || channels.includes(channel)) && (teams === null || teamId === '' || teams.includes(teamId))
  );
}
