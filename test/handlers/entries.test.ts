import type { Message } from '@ktrdr-bot/local-slack';
import type { Button, Overflow } from '@slack/types';
import { afterEach, describe, expect, it } from 'vitest';
import { openWorkspace, type Transport, type Workspace } from './workspace.ts';

const ID = 'op_training_20260109_060025_4183136f';
const OTHERS = ['a', 'b', 'c', 'd'].map(
  (letter) => `op_backtesting_20260109_06002${letter.charCodeAt(0) % 10}_${letter}183136f`,
);
const CHANNEL = 'C0OPS';
const RUN_AGAIN = JSON.stringify({ subject: { kind: 'operation', operationId: ID }, symptom: 'slow' });

let workspace: Workspace | undefined;
afterEach(async () => {
  expect(workspace?.slack.warnings() ?? []).toEqual([]);
  await workspace?.close();
  workspace = undefined;
});

describe.each<Transport>(['http', 'socket'])('over %s', (transport) => {
  it('a command is queued and acknowledged without words: the placeholder is the confirmation', async () => {
    const { slack, asked } = await open(transport);
    const { error, complaints, reply, payload } = await slack
      .as('U0ANNA')
      .command('/ktrdr', `diagnose ${ID} stuck`, { channel: CHANNEL });
    expect([error, complaints]).toEqual([null, []]);
    expect(reply).toBeNull();
    expect(asked).toEqual([
      {
        requestId: expect.stringMatching(/^T0KTRDR-[0-9a-f]{32}$/),
        subject: { kind: 'operation', operationId: ID },
        symptom: 'stuck',
        place: {
          teamId: 'T0KTRDR',
          channel: CHANNEL,
          threadTs: null,
          userId: 'U0ANNA',
          responseUrl: payload['response_url'],
          messageTs: null,
        },
        askedAt: expect.any(Number),
      },
    ]);
  });

  it('the shortcut asks for what the message names, in its thread', async () => {
    const { slack, asked } = await open(transport);
    const root = slack.as('U0BEN').say(CHANNEL, 'look here');
    const reply = slack.as('U0BEN').say(CHANNEL, `it is ${ID}`, { threadTs: root.ts });
    const { error } = await slack.as('U0ANNA').messageShortcut('diagnose_operation', reply);
    expect(error).toBeNull();
    expect(asked).toMatchObject([
      {
        subject: { operationId: ID },
        place: { channel: CHANNEL, threadTs: root.ts, messageTs: null, userId: 'U0ANNA' },
      },
    ]);

    const lonely = slack.as('U0BEN').say(CHANNEL, `and ${OTHERS[0]}`);
    await slack.as('U0ANNA').messageShortcut('diagnose_operation', lonely);
    expect(asked[1]).toMatchObject({ subject: { operationId: OTHERS[0] }, place: { threadTs: lonely.ts } });
    expect(slack.calls('response_url')).toEqual([]);
  });

  it('a button asks again about the same message', async () => {
    const opened = await open(transport);
    const { slack, asked } = opened;
    const answer = await postAnswer(opened, null);
    const { error } = await slack.as('U0BEN').click(answer, 'run_again');
    expect(error).toBeNull();
    expect(asked).toMatchObject([
      {
        subject: { kind: 'operation', operationId: ID },
        symptom: 'slow',
        place: { channel: CHANNEL, threadTs: null, messageTs: answer.ts, userId: 'U0BEN' },
      },
    ]);
  });

  it('a queue that is away is told to the asker', async () => {
    const opened = await open(transport, { questions: { diagnose: () => Promise.reject(new Error('away')) } });
    const { slack } = opened;
    const anna = slack.as('U0ANNA');
    const { error, reply } = await anna.command('/ktrdr', `diagnose ${ID}`, { channel: CHANNEL });
    expect(error).toBeNull();
    expect(reply).toMatchObject({ text: expect.stringContaining('can’t reach its queue'), ephemeralFor: 'U0ANNA' });

    await anna.messageShortcut('diagnose_operation', slack.as('U0BEN').say(CHANNEL, ID));
    await slack.as('U0BEN').click(await postAnswer(opened, null), 'run_again');
    await slack.waitForMessage(
      ({ text, ephemeralFor }) => ephemeralFor === 'U0BEN' && text.includes('can’t reach its queue'),
    );
    const told = slack.messages(CHANNEL).filter(({ text }) => text.includes('can’t reach its queue'));
    expect(told.map(({ ephemeralFor }) => ephemeralFor)).toEqual(['U0ANNA', 'U0ANNA', 'U0BEN']);
  });

  it('a queue that never answers is told in time as well', async () => {
    const { slack } = await open(transport, { questions: { diagnose: () => new Promise(() => {}) } });
    const { error } = await slack.as('U0ANNA').command('/ktrdr', `diagnose ${ID}`, { channel: CHANNEL });
    expect(error).toBeNull();
    const { text } = await slack.waitForMessage(({ ephemeralFor }) => ephemeralFor === 'U0ANNA');
    expect(text).toContain('Redis is slow');
  });

  it('a message without an id opens a form, and its answer still goes to the thread', async () => {
    const { slack, asked } = await open(transport);
    const anna = slack.as('U0ANNA');
    const message = slack.as('U0BEN').say(CHANNEL, 'the training hangs');
    expect(await anna.messageShortcut('diagnose_operation', message)).toMatchObject({ error: null });
    const modal = anna.modal();
    if (modal === null) throw new Error('no modal was opened');

    const wrong = await anna.submit(modal, { operation: 'banana' });
    expect(Object.values(wrong.errors)).toEqual([expect.stringContaining('“banana”')]);
    expect(asked).toEqual([]);

    const right = await anna.submit(modal, { operation: `${ID} stuck` });
    expect([right.error, right.errors]).toEqual([null, {}]);
    expect(anna.modal()).toBeNull();
    expect(asked).toMatchObject([
      {
        subject: { operationId: ID },
        symptom: 'stuck',
        place: {
          channel: CHANNEL,
          threadTs: message.ts,
          userId: 'U0ANNA',
          responseUrl: expect.stringContaining('http'),
        },
      },
    ]);
  });
});

describe('the shortcut', () => {
  it('finds ids in blocks, attachments and links, and names those beyond three', async () => {
    const { slack, asked } = await open('http');
    const alert = slack.alert(CHANNEL, {
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text: `*Failed*\n\`${ID}\`` } }],
      attachments: [
        { fallback: OTHERS[0], fields: [{ title: 'Operation', value: OTHERS[1] }] },
        { title_link: `https://jaeger.example.com/search?tags=%7B%22operation.id%22%3A%22${OTHERS[2]}%22%7D` },
      ],
    });
    await slack.as('U0ANNA').messageShortcut('diagnose_operation', alert);
    expect(asked.map(({ subject }) => subject)).toEqual(
      [ID, OTHERS[0], OTHERS[1]].map((operationId) => ({ kind: 'operation', operationId })),
    );
    const told = slack.messages(CHANNEL).filter(({ ephemeralFor }) => ephemeralFor === 'U0ANNA');
    expect(told.map(({ text }) => text)).toEqual([expect.stringContaining(`send another request for “${OTHERS[2]}”`)]);
  });

  it('says so when Slack does not open the form', async () => {
    const { slack } = await open('http');
    slack.fault('views.open', { kind: 'error', error: 'expired_trigger_id' });
    const message = slack.as('U0BEN').say(CHANNEL, 'it hangs');
    expect(await slack.as('U0ANNA').messageShortcut('diagnose_operation', message)).toMatchObject({ error: null });
    expect(slack.messages(CHANNEL).at(-1)?.text).toContain('Slack couldn’t open the form');
  });
});

describe('a button', () => {
  it('below a reply keeps to its thread', async () => {
    const opened = await open('http');
    const { slack, asked } = opened;
    const root = slack.as('U0BEN').say(CHANNEL, ID);
    await slack.as('U0BEN').click(await postAnswer(opened, root.ts), 'run_again');
    expect(asked[0]?.place.threadTs).toBe(root.ts);
  });

  it('of the menu asks again as well, by a short value', async () => {
    const opened = await open('http');
    const { slack, asked } = opened;
    const answer = await postAnswer(opened, null);
    for (const [value, operationId, symptom] of [
      [`again:slow ${ID}`, ID, 'slow'],
      [`again:any ${ID}`, ID, null],
      ['again:stuck my:own-task_7', 'my:own-task_7', 'stuck'],
    ] as const) {
      expect((await slack.as('U0BEN').click(answer, 'more', value)).error).toBeNull();
      expect(asked.at(-1)).toMatchObject({
        subject: { kind: 'operation', operationId },
        symptom,
        place: { channel: CHANNEL, messageTs: answer.ts },
      });
    }
    for (const value of ['again:slow', 'of-the-future:1'])
      expect((await slack.as('U0BEN').click(answer, 'more', value)).error).toBeNull();
    expect(asked).toHaveLength(3);
    const told = slack.messages(CHANNEL).filter(({ text }) => text.includes('earlier version'));
    expect(told.map(({ ephemeralFor }) => ephemeralFor)).toEqual(['U0BEN', 'U0BEN']);
  });

  it('that only opens a link is acknowledged, and so is one that nobody knows', async () => {
    const opened = await open('http');
    const { slack, asked } = opened;
    const answer = await postAnswer(opened, null);
    for (const actionId of ['open_jaeger', 'of_the_future']) {
      expect((await slack.as('U0BEN').click(answer, actionId)).error).toBeNull();
    }
    expect(asked).toEqual([]);
  });

  it('with a value of another version says what to do', async () => {
    const opened = await open('http');
    const { slack, asked } = opened;
    const answer = await postAnswer(opened, null, 'v0');
    expect((await slack.as('U0BEN').click(answer, 'run_again')).error).toBeNull();
    expect(asked).toEqual([]);
    expect(slack.messages(CHANNEL).at(-1)).toMatchObject({
      text: expect.stringContaining('earlier version'),
      ephemeralFor: 'U0BEN',
    });
  });
});

describe('who may not ask', () => {
  it.each([
    [{ teams: ['T1'] }, 'ALLOWED_TEAMS'],
    [{ channels: ['C1'] }, 'ALLOWED_CHANNELS'],
    [{ users: ['U1'] }, 'ALLOWED_USERS'],
  ])('is told so, whichever way they come: %j', async (access, variable) => {
    const opened = await open('http', { access });
    const { slack, asked } = opened;
    const anna = slack.as('U0ANNA');
    const { reply } = await anna.command('/ktrdr', `diagnose ${ID}`, { channel: CHANNEL });
    expect(reply?.text).toContain(variable);
    await anna.messageShortcut('diagnose_operation', slack.as('U0BEN').say(CHANNEL, ID));
    await anna.messageShortcut('diagnose_operation', slack.as('U0BEN').say(CHANNEL, 'it hangs'));
    await anna.click(await postAnswer(opened, null), 'run_again');
    const told = slack.messages(CHANNEL).filter(({ text }) => text.includes(variable));
    expect(told).toHaveLength(4);
    expect(told.every(({ ephemeralFor }) => ephemeralFor === 'U0ANNA')).toBe(true);
    expect(anna.modal()).toBeNull();
    expect(asked).toEqual([]);
  });

  it('is a guest from another organization', async () => {
    const { slack, asked } = await open('http');
    const message = slack.as('U0BEN').say(CHANNEL, ID);
    const { payload } = await slack.as('U0ANNA').messageShortcut('diagnose_operation', message);
    const stranger = { ...payload, trigger_id: 'x', user: { id: 'U0STRANGE', name: 'x', team_id: 'T0PARTNER' } };
    expect((await slack.deliver({ kind: 'interaction', payload: stranger })).outcome).toBe('acknowledged');
    expect(asked).toHaveLength(1);
    expect(slack.messages(CHANNEL).at(-1)?.text).toContain('only to members of the workspace');
  });
});

async function open(...args: Parameters<typeof openWorkspace>): Promise<Workspace> {
  workspace = await openWorkspace(...args);
  return workspace;
}

/** An answer with its buttons, as the bot posts it. */
async function postAnswer({ slack, chat }: Workspace, threadTs: string | null, value = RUN_AGAIN): Promise<Message> {
  const target = { teamId: slack.team.id, channel: CHANNEL, threadTs };
  const elements = [
    button('run_again', { value }),
    button('open_jaeger', { url: 'https://jaeger.example.com/trace/1' }),
    button('of_the_future', { value: '{}' }),
    overflow([`again:slow ${ID}`, `again:any ${ID}`, 'again:stuck my:own-task_7', 'again:slow', 'of-the-future:1']),
  ];
  const posted = await chat.post(
    target,
    { text: 'The answer.', blocks: [{ type: 'actions', elements }] },
    { requestId: 'r', slot: 'summary' },
  );
  const message = posted.kind === 'sent' ? slack.message(CHANNEL, posted.ts) : null;
  if (message === null) throw new Error(`the answer was not posted: ${JSON.stringify(posted)}`);
  return message;
}

function button(actionId: string, more: { readonly value: string } | { readonly url: string }): Button {
  return { type: 'button', action_id: actionId, text: { type: 'plain_text', text: actionId }, ...more };
}

function overflow(values: readonly string[]): Overflow {
  const options = values.map((value) => ({ text: { type: 'plain_text' as const, text: value.slice(0, 20) }, value }));
  return { type: 'overflow', action_id: 'more', options };
}
