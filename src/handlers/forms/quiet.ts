import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { Place } from '../../jobs/requests.ts';
import { type HandlerContext, reply } from '../ask.ts';
import { readMetadata } from '../intake/payload.ts';
import { aboutAnswerSchema, type Choice, input, modal, radioButtons, senderOf, submit } from './modal.ts';

const QUIET_MODAL = 'quiet_modal';
const CHOICE = 'choice';

/** The form that chooses what to mute in the channel: replies to pasted IDs, and alerts. */
export function quietModal(answerId: string, place: Place, choices: readonly Choice[]): ModalView {
  return modal({
    id: QUIET_MODAL,
    title: 'Snooze or mute',
    submit: 'Apply',
    metadata: JSON.stringify({ answerId, place }),
    blocks: [
      input(
        'What should happen?',
        radioButtons(CHOICE, choices),
        'Pasted IDs then get no reply here. Commands and mentions still work.',
      ),
    ],
  });
}

export function registerQuietModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(QUIET_MODAL, async ({ body, view, ack }) => {
    const { answerId, place } = readMetadata(view.private_metadata, aboutAnswerSchema);
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
