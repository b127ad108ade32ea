import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { type Place, placeSchema } from '../jobs/requests.ts';
import { ask, type Desk } from './ask.ts';
import { plainTextOf } from './notice.ts';
import { EXAMPLE, readDiagnose } from './text.ts';

export const DIAGNOSE_MODAL = 'diagnose_modal';
const INPUT = 'operation';

/** Asks for what the message did not contain. The place travels in the view, so that the answer still goes to its thread. */
export function diagnoseModal(place: Place): ModalView {
  return {
    type: 'modal',
    callback_id: DIAGNOSE_MODAL,
    private_metadata: JSON.stringify(place),
    title: { type: 'plain_text', text: 'Diagnose operation' },
    submit: { type: 'plain_text', text: 'Diagnose' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'section',
        text: {
          type: 'plain_text',
          text: 'This message names no operation. The answer to the one you enter here goes to its thread.',
        },
      },
      {
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
      },
    ],
  };
}

export function registerDiagnoseModal(app: App, desk: Desk): void {
  app.view<ViewSubmitAction>(DIAGNOSE_MODAL, async ({ body, view, ack }) => {
    const read = readDiagnose(view.state.values[INPUT]?.[INPUT]?.value ?? '');
    if (read.kind === 'unclear') {
      await ack({ response_action: 'errors', errors: { [INPUT]: plainTextOf(read.notice) } });
      return;
    }
    const place = { ...placeSchema.parse(JSON.parse(view.private_metadata)), userId: body.user.id };
    const gesture = { id: body.trigger_id, place, userTeamId: body.user.team_id ?? null };
    const asked = await ask(gesture, read.subjects, read.symptom, desk);
    if (asked.queued) await ack();
    else await ack({ response_action: 'errors', errors: { [INPUT]: plainTextOf(asked.notice) } });
  });
}
