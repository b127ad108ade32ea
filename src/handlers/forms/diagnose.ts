import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { type Place, placeSchema } from '../../jobs/requests.ts';
import { ask, type HandlerContext, reply } from '../ask.ts';
import { readMetadata } from '../intake/payload.ts';
import { plainTextOf } from '../notice.ts';
import { EXAMPLE, readDiagnose } from '../text.ts';
import { channelSelect } from './channel-select.ts';

const DIAGNOSE_MODAL = 'diagnose_modal';
const INPUT = 'operation';
const WHERE = 'where';

/** Asks for what the message did not contain. The place travels in the view, so that the answer still goes to its thread. */
export function diagnoseModal(place: Place): ModalView {
  const text = 'This message names no operation. The answer to the one you enter here goes to its thread.';
  return modal(place, [{ type: 'section', text: { type: 'plain_text', text } }, operationInput()]);
}

/** Asks for the operation and for where the answer goes; nowhere chosen: a direct message. */
export function anywhereModal(place: Place): ModalView {
  return modal(place, [
    operationInput(),
    {
      type: 'input',
      block_id: WHERE,
      optional: true,
      label: { type: 'plain_text', text: 'Where the answer goes' },
      hint: { type: 'plain_text', text: 'Leave it empty for a direct message to you.' },
      element: {
        ...channelSelect(WHERE, ['public', 'private', 'im']),
        default_to_current_conversation: true,
        response_url_enabled: true,
      },
    },
  ]);
}

/** A user's id stands for the direct conversation with that person. */
export function directPlace(teamId: string, userId: string): Place {
  return { teamId, channel: userId, threadTs: null, userId, responseUrl: null, messageTs: null };
}

function modal(place: Place, blocks: ModalView['blocks']): ModalView {
  return {
    type: 'modal',
    callback_id: DIAGNOSE_MODAL,
    private_metadata: JSON.stringify(place),
    title: { type: 'plain_text', text: 'Diagnose operation' },
    submit: { type: 'plain_text', text: 'Diagnose' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks,
  };
}

function operationInput(): ModalView['blocks'][number] {
  return {
    type: 'input',
    block_id: INPUT,
    label: { type: 'plain_text', text: 'Operation id, trace id or link' },
    hint: { type: 'plain_text', text: 'Or “last training”. You may add what you see: stuck, slow, failed.' },
    element: {
      type: 'plain_text_input',
      action_id: INPUT,
      max_length: 3000,
      placeholder: { type: 'plain_text', text: EXAMPLE.replace('/ktrdr diagnose ', '') },
    },
  };
}

export function registerDiagnoseModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(DIAGNOSE_MODAL, async ({ body, view, ack }) => {
    const read = readDiagnose(view.state.values[INPUT]?.[INPUT]?.value ?? '');
    if (read.kind === 'unclear') {
      await ack({ response_action: 'errors', errors: { [INPUT]: plainTextOf(read.notice) } });
      return;
    }
    const kept = { ...readMetadata(view.private_metadata, placeSchema), userId: body.user.id };
    const chosen = view.state.values[WHERE]?.[WHERE]?.selected_conversation ?? null;
    const place = chosen === null ? kept : { ...kept, channel: chosen, responseUrl: responseUrlIn(body, chosen) };
    const interaction = { id: body.trigger_id, place, userTeamId: body.user.team_id ?? null };
    const asked = await ask(interaction, read.subjects, read.symptom, context);
    if (!asked.queued) return ack({ response_action: 'errors', errors: { [INPUT]: plainTextOf(asked.notice) } });
    await ack();
    if (asked.message !== null) await reply(interaction, asked.message, context);
  });
}

/** The way to the asker in a channel that the bot is not in. */
function responseUrlIn({ response_urls: urls }: ViewSubmitAction, channel: string): string | null {
  return urls?.find((url) => url.channel_id === channel)?.response_url ?? null;
}
