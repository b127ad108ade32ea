import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { type HandlerContext, serve } from '../ask.ts';
import { publishHome } from '../home-tab.ts';
import { plainTextIn } from '../notice.ts';
import { channelSelect } from './channel-select.ts';
import { directPlace } from './diagnose.ts';

const DIGEST_MODAL = 'digest_modal';
const WHERE = 'where';
const WHEN = 'when';
const EXAMPLE = 'weekdays at 9:00 Europe/Berlin';

/** Sets or changes the digest of a channel; `words` are those that set the present one. */
export function digestModal(present: { readonly channel: string; readonly words: string }, readIn: string): ModalView {
  const { channel, words } = present;
  return {
    type: 'modal',
    callback_id: DIGEST_MODAL,
    private_metadata: readIn,
    title: { type: 'plain_text', text: 'Digest of failures' },
    submit: { type: 'plain_text', text: 'Set' },
    close: { type: 'plain_text', text: 'Cancel' },
    blocks: [
      {
        type: 'input',
        block_id: WHERE,
        label: { type: 'plain_text', text: 'Channel that gets it' },
        element: {
          ...channelSelect(WHERE, ['public', 'private']),
          ...(channel === '' ? {} : { initial_conversation: channel }),
        },
      },
      {
        type: 'input',
        block_id: WHEN,
        label: { type: 'plain_text', text: 'When, in which time zone, and about what' },
        hint: { type: 'plain_text', text: 'Or a cron pattern: 0 9 * * 1-5 Europe/Berlin since 24h training' },
        element: {
          type: 'plain_text_input',
          action_id: WHEN,
          max_length: 200,
          placeholder: { type: 'plain_text', text: EXAMPLE },
          ...(words === '' ? {} : { initial_value: words }),
        },
      },
    ],
  };
}

export function registerDigestModal(app: App, context: HandlerContext): void {
  app.view<ViewSubmitAction>(DIGEST_MODAL, async ({ body, view, ack, client }) => {
    const channel = view.state.values[WHERE]?.[WHERE]?.selected_conversation ?? '';
    const words = view.state.values[WHEN]?.[WHEN]?.value ?? '';
    const { id: userId } = body.user;
    const userTeamId = body.user.team_id ?? null;
    const teamId = body.team?.id ?? userTeamId ?? '';
    const place = { ...directPlace(teamId, userId), channel };
    let isDone = false;
    const answer = await serve({ id: `digest ${view.id}`, place, userTeamId }, context, async () => {
      const set = await context.services.setDigest(words, place);
      isDone = set.isDone;
      return set.message;
    });
    if (isDone || answer === null) await ack();
    else await ack({ response_action: 'errors', errors: { [WHEN]: plainTextIn(answer) } });
    if (isDone) await publishHome(client, { teamId, userId, readIn: view.private_metadata }, context, answer);
  });
}
