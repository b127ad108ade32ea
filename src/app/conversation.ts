/** The parts of the bot that talk: what handlers may have done, and what an answer shows of it. */

import { createSlackWorkspace } from '../adapters/slack/workspace.ts';
import type { Config } from '../config/environment.ts';
import type { SourceReport } from '../diagnosis/case.ts';
import type { HandlerContext } from '../handlers/ask.ts';
import type { Services } from '../handlers/services.ts';
import { createSlackActions } from '../jobs/answer/conversation.ts';
import type { PersonalTools } from '../jobs/answer/personal-answer.ts';
import type { PlannedDigest } from '../jobs/digest/schedules.ts';
import { createHome } from '../jobs/home/home.ts';
import type { Clock } from '../jobs/ports.ts';
import type { QueueBackend } from '../jobs/queue/queues.ts';
import { createReports } from '../jobs/reports/reports.ts';
import type { SlackWorkspace } from '../jobs/workspace-port.ts';
import type { Sources } from './sources.ts';
import { readVersion } from './version.ts';

export interface SlackAccess {
  tokenFor(teamId: string): Promise<string>;
  readonly apiUrl: string;
}

export function buildWorkspace(access: SlackAccess): SlackWorkspace {
  return createSlackWorkspace(access);
}

interface Timing {
  readonly clock: Clock;
  /** The time of the recordings, in a demo. */
  readonly reportClock: Clock;
  /** Those of the configuration. */
  readonly digests: readonly PlannedDigest[];
}

/** What handlers may have done. */
export async function buildServices(
  config: Config,
  backend: QueueBackend,
  workspace: SlackWorkspace,
  { traces, ktrdr }: Sources,
  { clock, reportClock, digests }: Timing,
): Promise<Services> {
  const off: SourceReport = {
    name: 'ktrdr-api',
    state: 'off',
    detail: 'KTRDR_API_URL is not set: traces only.',
    tookMs: 0,
  };
  const { grafanaUrl } = config;
  const { autoReplyChannels, allowed } = config.slack;
  const shared = {
    backend,
    workspace,
    clock,
    grafanaUrl,
    probe: (signal: AbortSignal) => Promise.all([traces.probe(signal), ktrdr === null ? off : ktrdr.probe(signal)]),
  };
  return {
    ...createSlackActions({ ...shared, version: await readVersion(), node: process.version }),
    ...createHome({
      ...shared,
      configured: digests,
      settings: { allowedChannels: allowed.channels, autoReplyChannels, hasGrafana: grafanaUrl !== null },
    }),
    ...createReports({ backend, workspace, clock: reportClock, configured: digests }),
  };
}

/** The part of the handlers' desk that the conversation decides. */
export function handlerContext(
  config: Config,
  services: Services,
): Pick<HandlerContext, 'services' | 'autoReplyChannels' | 'jaegerHost'> {
  const { publicUrl } = config.jaeger;
  return { services, autoReplyChannels: config.slack.autoReplyChannels, jaegerHost: new URL(publicUrl).host };
}

export async function personalTools(
  { grafanaUrl, redact }: Config,
  backend: QueueBackend,
  workspace: SlackWorkspace,
  clock: Clock,
): Promise<PersonalTools> {
  return { store: backend.back.store, workspace, clock, grafanaUrl, redact, version: await readVersion() };
}
