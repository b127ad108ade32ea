import type { App, ViewSubmitAction } from '@slack/bolt';
import type { InputBlock, ModalView } from '@slack/types';
import { type Place, placeSchema } from '../../jobs/requests.ts';
import { ask, type HandlerContext, reply } from '../ask.ts';
import { readMetadata } from '../intake/payload.ts';
import { messageOf, notice, plainTextOf, withProblem } from '../notice.ts';
import { EXAMPLE, readDiagnose } from '../typed-text.ts';
import { channelSelect, input, modal, senderOf } from './modal.ts';

const DIAGNOSE_MODAL = 'diagnose_modal';
const OPERATION = 'operation';
const WHERE = 'where';

const NOT_THERE = notice`ktrdr-bot can’t see that channel, or you aren’t in it. Leave the field empty to get a direct message.`;

/** For a message without an id. The place travels in the view, so that the answer still goes to the message's thread. */
export function diagnoseModal(place: Place): ModalView {
  const text = 'No operation ID found in this message. Enter one to get the diagnosis in its thread.';
  return diagnoseModalOf(place, [{ type: 'section', text: { type: 'plain_text', text } }, operationInput()]);
}

/** With a choice of where the answer goes; without one, it is a direct message. */
export function anywhereModal(place: Place): ModalView {
  const select = {
    ...channelSelect(WHERE, ['public', 'private', 'im']),
    default_to_current_conversation: true,
    response_url_enabled: true,
  };
  const where = input('Where to post', select, 'Leave empty to get a direct message.');
  return diagnoseModalOf(place, [operationInput(), { ...where, optional: true }]);
}

function diagnoseModalOf(place: Place, blocks: ModalView['blocks']): ModalView {
  return modal({
    id: DIAGNOSE_MODAL,
    title: 'Diagnose operation',
    submit: 'Diagnose',
    metadata: JSON.stringify(place),
    blocks,
  });
}

function operationInput(): InputBlock {
  return input(
    'Operation ID, trace ID, or link',
    {
      type: 'plain_text_input',
      action_id: OPERATION,
      max_length: 3000,
      placeholder: { type: 'plain_text', text: EXAMPLE.replace('/ktrdr diagnose ', '') },
    },
    'Or “last training”. You can add a symptom: stuck, slow, failed.',
  );
}

export function registerDiagnoseModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(DIAGNOSE_MODAL, async ({ body, view, ack }) => {
    const read = readDiagnose(context.clean(view.state.values[OPERATION]?.[OPERATION]?.value ?? ''));
    if (read.kind === 'unclear') {
      await ack({ response_action: 'errors', errors: { [OPERATION]: plainTextOf(read.notice) } });
      return;
    }
    const kept = { ...readMetadata(view.private_metadata, placeSchema), ...senderOf(body), messageTs: null };
    const chosen = view.state.values[WHERE]?.[WHERE]?.selected_conversation ?? null;
    // Reaches the requester in a channel that the bot is not in.
    const responseUrl = body.response_urls?.find((url) => url.channel_id === chosen)?.response_url ?? null;
    const place = chosen === null ? kept : { ...kept, channel: chosen, responseUrl };
    if (!(await context.services.maySpeak(place, place.channel)))
      return ack({
        response_action: 'errors',
        errors: { [chosen === null ? OPERATION : WHERE]: plainTextOf(NOT_THERE) },
      });
    const interaction = { id: body.trigger_id, place };
    const asked = await ask(interaction, read, context);
    if (!asked.queued) return ack({ response_action: 'errors', errors: { [OPERATION]: plainTextOf(asked.notice) } });
    await ack();
    const said = read.unread === undefined ? asked.message : withProblem(messageOf(read.unread), asked.message);
    if (said !== null) await reply(interaction, said, context);
  });
}
