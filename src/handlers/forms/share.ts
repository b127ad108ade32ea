import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { z } from 'zod';
import { type Place, placeSchema } from '../../jobs/requests.ts';
import { type HandlerContext, reply, serve } from '../ask.ts';
import { readMetadata } from '../intake/payload.ts';
import { plainTextIn } from '../notice.ts';
import { channelSelect } from './channel-select.ts';

const SHARE_MODAL = 'share_modal';
const WHERE = 'where';

/** What travels in the view. */
const sharingSchema = z.object({ answerId: z.string(), place: placeSchema });

/** Asks where an answer goes. */
export function shareModal(answerId: string, place: Place): ModalView {
  const text = 'The channel gets one message with the cause and a link to this thread.';
  return {
    type: 'modal',
    callback_id: SHARE_MODAL,
    private_metadata: JSON.stringify({ answerId, place }),
    title: { type: 'plain_text', text: 'Share this answer' },
    submit: { type: 'plain_text', text: 'Share' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      { type: 'section', text: { type: 'plain_text', text, emoji: false } },
      {
        type: 'input',
        block_id: WHERE,
        label: { type: 'plain_text', text: 'Channel' },
        element: channelSelect(WHERE, ['public', 'private']),
      },
    ],
  };
}

export function registerShareModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(SHARE_MODAL, async ({ body, view, ack }) => {
    const { answerId, place } = readMetadata(view.private_metadata, sharingSchema);
    const channel = view.state.values[WHERE]?.[WHERE]?.selected_conversation ?? '';
    // One form is one message, however often it is sent.
    const interaction = { id: `share ${view.id}`, userTeamId: body.user.team_id ?? null };
    const here = { ...place, userId: body.user.id };
    let isDone = false;
    const answer = await serve({ ...interaction, place: { ...here, channel } }, context, async () => {
      const shared = await context.services.share(interaction.id, answerId, here, channel);
      isDone = shared.isDone;
      return shared.message;
    });
    if (isDone || answer === null) await ack();
    else await ack({ response_action: 'errors', errors: { [WHERE]: plainTextIn(answer) } });
    if (isDone && answer !== null) await reply({ ...interaction, place: here }, answer, context);
  });
}
