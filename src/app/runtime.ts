/** Resources that the parts of a running process share: opened once, in order of their dependencies. */
import type { Logger } from 'pino';
import { createChat } from '../adapters/slack/chat.ts';
import { createTokenCheck } from '../adapters/slack/token-check.ts';
import { createSlackWorkspace } from '../adapters/slack/workspace.ts';
import type { Config } from '../config/environment.ts';
import { readVersion } from '../config/version.ts';
import { openQueue } from './queue.ts';
import { planConfiguredAlerts, planDigests } from './settings.ts';
import { slackAccessOf } from './slack-access.ts';
import { buildSources, clockFrom, type Diagnoser } from './sources.ts';

export type Runtime = Awaited<ReturnType<typeof openRuntime>>;

/** Rejects, after closing everything, when a part can't be opened; with a `ConfigError` when the configuration is the reason. */
export async function openRuntime(config: Config, log: Logger, diagnoser?: Diagnoser) {
  const clock = clockFrom(null);
  // Checks the configuration before anything is opened.
  const digests = planDigests(config);
  const alerts = planConfiguredAlerts(config);
  const sources = await buildSources(config, clock);
  const version = await readVersion();
  const backend = await openQueue(config, log);
  try {
    const slackAccess = slackAccessOf(config, backend, log);
    const chat = createChat(slackAccess);
    const workspace = createSlackWorkspace(slackAccess);
    const tokens = createTokenCheck({ ...slackAccess.checked, apiUrl: slackAccess.apiUrl, log });
    return {
      config,
      log,
      clock,
      version,
      backend,
      slackAccess,
      chat,
      workspace,
      tokens,
      sources,
      diagnoser: diagnoser ?? null,
      digests,
      alerts,
    };
  } catch (error) {
    await backend.close();
    throw error;
  }
}
