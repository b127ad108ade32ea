import { describe, expect, it } from 'vitest';
import { type Access, type Requester, reasonToReject } from '../../src/handlers/access.ts';
import { plainTextOf } from '../../src/handlers/notice.ts';

const everybody: Access = { teams: null, channels: null, users: null };
const requester: Requester = {
  teamId: 'T1',
  installedIn: [],
  userTeamIds: ['T1'],
  channel: 'C1',
  isSharedOutside: null,
  userId: 'U1',
};
/** U1 is in C1 only; strangers read in C8; Slack says nothing of C9. */
const slack = {
  isInAny: async (_person: object, channels: readonly string[]) =>
    channels.includes('C1') || (channels.includes('C9') ? null : false),
  isSharedOutside: async ({ channel }: { channel: string }) => (channel === 'C9' ? null : channel === 'C8'),
};

const inOrganisation = { installedIn: ['E1'], userTeamIds: ['T2'] };

describe('have access', () => {
  it.each<[string, Partial<Access>, Partial<Requester>]>([
    ['everybody, when no list is set', {}, {}],
    ['a person whose own workspace is not told', {}, { userTeamIds: [] }],
    ['a colleague whose home is the organisation', {}, { installedIn: ['E1'], userTeamIds: ['E1'] }],
    ['a colleague of another workspace in it', {}, { installedIn: ['E1'], userTeamIds: ['T2', 'E1'], channel: 'C8' }],
    ['whoever is in a channel that is not shared outside', {}, { userTeamIds: ['T2'], isSharedOutside: false }],
    ['the same in an organisation, when Slack has to be asked', {}, { installedIn: ['E1'], userTeamIds: ['T2'] }],
    ['a colleague outside of channels', {}, { installedIn: ['E1'], userTeamIds: ['T2'], channel: '' }],
    ['a colleague of another workspace that is named', { teams: ['T1', 'T2'] }, { userTeamIds: ['T2'] }],
    ['a workspace of a named organisation', { teams: ['E1'] }, { installedIn: ['E1'] }],
    ['a member of a named channel, in a direct message', { channels: ['C2', 'C1'] }, { channel: 'D1' }],
    ['a member of a named channel, on the Home tab', { channels: ['C1'] }, { channel: '' }],
    ['a member of a named channel, who chose themselves in a form', { channels: ['C1'] }, { channel: 'U1' }],
    ['who is on every list', { teams: ['T1'], channels: ['C0', 'C1'], users: ['U1'] }, {}],
  ])('%s', async (_who, lists, who) => {
    expect(await reasonToReject({ ...requester, ...who }, { ...everybody, ...lists }, slack)).toBeNull();
  });

  it.each<[string, Partial<Access>, Partial<Requester>, string]>([
    ['a stranger, says the event', {}, { userTeamIds: ['T2'], isSharedOutside: true }, 'members of the workspace'],
    ['a stranger, says Slack', {}, { ...inOrganisation, channel: 'C8' }, 'members of the workspace'],
    ['somebody else, when Slack says nothing', {}, { ...inOrganisation, channel: 'C9' }, 'members of the workspace'],
    ['somebody else, when there is no organisation', {}, { userTeamIds: ['T2'] }, 'members of the workspace'],
    [
      'a stranger, whose organisation is another',
      {},
      { installedIn: ['E1'], userTeamIds: ['E2'], channel: 'C8' },
      'mem',
    ],
    ['a stranger outside of channels', {}, { userTeamIds: ['T2'], channel: '' }, 'members of the workspace'],
    ['a member where strangers read', { channels: ['C1'] }, { isSharedOutside: true }, 'another organization'],
    ['another workspace', { teams: ['T2'] }, {}, 'ALLOWED_TEAMS'],
    ['another channel', { channels: ['C2'] }, {}, 'ALLOWED_CHANNELS'],
    [
      'whoever is in no named channel, in a direct message',
      { channels: ['C2'] },
      { channel: 'D1' },
      'you aren’t in any',
    ],
    ['whoever is in no named channel, on the Home tab', { channels: ['C2'] }, { channel: '' }, 'you aren’t in any'],
    [
      'whoever may be in one, when Slack says nothing',
      { channels: ['C9'] },
      { channel: 'D1' },
      'couldn’t check with Slack',
    ],
    ['another person', { users: ['U2'] }, {}, 'ALLOWED_USERS'],
    ['anybody, when a list is empty', { users: [] }, {}, 'ALLOWED_USERS'],
  ])('not %s', async (_who, lists, who, reason) => {
    const refused = await reasonToReject({ ...requester, ...who }, { ...everybody, ...lists }, slack);
    expect(refused === null ? null : plainTextOf(refused)).toContain(reason);
  });
});
