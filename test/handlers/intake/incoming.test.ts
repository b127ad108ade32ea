import { describe, expect, it } from 'vitest';
import { incomingFrom } from '../../../src/handlers/intake/incoming.ts';

const ID = 'op_training_20260109_060025_4183136f';
const WHO = { team: { id: 'T1' }, user: { id: 'U1', team_id: 'T2' } };
const place = JSON.stringify({ teamId: 'T1', channel: 'C3', userId: 'U1' });

describe('what comes in', () => {
  it.each<[string, object, object]>([
    [
      'a command',
      {
        command: '/ktrdr',
        text: `diagnose ${ID}`,
        team_id: 'T1',
        user_id: 'U1',
        channel_id: 'C1',
        enterprise_id: 'E1',
      },
      { kind: 'command', entry: '/ktrdr diagnose', about: [ID], installedIn: ['E1'], channel: 'C1', userTeamIds: [] },
    ],
    [
      'a command that begins with what somebody wrote',
      { command: '/ktrdr', text: 'secret plans', team_id: 'T1', user_id: 'U1', channel_id: 'C1' },
      { entry: '/ktrdr', about: [] },
    ],
    [
      'a click',
      { ...WHO, type: 'block_actions', channel: { id: 'C1' }, actions: [{ action_id: 'run_again', value: ID }] },
      { kind: 'click', entry: 'run_again', about: [ID], channel: 'C1', userTeamIds: ['T2'], isRequest: true },
    ],
    [
      'a click on a home tab',
      { ...WHO, type: 'block_actions', view: { private_metadata: '' }, actions: [{ action_id: 'more' }] },
      { channel: '', entry: 'more' },
    ],
    [
      'a shortcut',
      {
        ...WHO,
        type: 'message_action',
        callback_id: 'look',
        channel: { id: 'C1' },
        message: { blocks: [{ text: ID }] },
      },
      { kind: 'shortcut', entry: 'look', about: [ID] },
    ],
    [
      'a form that goes where it was opened',
      {
        ...WHO,
        type: 'view_submission',
        view: { callback_id: 'form', private_metadata: place, state: { values: { a: { b: { value: ID } } } } },
      },
      { kind: 'form', entry: 'form', channel: 'C3', about: [ID] },
    ],
    [
      'a form in which a channel was chosen',
      {
        ...WHO,
        type: 'view_submission',
        view: { private_metadata: place, state: { values: { a: { b: { selected_conversation: 'C4' } } } } },
      },
      { channel: 'C4' },
    ],
    [
      'a mention in a shared channel',
      {
        type: 'event_callback',
        team_id: 'T1',
        is_ext_shared_channel: true,
        event: { type: 'app_mention', user: 'U1', user_team: 'T2', channel: 'C1', text: ID },
      },
      { kind: 'event', isSharedOutside: true, userTeamIds: ['T2'], userId: 'U1', isRequest: true, about: [ID] },
    ],
    [
      'a message that is not for the bot',
      {
        type: 'event_callback',
        team_id: 'T1',
        event: { type: 'message', channel_type: 'channel', user: 'U1', text: ID },
      },
      { kind: 'event', isRequest: false },
    ],
    [
      'a look at the home tab',
      { type: 'event_callback', team_id: 'T1', event: { type: 'app_home_opened', user: 'U1', channel: 'D1' } },
      { channel: '', isRequest: false },
    ],
    [
      'what has another shape than it should',
      { type: 'event_callback', team_id: 7, user: 'x', actions: {}, event: { type: 'team_join', user: { id: 'U1' } } },
      { kind: 'event', teamId: '', userId: 'U1' },
    ],
  ])('%s', (_what, body, read) => {
    expect(incomingFrom(body)).toMatchObject(read);
  });
});
