import { describe, expect, it } from 'vitest';
import { type Access, type Asker, refusal } from '../../src/handlers/access.ts';
import { plainTextOf } from '../../src/handlers/notice.ts';

const everybody: Access = { teams: null, channels: null, users: null };
const asker: Asker = { teamId: 'T1', userTeamId: 'T1', channel: 'C1', userId: 'U1' };

describe('who may ask', () => {
  it.each<[string, Partial<Access>, Partial<Asker>]>([
    ['everybody, when no list is set', {}, {}],
    ['a person whose own workspace is not told', {}, { userTeamId: null }],
    ['who is on every list', { teams: ['T1'], channels: ['C0', 'C1'], users: ['U1'] }, {}],
  ])('%s', (_who, lists, who) => {
    expect(refusal({ ...asker, ...who }, { ...everybody, ...lists })).toBeNull();
  });

  it.each<[string, Partial<Access>, Partial<Asker>, string]>([
    ['a guest of another organisation', {}, { userTeamId: 'T2' }, 'members of the workspace'],
    ['another workspace', { teams: ['T2'] }, {}, 'ALLOWED_TEAMS'],
    ['another channel', { channels: ['C2'] }, {}, 'ALLOWED_CHANNELS'],
    ['another person', { users: ['U2'] }, {}, 'ALLOWED_USERS'],
    ['anybody, when a list is empty', { users: [] }, {}, 'ALLOWED_USERS'],
  ])('not %s', (_who, lists, who, reason) => {
    const refused = refusal({ ...asker, ...who }, { ...everybody, ...lists });
    expect(refused === null ? null : plainTextOf(refused)).toContain(reason);
  });
});
