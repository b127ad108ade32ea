import type { App, GlobalShortcut, MessageShortcut } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { Message } from '../formatters/message.ts';
import { ask, type HandlerContext, reply, type SlackInteraction } from './ask.ts';
import { anywhereModal, diagnoseModal, directPlace } from './forms/diagnose.ts';
import { messageOf, type Notice, notice } from './notice.ts';
import { subjectsIn } from './text.ts';

export const DIAGNOSE_SHORTCUT = 'diagnose_operation';
export const DIAGNOSE_ANYWHERE_SHORTCUT = 'diagnose_anywhere';

export function registerDiagnoseShortcut(app: App, context: HandlerContext): void {
  app.shortcut<MessageShortcut>(
    { type: 'message_action', callback_id: DIAGNOSE_SHORTCUT },
    async ({ shortcut, ack, client }) => {
      const interaction = gestureOf(shortcut);
      const answer = await answerTo(shortcut, interaction, client, context);
      await ack();
      if (answer !== null) await reply(interaction, answer, context);
    },
  );
  // It knows no channel: the form asks where the answer goes.
  app.shortcut<GlobalShortcut>(
    { type: 'shortcut', callback_id: DIAGNOSE_ANYWHERE_SHORTCUT },
    async ({ shortcut, ack, client }) => {
      const { user, team, trigger_id: id } = shortcut;
      const place = directPlace(team?.id ?? user.team_id ?? '', user.id);
      const interaction: SlackInteraction = { id, place, userTeamId: user.team_id ?? null };
      const answer = await openModal(id, anywhereModal(place), client, context);
      await ack();
      if (answer !== null) await reply(interaction, answer, context);
    },
  );
}

/** What to tell the asker; null when the thread or the opened modal says enough. */
async function answerTo(
  shortcut: MessageShortcut,
  interaction: SlackInteraction,
  client: WebClient,
  context: HandlerContext,
): Promise<Message | null> {
  const subjects = subjectsIn(textOf(shortcut.message));
  if (subjects.length > 0) {
    const asked = await ask(interaction, subjects, null, context);
    return asked.queued ? asked.message : messageOf(asked.notice);
  }
  return openModal(shortcut.trigger_id, diagnoseModal(interaction.place), client, context);
}

function gestureOf(shortcut: MessageShortcut): SlackInteraction {
  const userTeamId = shortcut.user.team_id ?? null;
  return {
    id: shortcut.trigger_id,
    userTeamId,
    place: {
      // An app that is installed for a whole organisation gets no team, only the asker's.
      teamId: shortcut.team?.id ?? userTeamId ?? '',
      channel: shortcut.channel.id,
      threadTs: threadOf(shortcut.message),
      userId: shortcut.user.id,
      responseUrl: shortcut.response_url,
      messageTs: null,
    },
  };
}

function threadOf(message: MessageShortcut['message']): string {
  const parent: unknown = message['thread_ts'];
  return typeof parent === 'string' ? parent : message.ts;
}

/** Alerts of other bots often have no text at all: their ids stand in blocks, attachments and file names. */
function textOf(message: MessageShortcut['message']): string {
  const texts: string[] = [];
  const waiting: unknown[] = [message.text, message['blocks'], message['attachments'], message['files']];
  while (waiting.length > 0) {
    const value = waiting.shift();
    if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null) waiting.unshift(...Object.values(value));
  }
  return texts.join('\n');
}

const NO_FORM = notice`Nothing names an operation here, and Slack did not open the form to enter one. Use ${'/ktrdr diagnose'} with the operation id.`;

/** Null when it is open; otherwise what to tell the asker. */
export async function openModal(
  triggerId: string,
  view: ModalView,
  client: WebClient,
  context: HandlerContext,
  instead: Notice = NO_FORM,
): Promise<Message | null> {
  try {
    await client.views.open({ trigger_id: triggerId, view });
    return null;
  } catch (error) {
    context.log.warn({ err: error }, 'the modal could not be opened');
    return messageOf(instead);
  }
}
