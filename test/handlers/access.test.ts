import { describe, expect, it } from 'vitest';
import { type Access, type Person, reasonToReject } from '../../src/handlers/access.ts';
import { plainTextOf } from '../../src/handlers/notice.ts';

const everybody: Access = { teams: null, channels: null, users: null };
const requester: Person = { teamId: 'T1', userTeamId: 'T1', channel: 'C1', userId: 'U1' };

describe('who may ask', () => {
  it.each<[string, Partial<Access>, Partial<Person>]>([
    ['everybody, when no list is set', {}, {}],
    ['a person whose own workspace is not told', {}, { userTeamId: null }],
    ['a colleague whose home is the organisation', {}, { enterpriseId: 'E1', userTeamId: 'E1' }],
    ['a colleague of another workspace that is named', { teams: ['T1', 'T2'] }, { userTeamId: 'T2' }],
    ['a workspace of a named organisation', { teams: ['E1'] }, { enterpriseId: 'E1' }],
    ['a person in no channel, when channels are named', { channels: ['C2'] }, { channel: '' }],
    ['who is on every list', { teams: ['T1'], channels: ['C0', 'C1'], users: ['U1'] }, {}],
  ])('%s', (_who, lists, who) => {
    expect(reasonToReject({ ...requester, ...who }, { ...everybody, ...lists })).toBeNull();
  });

  it.each<[string, Partial<Access>, Partial<Person>, string]>([
    ['a guest of another organisation', {}, { userTeamId: 'T2' }, 'members of the workspace'],
    ['a member where strangers read', { channels: ['C1'] }, { isSharedOutside: true }, 'another organisation'],
    ['another workspace', { teams: ['T2'] }, {}, 'ALLOWED_TEAMS'],
    ['another channel', { channels: ['C2'] }, {}, 'ALLOWED_CHANNELS'],
    ['another person', { users: ['U2'] }, {}, 'ALLOWED_USERS'],
    ['anybody, when a list is empty', { users: [] }, {}, 'ALLOWED_USERS'],
  ])('not %s', (_who, lists, who, reason) => {
    const refused = reasonToReject({ ...requester, ...who }, { ...everybody, ...lists });
    expect(refused === null ? null : plainTextOf(refused)).toContain(reason);
  });
});
