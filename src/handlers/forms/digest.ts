import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { type HandlerContext, placeOf } from '../ask.ts';
import { publishHome } from '../home-tab.ts';
import { channelSelect, input, modal, senderOf, submit } from './modal.ts';

const DIGEST_MODAL = 'digest_modal';
const WHERE = 'where';
const WHEN = 'when';

export function digestModal({ channel, words }: { readonly channel: string; readonly words: string }): ModalView {
  const where = {
    ...channelSelect(WHERE, ['public', 'private']),
    ...(channel === '' ? {} : { initial_conversation: channel }),
  };
  const when = {
    type: 'plain_text_input' as const,
    action_id: WHEN,
    max_length: 200,
    placeholder: { type: 'plain_text' as const, text: 'weekdays at 9:00 Europe/Berlin' },
    ...(words === '' ? {} : { initial_value: words }),
  };
  const hint = 'Or a cron pattern: 0 9 * * 1-5 Europe/Berlin since 24h training';
  return modal({
    id: DIGEST_MODAL,
    title: 'Digest of failures',
    submit: 'Set',
    metadata: '',
    blocks: [input('Channel', where), input('Schedule, time zone, and filter', when, hint)],
  });
}

export function registerDigestModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(DIGEST_MODAL, async ({ body, view, ack, client }) => {
    const channel = view.state.values[WHERE]?.[WHERE]?.selected_conversation ?? '';
    const words = context.clean(view.state.values[WHEN]?.[WHEN]?.value ?? '');
    const person = senderOf(body);
    const place = placeOf({ ...person, channel });
    const done = await submit({ id: `digest ${view.id}`, place }, { context, ack, input: WHEN }, () =>
      context.services.setDigest(words, place),
    );
    if (done !== null) await publishHome(client, person, context, done);
  });
}
