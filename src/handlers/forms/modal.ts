/** Helpers that all modals share. */
import type { AckFn, ViewResponseAction, ViewSubmitAction } from '@slack/bolt';
import type { ConversationsSelect, InputBlock, ModalView, RadioButtons } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Message } from '../../formatters/message.ts';
import { type FormOutcome, type PersonRef, placeSchema } from '../../jobs/requests.ts';
import { type HandlerContext, type SlackInteraction, serve } from '../ask.ts';
import { messageOf, type Notice, plainTextIn } from '../notice.ts';

/** The private metadata of a form about an answer. */
export const aboutAnswerSchema = z.object({ answerId: z.string(), place: placeSchema });

interface ModalParts {
  readonly id: string;
  readonly title: string;
  readonly submit: string;
  readonly metadata: string;
  readonly blocks: ModalView['blocks'];
}

export function modal({ id, title, submit, metadata, blocks }: ModalParts): ModalView {
  return {
    type: 'modal',
    callback_id: id,
    private_metadata: metadata,
    title: { type: 'plain_text', text: title },
    submit: { type: 'plain_text', text: submit },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks,
  };
}

/** An input whose block has the id of its element; `hint` is left out when empty. */
export function input(label: string, element: InputBlock['element'] & { action_id: string }, hint = ''): InputBlock {
  return {
    type: 'input',
    block_id: element.action_id,
    label: { type: 'plain_text', text: label },
    ...(hint === '' ? {} : { hint: { type: 'plain_text', text: hint } }),
    element,
  };
}

export interface Choice {
  readonly value: string;
  readonly text: string;
}

export function radioButtons(actionId: string, choices: readonly Choice[]): RadioButtons & { action_id: string } {
  const options = choices.map(({ value, text }) => ({ value, text: { type: 'plain_text' as const, text } }));
  return { type: 'radio_buttons', action_id: actionId, options };
}

/** A choice of channels, without those that are shared with another organization. */
export function channelSelect(
  actionId: string,
  kinds: readonly ('public' | 'private' | 'im')[],
): ConversationsSelect & { action_id: string } {
  return {
    type: 'conversations_select',
    action_id: actionId,
    filter: { include: [...kinds], exclude_bot_users: true, exclude_external_shared_channels: true },
  };
}

/** Who submits a form, and in which workspace. An app that is installed for a whole organization gets no team. */
export function senderOf({ team, user }: ViewSubmitAction): PersonRef {
  return { teamId: team?.id ?? user.team_id ?? '', userId: user.id };
}

/** Null when it is open; otherwise the message for the requester. */
export async function openModal(
  view: ModalView,
  { interaction, client, context }: ModalOpener,
  notOpened: Notice,
): Promise<Message | null> {
  try {
    await client.views.open({ trigger_id: interaction.id, view });
    return null;
  } catch (error) {
    context.log.warn({ err: error }, 'the modal could not be opened');
    return messageOf(notOpened);
  }
}

export interface ModalOpener {
  readonly interaction: SlackInteraction;
  readonly client: WebClient;
  readonly context: HandlerContext;
}

/** Closes the modal when `act` succeeds; otherwise it stays open with the reason below the named input. */
export async function submit(
  interaction: SlackInteraction,
  { context, ack, input }: { context: HandlerContext; ack: AckFn<ViewResponseAction>; input: string },
  act: () => Promise<FormOutcome>,
): Promise<Message | null> {
  let isDone = false;
  const message = await serve(interaction, context, async () => {
    const outcome = await act();
    isDone = outcome.isDone;
    return outcome.message;
  });
  if (isDone || message === null) await ack();
  else await ack({ response_action: 'errors', errors: { [input]: plainTextIn(message) } });
  return isDone ? message : null;
}
