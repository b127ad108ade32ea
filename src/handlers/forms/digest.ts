import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { type HandlerContext, placeOf } from '../ask.ts';
import { publishHome } from '../home-tab.ts';
import { channelSelect, input, modal, submit } from './modal.ts';

const DIGEST_MODAL = 'digest_modal';
const WHERE = 'where';
const WHEN = 'when';

export function digestModal(present: { readonly channel: string; readonly words: string }, readIn: string): ModalView {
  const { channel, words } = present;
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
    metadata: readIn,
    blocks: [input('Channel that gets it', where), input('When, in which time zone, and about what', when, hint)],
  });
}

export function registerDigestModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(DIGEST_MODAL, async ({ body, view, ack, client }) => {
    const channel = view.state.values[WHERE]?.[WHERE]?.selected_conversation ?? '';
    const words = context.clean(view.state.values[WHEN]?.[WHEN]?.value ?? '');
    const { id: userId } = body.user;
    const userTeamId = body.user.team_id ?? null;
    const teamId = body.team?.id ?? userTeamId ?? '';
    const place = placeOf({ teamId, channel, userId });
    const done = await submit({ id: `digest ${view.id}`, place, userTeamId }, { context, ack, input: WHEN }, () =>
      context.services.setDigest(words, place),
    );
    if (done !== null) await publishHome(client, { teamId, userId, readIn: view.private_metadata }, context, done);
  });
}
