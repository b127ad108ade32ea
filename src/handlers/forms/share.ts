import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { Place } from '../../jobs/requests.ts';
import { type HandlerContext, reply } from '../ask.ts';
import { readMetadata } from '../intake/payload.ts';
import { aboutAnswerSchema, channelSelect, input, modal, senderOf, submit } from './modal.ts';

const SHARE_MODAL = 'share_modal';
const WHERE = 'where';

export function shareModal(answerId: string, place: Place): ModalView {
  const text = 'Posts one message with the cause and a link to this thread.';
  return modal({
    id: SHARE_MODAL,
    title: 'Share this diagnosis',
    submit: 'Share',
    metadata: JSON.stringify({ answerId, place }),
    blocks: [
      { type: 'section', text: { type: 'plain_text', text, emoji: false } },
      input('Channel', channelSelect(WHERE, ['public', 'private'])),
    ],
  });
}

export function registerShareModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(SHARE_MODAL, async ({ body, view, ack }) => {
    const { answerId, place } = readMetadata(view.private_metadata, aboutAnswerSchema);
    const channel = view.state.values[WHERE]?.[WHERE]?.selected_conversation ?? '';
    // The ID comes from the form, so that submitting it repeatedly posts only one message.
    const id = `share ${view.id}`;
    const person = senderOf(body);
    // Only the form knows where it was opened.
    const here = { ...place, ...person, channel: person.userId };
    const done = await submit({ id, place: { ...here, channel } }, { context, ack, input: WHERE }, () =>
      context.services.share(id, answerId, here, channel),
    );
    if (done !== null) await reply({ id, place: here }, done, context);
  });
}
