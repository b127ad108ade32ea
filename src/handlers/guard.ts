/** Runs before every listener: rejects people who can't send requests, and logs one audit line per request. */
import type { App } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { Logger } from 'pino';
import type { Message } from '../formatters/message.ts';
import type { Chat } from '../jobs/ports.ts';
import { requestIdOf } from '../jobs/requests.ts';
import type { Services } from '../jobs/services.ts';
import { type Access, reasonToReject } from './access.ts';
import { audit, audited } from './audit.ts';
import { unableIn } from './install/workspaces.ts';
import { type Incoming, incomingFrom } from './intake/incoming.ts';
import { messageOf, type Notice } from './notice.ts';

interface GuardOptions {
  readonly access: Access;
  readonly services: Pick<Services, 'isInAny' | 'isSharedOutside' | 'isFirst'>;
  readonly respond: Chat['respond'];
  readonly log: Logger;
}

/** Events about an uninstalled app; they request nothing. */
const UNINSTALLS = ['app_uninstalled', 'tokens_revoked'];

type Ack = (answer?: object) => Promise<void>;

export function registerGuard(app: App, { access, services, respond, log }: GuardOptions): void {
  app.use(async ({ body, client, context, next, ...rest }) => {
    const incoming = incomingFrom(body);
    if (UNINSTALLS.includes(incoming.entry)) return next();
    const unable = unableIn(context);
    const rejection = unable?.sentence ?? (await reasonToReject(incoming, access, services));
    if (rejection === null) return audited(incoming, log, next);
    audit(incoming, unable === null ? 'refused' : 'no token', log);
    // An event needs no reply: Slack delivers it again.
    if (incoming.kind === 'event' && unable?.cause != null) throw unable.cause;
    if (incoming.kind !== 'event') await reject(incoming, rejection, ackIn(rest), { client, respond, log });
    else if (unable === null) await explain(incoming, rejection, { client, services, log });
  });
}

/**
 * Explains a rejected event separately, because people don't see its acknowledgement. The same reason is repeated only after a
 * day. A message from a program, such as a workflow, has no author to tell.
 */
async function explain(
  { entry, isRequest, teamId, userId, channel, threadTs }: Incoming,
  rejection: Notice,
  { client, services, log }: Pick<GuardOptions, 'services' | 'log'> & { readonly client: WebClient },
): Promise<void> {
  if (userId === '' || (channel === '' && entry !== 'app_home_opened')) return;
  const { text, blocks } = messageOf(rejection);
  try {
    if (entry === 'app_home_opened') {
      await client.views.publish({ user_id: userId, view: { type: 'home', blocks: [...blocks] } });
      return;
    }
    const told = requestIdOf(`rejected ${userId} ${channel} ${text}`, { teamId });
    if (!isRequest || !(await services.isFirst(told))) return;
    const message = { channel, text, blocks: [...blocks], ...(threadTs !== null && { thread_ts: threadTs }) };
    if (channel.startsWith('D')) await client.chat.postMessage(message);
    else await client.chat.postEphemeral({ ...message, user: userId });
  } catch (err) {
    log.warn({ err }, 'the rejection could not be sent to the requester');
  }
}

/** Where the acknowledgement can't carry a message, an ephemeral message or a modal follows. */
async function reject(
  { kind, responseUrl, triggerId }: Incoming,
  rejection: Notice,
  ack: Ack,
  { client, respond, log }: Pick<GuardOptions, 'respond' | 'log'> & { readonly client: WebClient },
): Promise<void> {
  const message = messageOf(rejection);
  if (kind === 'command') return ack({ response_type: 'ephemeral', text: message.text, blocks: message.blocks });
  if (kind === 'form') return ack({ response_action: 'update', view: modalOf(message) });
  if (kind === 'options') return ack({ options: [] });
  await ack();
  if (responseUrl !== null) {
    const outcome = await respond(responseUrl, message);
    if (outcome.kind !== 'sent') log.warn({ outcome }, 'the rejection could not be sent to the requester');
  } else if (triggerId !== null) {
    await client.views
      .open({ trigger_id: triggerId, view: modalOf(message) })
      .catch((err: unknown) => log.warn({ err }, 'the rejection could not be sent to the requester'));
  }
}

function modalOf({ blocks }: Message): ModalView {
  return {
    type: 'modal',
    title: { type: 'plain_text', text: 'ktrdr-bot' },
    close: { type: 'plain_text', text: 'Close' },
    blocks: [...blocks],
  };
}

function ackIn(rest: object): Ack {
  if ('ack' in rest && typeof rest.ack === 'function') {
    const { ack } = rest;
    return async (answer) => void (await ack(answer));
  }
  return async () => undefined;
}
