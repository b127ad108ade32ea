/** Handles the buttons of offers, which confirm an action once. The replies are for the person who clicked. */
import { randomUUID } from 'node:crypto';
import type { ActionKind } from '../../diagnosis/vocabulary/actions.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import { person } from '../../formatters/blocks/text-block.ts';
import { actionRequest, addAction } from '../background/background-jobs.ts';
import type { QueueClient } from '../queue/queues.ts';
import type { OwnRequests } from '../register/own-requests.ts';
import type { FormOutcome, PersonRef } from '../requests.ts';
import { ACTION, type Action, isOfferId, OFFER, type Offer, requestIdOfAction } from './state.ts';

interface PressOptions {
  readonly client: QueueClient;
  readonly own: OwnRequests;
}

const OLD_OFFER = buildMessage([
  'This button has expired or belongs to another diagnosis. Use “Check again” to get a new one.',
]);
const NO_MODEL = buildMessage(['Enter the directory of a trained model, such as models/v3_minimal/1h_v1.']);
/** A directory below the models directory, in the form that ktrdr accepts. */
const MODEL = /^[\w][\w./@+-]{0,199}$/;

export function createActionActions({ client, own }: PressOptions) {
  const { store } = client;

  /** Null unless this action was offered in this workspace, so a forged value has no effect. */
  async function offered({ teamId }: PersonRef, kind: ActionKind, offerId: string): Promise<Offer | null> {
    const offer = isOfferId(offerId) ? await OFFER.get(store, offerId) : null;
    return offer?.wanted.kind === kind && offer.place.teamId === teamId ? offer : null;
  }

  return {
    /** The operation and what is known of the model that a form has to ask for; null when it needs none. */
    async modelOf(by: PersonRef, kind: ActionKind, offerId: string) {
      const offer = await offered(by, kind, offerId);
      if (offer === null) return OLD_OFFER;
      return offer.model === null ? null : { operationId: offer.wanted.operationId, known: offer.model.known ?? '' };
    },

    /** The action's message in the thread reports the outcome. */
    async confirmAction(by: PersonRef, kind: ActionKind, offerId: string, model: string | null): Promise<FormOutcome> {
      const offer = await offered(by, kind, offerId);
      if (offer === null) return { isDone: false, message: OLD_OFFER };
      if (offer.model !== null && !(model !== null && MODEL.test(model) && !model.includes('..')))
        return { isDone: false, message: NO_MODEL };
      const now = Date.now();
      const action: Action = {
        ...offer,
        ...{ userId: by.userId, confirmedAt: now, taskId: taskIdAt(now), chosenModel: model, state: 'confirmed' },
      };
      const first = await ACTION.getOrSet(store, offerId, action);
      // Also if it was confirmed before, because the queue may not have received the job.
      if (first.state === 'confirmed') {
        const request = actionRequest(requestIdOfAction(first), offerId, offer.place);
        await own.take(request, () => addAction(client, request));
      }
      if (first.taskId === action.taskId)
        return { isDone: true, message: buildMessage(['The result will be posted in the thread.']) };
      const who = first.userId === by.userId ? 'you' : person(first.userId);
      return {
        isDone: true,
        message: buildMessage([
          'Already confirmed by ',
          who,
          '. The action runs only once. The result will be posted in the thread.',
        ]),
      };
    },
  };
}

/** Follows ktrdr's IDs for training runs. */
function taskIdAt(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().replaceAll(/[-:]/g, '').split(/[T.]/);
  return `op_training_${date}_${time}_${randomUUID().slice(0, 8)}`;
}
