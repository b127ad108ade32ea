import type { App, GlobalShortcut, MessageShortcut } from '@slack/bolt';
import { diagnose, type HandlerContext, placeOf, reply, type SlackInteraction } from './ask.ts';
import { anywhereModal, diagnoseModal } from './forms/diagnose.ts';
import { openModal } from './forms/modal.ts';
import { notice } from './notice.ts';
import { subjectsNamed } from './typed-text.ts';

export const DIAGNOSE_SHORTCUT = 'diagnose_operation';
export const DIAGNOSE_ANYWHERE_SHORTCUT = 'diagnose_anywhere';

/** Without a modal, people can't enter an ID here. */
export const NO_INPUT = notice`No operation ID found here, and Slack couldn’t open the form to enter one. Use ${'/ktrdr diagnose'} with the operation ID.`;

export function registerDiagnoseShortcut(app: App, context: HandlerContext): void {
  app.shortcut<MessageShortcut>(
    { type: 'message_action', callback_id: DIAGNOSE_SHORTCUT },
    async ({ shortcut, ack, client }) => {
      const interaction = interactionOf(shortcut);
      const subjects = subjectsNamed(textOf(shortcut.message));
      const answer =
        subjects.length > 0
          ? await diagnose(interaction, { subjects, symptom: null }, context)
          : await openModal(diagnoseModal(interaction.place), { interaction, client, context }, NO_INPUT);
      await ack();
      if (answer !== null) await reply(interaction, answer, context);
    },
  );
  // The global shortcut has no channel: the modal asks where the answer goes.
  app.shortcut<GlobalShortcut>(
    { type: 'shortcut', callback_id: DIAGNOSE_ANYWHERE_SHORTCUT },
    async ({ shortcut, ack, client }) => {
      const { user, team, trigger_id: id } = shortcut;
      const place = placeOf({ teamId: team?.id ?? user.team_id ?? '', channel: user.id, userId: user.id });
      const interaction: SlackInteraction = { id, place };
      const answer = await openModal(anywhereModal(place), { interaction, client, context }, NO_INPUT);
      await ack();
      if (answer !== null) await reply(interaction, answer, context);
    },
  );
}

function interactionOf({ trigger_id: id, user, team, channel, message, ...rest }: MessageShortcut): SlackInteraction {
  const parent: unknown = message['thread_ts'];
  const place = placeOf({
    // An app that is installed for a whole organization gets no team, only the requester's.
    teamId: team?.id ?? user.team_id ?? '',
    channel: channel.id,
    threadTs: typeof parent === 'string' ? parent : message.ts,
    userId: user.id,
    responseUrl: rest.response_url,
  });
  return { id, place };
}

/** Alerts of other bots often have no text: their ids are in blocks, attachments, and file names. */
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
