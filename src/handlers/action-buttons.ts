/** The buttons that change something through the ktrdr API. A dialog or form shows the request first. */
import type { ActionKind } from '../diagnosis/vocabulary/actions.ts';
import type { Message } from '../formatters/message.ts';
import { reasonNotToAct, serve } from './ask.ts';
import { type ModalOpener, openModal } from './forms/modal.ts';
import { modelModal } from './forms/model.ts';
import { notice } from './notice.ts';

export const ACTION_BUTTONS: Readonly<Record<string, ActionKind>> = {
  action_cancel: 'cancel',
  action_resume: 'resume',
  action_start_again: 'start-again',
  action_load_data: 'load-data',
};

const NO_FORM = notice`Slack couldn’t open the form. Try again.`;

export async function pressAction(
  kind: ActionKind,
  click: ModalOpener & { readonly value: string },
): Promise<Message | null> {
  const { value: offerId, interaction, context } = click;
  const { place } = interaction;
  const rejection = reasonNotToAct(place, context);
  if (rejection !== null) return rejection;
  return serve(interaction, context, async () => {
    const model = await context.services.modelOf(place, kind, offerId);
    if (model === null) return (await context.services.confirmAction(place, kind, offerId, null)).message;
    return 'blocks' in model ? model : openModal(modelModal(offerId, place, model), click, NO_FORM);
  });
}
