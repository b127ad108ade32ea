/** Who may not ask is told so, by whichever way they come; and who is of the same organization isn't a stranger. */
import type { FakeSlackOptions, JsonObject, View } from '@ktrdr-bot/local-slack';
import { afterEach, describe, expect, it } from 'vitest';
import { openWorkspace, type Workspace } from './workspace.ts';

const ID = 'op_training_20260109_060025_4183136f';
const RUN_AGAIN = JSON.stringify({ subject: { kind: 'operation', operationId: ID }, symptom: null });
const LISTED = 'G0DESK';
const SLACK: FakeSlackOptions = {
  channels: [
    { id: 'C0OPS', members: ['U0ANNA', 'U0BEN', 'U0KTRDRBOT'] },
    { id: LISTED, kind: 'private', members: ['U0ANNA', 'U0KTRDRBOT'] },
    { id: 'C0SHARED', shared: true, members: ['U0ANNA', 'U0KTRDRBOT'] },
  ],
};

let workspace: Workspace | undefined;
afterEach(async () => {
  await workspace?.close();
  workspace = undefined;
});

async function open(...[transport, options]: Parameters<typeof openWorkspace>): Promise<Workspace> {
  workspace = await openWorkspace(transport, { slack: SLACK, ...options });
  return workspace;
}

type Way = (workspace: Workspace, user: string) => Promise<unknown>;

/** Every way to a diagnosis at which nobody else reads. */
const DIRECT_WAYS: Readonly<Record<string, Way>> = {
  'a command in a direct message': ({ slack }, user) => slack.as(user).command('/ktrdr', `diagnose ${ID}`),
  'a direct message': async ({ slack }, user) => slack.as(user).say(slack.as(user).dm().id, `diagnose ${ID}`),
  'the global shortcut and its form': async ({ slack }, user) => {
    await slack.as(user).globalShortcut('diagnose_anywhere');
    await submit(slack.as(user), { operation: ID });
  },
  'a form that chose the person': async ({ slack }, user) => {
    await slack.as(user).globalShortcut('diagnose_anywhere');
    await submit(slack.as(user), { operation: ID, where: slack.as(user).dm().id });
  },
  'a button on the Home tab': (opened, user) => clickOnHome(opened, user, 'run_again', RUN_AGAIN),
};

describe('with ALLOWED_CHANNELS', () => {
  it.each(Object.keys(DIRECT_WAYS))('%s reaches the bot from a member of such a channel only', async (name) => {
    const opened = await open('http', { access: { channels: [LISTED] } });
    await DIRECT_WAYS[name]?.(opened, 'U0BEN');
    await opened.slack.waitUntilQuiet();
    expect(opened.asked).toEqual([]);
    expect(everythingTold(opened, 'U0BEN')).toContain('you aren’t in any of them');
    expect(everythingTold(opened, 'U0BEN')).not.toContain('ALLOWED_CHANNELS');
    await DIRECT_WAYS[name]?.(opened, 'U0ANNA');
    await expect.poll(() => opened.asked.length).toBe(1);
  });

  it('the Home tab says why it shows nothing, and shows itself to a member', async () => {
    const home = async () => [{ type: 'section', text: { type: 'mrkdwn', text: 'my tab' } }] as const;
    const { slack } = await open('http', { access: { channels: [LISTED] }, services: { home } });
    slack.as('U0BEN').openHome();
    await expect.poll(() => JSON.stringify(slack.as('U0BEN').home()?.definition)).toContain('you aren’t in any');
    slack.as('U0ANNA').openHome();
    await expect.poll(() => JSON.stringify(slack.as('U0ANNA').home()?.definition)).toContain('my tab');
  });

  it('nobody gets in while Slack does not say who is where', async () => {
    const { slack, asked } = await open('http', { access: { channels: [LISTED] } });
    slack.fault('conversations.members', { kind: 'status', status: 503, when: 'before' });
    const { reply } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID}`);
    expect(reply?.text).toContain('Try again in a minute');
    expect(asked).toEqual([]);
  });
});

describe.each(['http', 'socket'] as const)('a refusal over %s', (transport) => {
  it('of a mention is an ephemeral message in its thread, once', async () => {
    const { slack, asked } = await open(transport, { access: { users: ['U0ANNA'] } });
    const root = slack.as('U0ANNA').say('C0OPS', 'it failed');
    for (let i = 0; i < 3; i += 1) slack.as('U0BEN').mention('C0OPS', `diagnose ${ID}`, { threadTs: root.ts });
    await slack.waitUntilQuiet();
    const told = slack.messages('C0OPS').filter(({ botId }) => botId !== null);
    expect(told).toMatchObject([
      { ephemeralFor: 'U0BEN', threadTs: root.ts, text: expect.stringContaining('ALLOWED_USERS') },
    ]);
    expect(asked).toEqual([]);
  });

  it('of direct messages is a direct message, once', async () => {
    const { slack, asked } = await open(transport, { access: { users: ['U0ANNA'] } });
    const ben = slack.as('U0BEN');
    for (let i = 0; i < 3; i += 1) ben.say(ben.dm().id, `diagnose ${ID}`);
    await slack.waitUntilQuiet();
    const told = slack.messages(ben.dm().id).filter(({ botId }) => botId !== null);
    expect(told.map(({ text }) => text)).toEqual([expect.stringContaining('ALLOWED_USERS')]);
    expect(asked).toEqual([]);
  });

  it('of what a workflow has written asks nothing of Slack: there is nobody to tell', async () => {
    const { slack, asked } = await open(transport, { access: { users: ['U0ANNA'] } });
    const event = { type: 'app_mention', channel: 'C0OPS', text: `<@U0KTRDRBOT> ${ID}`, ts: '9.1', event_ts: '9.1' };
    await slack.deliver({ kind: 'event', payload: { ...envelope(), team_id: 'T0KTRDR', event } });
    await slack.waitUntilQuiet();
    expect(slack.journal.filter((entry) => JSON.stringify(entry).includes('chat.post'))).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('is on the Home tab, and what was not addressed to the bot gets none', async () => {
    const { slack } = await open(transport, { access: { users: ['U0ANNA'] }, autoReplyChannels: ['*'] });
    slack.as('U0BEN').openHome();
    slack.as('U0BEN').say('C0OPS', `look at ${ID}`);
    await expect.poll(() => JSON.stringify(slack.as('U0BEN').home()?.definition)).toContain('ALLOWED_USERS');
    await slack.waitUntilQuiet();
    expect(slack.messages('C0OPS')).toHaveLength(1);
  });
});

/** Where a payload can name the organization of the installation, and that of the person. */
const INSTALLATION: Readonly<Record<string, JsonObject>> = {
  enterprise_id: { enterprise_id: 'E1' },
  'enterprise.id': { enterprise: { id: 'E1', name: 'all of us' } },
  'team.enterprise_id': { team: { id: 'T0KTRDR', domain: 'ktrdr', enterprise_id: 'E1' } },
  context_enterprise_id: { context_enterprise_id: 'E1' },
  'authorizations[].enterprise_id': {
    authorizations: [{ enterprise_id: 'E1', team_id: 'T0KTRDR', user_id: 'U0KTRDRBOT', is_bot: true }],
  },
};
const PERSON: Readonly<Record<string, JsonObject>> = {
  'team_id T…': { team_id: 'T0SISTER' },
  'team_id E…': { team_id: 'E1' },
  'enterprise_user.enterprise_id': { team_id: 'T0SISTER', enterprise_user: { enterprise_id: 'E1' } },
};
const COMBINATIONS = Object.keys(INSTALLATION).flatMap((where) =>
  Object.keys(PERSON).map((who) => [where, who] as const),
);

describe('in an Enterprise Grid organization', () => {
  it.each(COMBINATIONS)('with %s, a colleague with %s is no stranger', async (where, who) => {
    const { slack, asked } = await open('http');
    const message = slack.as('U0ANNA').say('C0OPS', ID);
    const shortcut = (await slack.as('U0BEN').messageShortcut('diagnose_operation', message)).payload;
    const before = asked.length;
    const user = { id: 'U0SISTER', name: 'x', ...PERSON[who] };
    const interaction = { ...shortcut, ...INSTALLATION[where], user, trigger_id: 'x1' };
    await slack.deliver({ kind: 'interaction', payload: interaction });
    await expect.poll(() => asked.length).toBe(before + 1);
    const { team_id: team = 'T0SISTER' } = PERSON[who] ?? {};
    const event = { type: 'app_mention', channel: 'C0OPS', user: 'U0SISTER', text: `<@U0KTRDRBOT> ${ID}`, ts: '9.1' };
    const body = { ...envelope(), ...INSTALLATION[where], event: { ...event, team, user_team: team } };
    await slack.deliver({ kind: 'event', payload: { ...body, team_id: 'T0KTRDR' } });
    await expect.poll(() => asked.length).toBe(before + 2);
  });

  it('a stranger stays one where another organization reads', async () => {
    const { slack, asked } = await open('http');
    const message = slack.as('U0ANNA').say('C0SHARED', ID);
    const { payload } = await slack.as('U0ANNA').messageShortcut('diagnose_operation', message);
    const before = asked.length;
    for (const [i, organization] of Object.values(INSTALLATION).entries()) {
      const user = { id: 'U0STRANGE', name: 'x', team_id: 'T0PARTNER' };
      await slack.deliver({ kind: 'interaction', payload: { ...payload, ...organization, user, trigger_id: `y${i}` } });
    }
    expect(asked).toHaveLength(before);
  });
});

function envelope() {
  return {
    type: 'event_callback',
    event_id: 'Ev9',
    event_time: 1_767_938_425,
    authorizations: [{ enterprise_id: null, team_id: 'T0KTRDR', user_id: 'U0KTRDRBOT', is_bot: true }],
    is_ext_shared_channel: false,
  };
}

type PersonThere = ReturnType<Workspace['slack']['as']>;

async function submit(person: PersonThere, entries: Readonly<Record<string, string>>): Promise<void> {
  const form = person.modal();
  // A refusal opens a view without inputs.
  if (JSON.stringify(form?.definition).includes('"input"')) await person.submit(form as View, entries);
}

/** A click on a button that the Home tab need not have. */
async function clickOnHome({ slack }: Workspace, user: string, actionId: string, value: string): Promise<void> {
  const view = {
    type: 'home',
    id: 'V0HOME',
    team_id: slack.team.id,
    private_metadata: '',
    callback_id: '',
    blocks: [],
  };
  const { payload } = await slack.as(user).globalShortcut('of_the_future');
  const actions = [{ type: 'button', action_id: actionId, value, block_id: 'b', action_ts: '1.1' }];
  const { callback_id: _gone, ...common } = payload;
  await slack.deliver({
    kind: 'interaction',
    payload: { ...common, type: 'block_actions', container: { type: 'view', view_id: view.id }, view, actions },
  });
}

function everythingTold({ slack }: Workspace, user: string): string {
  const views = [...slack.store.views.values()].filter(({ userId }) => userId === user);
  const messages = [...slack.store.channels.keys()].flatMap((channel) => slack.messages(channel));
  return JSON.stringify([views, messages.filter(({ botId }) => botId !== null)]);
}
