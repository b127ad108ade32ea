/** Payloads as Slack sends them, to be damaged one value at a time. */

const PERSON = { id: 'U0ANNA', username: 'anna', team_id: 'T0KTRDR' };
const TEAM = { id: 'T0KTRDR', domain: 'ktrdr' };
const PLACE = {
  teamId: 'T0KTRDR',
  channel: 'C0OPS',
  userId: 'U0ANNA',
  threadTs: null,
  responseUrl: null,
  messageTs: null,
};

function callback(event: Readonly<Record<string, unknown>>) {
  const authorization = {
    enterprise_id: null,
    team_id: 'T0KTRDR',
    user_id: 'U0KTRDRBOT',
    is_enterprise_install: false,
  };
  return {
    type: 'event_callback',
    team_id: 'T0KTRDR',
    event,
    event_id: 'Ev1',
    event_time: 1_767_938_425,
    authorizations: [authorization],
    is_ext_shared_channel: false,
  };
}

function interaction(fields: Readonly<Record<string, unknown>>) {
  return { user: PERSON, team: TEAM, enterprise: null, is_enterprise_install: false, trigger_id: '1.2.x', ...fields };
}

function submission(callbackId: string, metadata: unknown) {
  const values = { operation: { operation: { type: 'plain_text_input', value: 'last training' } } };
  const view = { id: 'V1', type: 'modal', callback_id: callbackId, private_metadata: JSON.stringify(metadata) };
  return interaction({ type: 'view_submission', view: { ...view, state: { values } }, response_urls: [] });
}

const MESSAGE = { type: 'message', channel: 'C0OPS', user: 'U0BEN', text: 'nothing', ts: '1.1', event_ts: '1.1' };
const CONTAINER = { type: 'message', channel_id: 'C0OPS', message_ts: '1.1', is_ephemeral: false };

export const PAYLOADS = {
  mention: callback({ ...MESSAGE, type: 'app_mention', text: '<@U0KTRDRBOT> thanks' }),
  message: callback({ ...MESSAGE, channel_type: 'channel' }),
  link: callback({
    type: 'link_shared',
    channel: 'C0OPS',
    user: 'U0BEN',
    message_ts: '1.1',
    links: [{ domain: 'jaeger.example.com', url: 'https://jaeger.example.com/trace/0af7651916cd43dd8448eb211c80319c' }],
  }),
  home: callback({ type: 'app_home_opened', user: 'U0ANNA', channel: 'D0ANNA', tab: 'messages' }),
  reaction: callback({
    type: 'reaction_added',
    user: 'U0ANNA',
    item: { type: 'message', channel: 'C0OPS', ts: '1.1' },
  }),
  revoked: callback({ type: 'tokens_revoked', tokens: { oauth: ['U0ANNA'], bot: [] } }),
  command: {
    command: '/ktrdr',
    text: 'help',
    team_id: 'T0KTRDR',
    user_id: 'U0ANNA',
    channel_id: 'C0OPS',
    trigger_id: '1.2.x',
    response_url: 'https://hooks.example.com/commands/1',
  },
  button: interaction({
    type: 'block_actions',
    actions: [{ type: 'button', action_id: 'open_jaeger', block_id: 'b', value: 'x' }],
    container: CONTAINER,
    channel: { id: 'C0OPS', name: 'ops' },
    message: { type: 'message', ts: '1.1', text: 'x' },
  }),
  overflow: interaction({
    type: 'block_actions',
    actions: [{ type: 'overflow', action_id: 'open_grafana', block_id: 'b', selected_option: { value: 'x' } }],
    container: CONTAINER,
    channel: { id: 'C0OPS', name: 'ops' },
  }),
  diagnose: submission('diagnose_modal', PLACE),
  share: submission('share_modal', { answerId: 'a', place: PLACE }),
  shortcut: interaction({
    type: 'message_action',
    callback_id: 'diagnose_operation',
    channel: { id: 'C0OPS', name: 'ops' },
    message: { type: 'message', ts: '1.1', text: 'op_training_20260109_060025_4183136f' },
    response_url: 'https://hooks.example.com/actions/1',
  }),
} as const;

export const ODD_VALUES: readonly unknown[] = [
  undefined,
  null,
  0,
  1.5,
  true,
  '',
  [],
  [null],
  [[]],
  {},
  { id: 5 },
  { type: [] },
];

/** A copy in which one value, chosen by `place`, is another; `undefined` leaves it out. */
export function replaced(payload: unknown, place: number, value: unknown): unknown {
  const copy = structuredClone(payload);
  const slots: (readonly [Record<string, unknown>, string])[] = [];
  const waiting: unknown[] = [copy];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    for (const key of Object.keys(next)) {
      slots.push([next as Record<string, unknown>, key]);
      waiting.push(Reflect.get(next, key));
    }
  }
  const slot = slots[place % slots.length];
  if (slot !== undefined) slot[0][slot[1]] = value;
  return copy;
}
