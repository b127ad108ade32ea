import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { Place } from '../../jobs/requests.ts';
import { type HandlerContext, reply } from '../ask.ts';
import { readMetadata } from '../intake/payload.ts';
import { aboutAnswerSchema, type Choice, input, modal, radioButtons, senderOf, submit } from './modal.ts';

const FEEDBACK_MODAL = 'feedback_modal';
const INSTEAD_INPUT = 'instead';
const WORDS_INPUT = 'words';
const LONGEST_WORDS = 300;

/** Opened by “No” below “Was this right?”. */
export function feedbackModal(answerId: string, place: Place, choices: readonly Choice[]): ModalView {
  return modal({
    id: FEEDBACK_MODAL,
    title: 'What was it?',
    submit: 'Send',
    metadata: JSON.stringify({ answerId, place }),
    blocks: [
      input('What was the cause?', radioButtons(INSTEAD_INPUT, choices)),
      {
        ...input('In your own words', { type: 'plain_text_input', action_id: WORDS_INPUT, max_length: LONGEST_WORDS }),
        optional: true,
      },
    ],
  });
}

export function registerFeedbackModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(FEEDBACK_MODAL, async ({ body, view, ack }) => {
    const { answerId, place } = readMetadata(view.private_metadata, aboutAnswerSchema);
    const person = senderOf(body);
    const id = `feedback ${view.id}`;
    const here = { ...place, ...person, channel: person.userId };
    const instead = view.state.values[INSTEAD_INPUT]?.[INSTEAD_INPUT]?.selected_option?.value ?? '';
    const words = context.clean(view.state.values[WORDS_INPUT]?.[WORDS_INPUT]?.value ?? '');
    const done = await submit({ id, place: here }, { context, ack, input: INSTEAD_INPUT }, async () => ({
      isDone: true,
      message: await context.services.feedback(answerId, { verdict: 'wrong', instead, words }, here),
    }));
    if (done !== null) await reply({ id, place: here }, done, context);
  });
}
