import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { z } from 'zod';
import type { QuietChoice } from '../../jobs/mute/actions.ts';
import { type Place, placeSchema } from '../../jobs/requests.ts';
import { type HandlerContext, reply } from '../ask.ts';
import { readMetadata } from '../intake/payload.ts';
import { input, modal, senderOf, submit } from './modal.ts';

const QUIET_MODAL = 'quiet_modal';
const CHOICE = 'choice';

const LABELS: Readonly<Record<QuietChoice, string>> = {
  snooze: 'Snooze this cause here for 1 day',
  unsnooze: 'End the snooze of this cause here',
  mute: 'Mute this operation here for 7 days',
  unmute: 'End the mute of this operation here',
};
const metadataSchema = z.object({ answerId: z.string(), place: placeSchema });

/** What a pasted id and an alert may still say in the channel. */
export function quietModal(answerId: string, place: Place, choices: readonly QuietChoice[]): ModalView {
  const options = choices.map((value) => ({ value, text: { type: 'plain_text' as const, text: LABELS[value] } }));
  return modal({
    id: QUIET_MODAL,
    title: 'Snooze or mute',
    submit: 'Apply',
    metadata: JSON.stringify({ answerId, place }),
    blocks: [
      input(
        'What should happen?',
        { type: 'radio_buttons', action_id: CHOICE, options },
        'Pasted ids then get no answer here. Whoever asks still gets one.',
      ),
    ],
  });
}

export function registerQuietModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(QUIET_MODAL, async ({ body, view, ack }) => {
    const { answerId, place } = readMetadata(view.private_metadata, metadataSchema);
    const person = senderOf(body);
    const id = `quiet ${view.id}`;
    const here = { ...place, ...person };
    const choice = view.state.values[CHOICE]?.[CHOICE]?.selected_option?.value ?? '';
    const done = await submit({ id, place: here }, { context, ack, input: CHOICE }, async () => ({
      isDone: true,
      message: await context.services.quiet(id, answerId, here, choice),
    }));
    if (done !== null) await reply({ id, place: here }, done, context);
  });
}
