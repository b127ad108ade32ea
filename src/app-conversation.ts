/** The parts of the bot that talk: what handlers may have done, and what an answer shows of it. */

import { createSlackWorkspace } from './adapters/slack/workspace.ts';
import type { Witnesses } from './app.ts';
import { readVersion } from './cli/version.ts';
import type { Config } from './config.ts';
import type { SourceReport } from './diagnosis/case.ts';
import type { Desk } from './handlers/ask.ts';
import { type Conversation, createConversation } from './jobs/conversation.ts';
import type { PersonalTools } from './jobs/personal-answer.ts';
import type { Clock } from './jobs/ports.ts';
import type { QueueBackend } from './jobs/queues.ts';
import type { Reports } from './jobs/reports.ts';
import type { SlackWorkspace } from './jobs/workspace-port.ts';

export interface SlackAccess {
  tokenFor(teamId: string): Promise<string>;
  readonly apiUrl: string;
}

export function buildWorkspace(access: SlackAccess): SlackWorkspace {
  return createSlackWorkspace(access);
}

export async function buildConversation(
  config: Config,
  backend: QueueBackend,
  workspace: SlackWorkspace,
  witnesses: Witnesses,
  clock: Clock,
): Promise<Conversation> {
  const { traces, ktrdr } = witnesses;
  const off: SourceReport = {
    name: 'ktrdr-api',
    state: 'off',
    detail: 'KTRDR_API_URL is not set: traces only.',
    tookMs: 0,
  };
  return createConversation({
    backend,
    workspace,
    clock,
    grafanaUrl: config.grafanaUrl,
    autoReplyChannels: config.slack.autoReplyChannels,
    version: await readVersion(),
    node: process.version,
    probe: (signal) => Promise.all([traces.probe(signal), ktrdr === null ? off : ktrdr.probe(signal)]),
  });
}

/** The part of the handlers' desk that the conversation decides. */
export function conversationDesk(
  config: Config,
  services: Conversation & Reports,
): Pick<Desk, 'services' | 'autoReplyChannels' | 'jaegerHost'> {
  const { publicUrl } = config.jaeger;
  return { services, autoReplyChannels: config.slack.autoReplyChannels, jaegerHost: new URL(publicUrl).host };
}

export function personalTools(
  config: Config,
  backend: QueueBackend,
  workspace: SlackWorkspace,
  clock: Clock,
): PersonalTools {
  return { store: backend.back.store, workspace, clock, grafanaUrl: config.grafanaUrl, redact: config.redact };
}
