import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { z } from 'zod';
import { type Place, placeSchema } from '../../jobs/requests.ts';
import { type HandlerContext, reasonNotToAct, reply } from '../ask.ts';
import { readMetadata } from '../intake/payload.ts';
import { input, modal, senderOf, submit } from './modal.ts';

const MODEL_MODAL = 'model_modal';
const MODEL_INPUT = 'model';
const LONGEST_MODEL = 200;

const metadataSchema = z.object({ offerId: z.string(), place: placeSchema });

/** Opened by “Start again” on a backtest, whose record lacks the model. The form is also the confirmation. */
export function modelModal(
  offerId: string,
  place: Place,
  { operationId, known }: { readonly operationId: string; readonly known: string },
): ModalView {
  const text = `ktrdr-bot will call POST /api/v1/backtests/start once, with the strategy, symbol, timeframe, dates, capital, commission, and slippage of ${operationId}. The strategy is read from its file. If the file has changed since, the new version runs.`;
  const field = { type: 'plain_text_input' as const, action_id: MODEL_INPUT, max_length: LONGEST_MODEL };
  return {
    ...modal({
      id: MODEL_MODAL,
      title: 'Start again?',
      submit: 'Start again',
      metadata: JSON.stringify({ offerId, place }),
      blocks: [
        { type: 'section', text: { type: 'plain_text', text, emoji: false } },
        input(
          'Model directory',
          known === '' ? field : { ...field, initial_value: known },
          'For example, models/v3_minimal/1h_v1. The backtest’s record doesn’t include it.',
        ),
      ],
    }),
    close: { type: 'plain_text', text: 'Not now' },
  };
}

export function registerModelModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(MODEL_MODAL, async ({ body, view, ack }) => {
    const { offerId, place } = readMetadata(view.private_metadata, metadataSchema);
    const person = senderOf(body);
    const id = `model ${view.id}`;
    const here = { ...place, ...person, channel: person.userId };
    const rejection = reasonNotToAct(person, context);
    const model = context.clean((view.state.values[MODEL_INPUT]?.[MODEL_INPUT]?.value ?? '').trim());
    const done = await submit({ id, place: here }, { context, ack, input: MODEL_INPUT }, async () =>
      rejection === null
        ? context.services.confirmAction(person, 'start-again', offerId, model)
        : { isDone: false, message: rejection },
    );
    if (done !== null) await reply({ id, place: here }, done, context);
  });
}
