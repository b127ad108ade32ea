/** Every reader of what the bot keeps, against everybody who could read with it: the table in docs/access.md. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { FakeSlack, FakeSlackOptions, Message, View } from '@ktrdr-bot/local-slack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueueBackend } from '../../src/adapters/queue/open-queue-backend.ts';
import { aboutOfDiagnosed, recordAction, recordCompleted } from '../../src/jobs/answer/afterwards.ts';
import { readRecordOf } from '../../src/jobs/answer/record.ts';
import { SILENT } from '../jobs/alert/watchtower.ts';
import { deferred } from '../support/deferred.ts';
import { incidentNamed, type NamedIncident } from '../support/incident-named.ts';
import { type Audience, CELLS, PERSONAL, READERS, type ReaderName } from '../support/readers.ts';
import { install, oauthEnvironment } from './installing.ts';
import { isWithoutRedis, openWorld, postsIn, type World, wordsOf } from './world.ts';

const [HOME, OTHER] = ['T0KTRDR', 'T0OTHER'];
const [ANNA, BEN, CARA, OLGA] = ['U0ANNA', 'U0BEN', 'U0CARA', 'U0OLGA'];
const [PUBLIC, PRIVATE, THERE] = ['C0OPS', 'G0TRADE', 'C0OTHER'];
const SLACK: FakeSlackOptions = {
  teams: [{ id: HOME }, { id: OTHER, name: 'other', domain: 'other-local' }],
  users: [
    { id: ANNA, name: 'anna' },
    { id: BEN, name: 'ben' },
    { id: CARA, name: 'cara' },
    { id: OLGA, teamId: OTHER, name: 'olga' },
  ],
  channels: [
    { id: PUBLIC, members: [ANNA, BEN, 'U0KTRDRBOT'] },
    { id: PRIVATE, kind: 'private', members: [ANNA, CARA, 'U0KTRDRBOT'] },
    { id: THERE, teamId: OTHER, members: [OLGA, 'U0KTRDRBOT2'] },
  ],
};
/** An answer that says so is not there for whoever clicked. */
const NOT_THERE = 'more than a week old, or from an earlier version';
const NOT_YOURS = 'ktrdr-bot can’t see that channel, or you aren’t in it';

/** Operations that failed in the same way. */
const FAILED = incidentNamed('06a-');
const HEALTHY = incidentNamed('16b-backtest-healthy-1');
const copyOf = (name: string, { operationId } = FAILED) => operationId.replace(/.{8}$/, name.padEnd(8, '0'));
const NAMES = ['5ec0', '0e11', '09e0', '1111', '2222', '3333', '4444', '5555', '6666', '7777', '8888'];
const [SECRET, OWN, OPEN, ...FRESH] = NAMES.map((name) => copyOf(name)) as [string, string, string, ...string[]];
/** Nothing is wrong with these, so that they count for no cause. */
const HEALTHY_NAMES = ['aa01', 'aa02', 'aa03', 'aa04', 'aa05', 'aa06'];
const DOCUMENTS = [
  ...NAMES.map((name) => documentOf(name, FAILED)),
  ...HEALTHY_NAMES.map((name) => documentOf(name, HEALTHY)),
];

function documentOf(name: string, incident: NamedIncident): unknown {
  const { dir, operationId } = incident;
  const recorded = readFileSync(join(dir, 'v3.json'), 'utf8').replaceAll(operationId, copyOf(name, incident));
  return JSON.parse(recorded.replaceAll(/("traceId":\s*")[0-9a-f]{4}/g, `$1${name}`));
}

interface Acting {
  readonly user: string;
  readonly channel: string;
  readonly isPublic: boolean;
  /** The operation, the answer, and the channel that they try to read. */
  readonly operation: string;
  readonly answerId: string;
  readonly from: string;
}

describe.skipIf(isWithoutRedis())('what is kept is read by', () => {
  let world: World;
  let jaeger: Server;
  /** Holds Jaeger's answers back while it is set, so that a question is asked again before it is answered. */
  let gate: Promise<void> | null = null;
  const dms: Record<string, string> = {};
  const ids: Record<string, string> = {};
  const shown: Record<string, Message> = {};
  /** What the first row saw, by who acted. */
  const sameCause = new Map<string, string>();
  /** Fresh operations, one for each person who asks for the first time. */
  const fresh = [...FRESH];
  const healthy = HEALTHY_NAMES.map((name) => copyOf(name, HEALTHY));

  beforeAll(async () => {
    world = await openWorld(SLACK, [], DOCUMENTS);
    jaeger = createServer(async (request, response) => {
      await gate;
      const answer = await fetch(new URL(request.url ?? '/', world.jaeger.url));
      const type = answer.headers.get('content-type') ?? 'application/json';
      response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
    });
    await new Promise<void>((resolve) => jaeger.listen(0, '127.0.0.1', resolve));
    const address = jaeger.address();
    const bot = await world.startBot('http', {
      JAEGER_URL: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
      ...oauthEnvironment(world.slack),
      KTRDR_API_URL: '',
      JAEGER_PUBLIC_URL: 'https://jaeger.example.com',
    });
    await install(bot.url, world.slack, HOME, ANNA);
    await install(bot.url, world.slack, OTHER, OLGA);
    for (const user of [ANNA, BEN, OLGA]) dms[user] = person(user).dm().id;
    const asked = [
      [ANNA, PRIVATE, SECRET],
      [ANNA, dms[ANNA] ?? '', OWN],
      [BEN, PUBLIC, OPEN],
      [OLGA, THERE, nextFresh()],
      [BEN, dms[BEN] ?? '', nextFresh()],
    ] as const;
    for (const [user, channel, operation] of asked) shown[channel] = await diagnosed(user, channel, operation);
    await world.settled();
    for (const channel of Object.keys(shown)) shown[channel] = latest(shown[channel] as Message);
    ids[SECRET] = answerIdIn(shown[PRIVATE] as Message);
    ids[OWN] = answerIdIn(shown[dms[ANNA] ?? ''] as Message);
    await rememberWhatWasDone();
    await click(ANNA, PRIVATE, 'feedback_yes', ids[SECRET] ?? '');
    await click(ANNA, dms[ANNA] ?? '', 'feedback_yes', ids[OWN] ?? '');
  });
  afterAll(async () => {
    await world.close();
    jaeger.close();
  });

  /** In the private channel: data was loaded after the failure there, and then an operation completed. */
  async function rememberWhatWasDone(): Promise<void> {
    const queue = await openQueueBackend({ redisUrl: world.redis.url, dataDir: '/nonexistent', log: SILENT });
    const { store } = queue.back;
    const record = await readRecordOf(store, ids[SECRET] ?? '');
    const about = record === null ? null : aboutOfDiagnosed(record.diagnosis);
    const at = Date.parse(record?.diagnosis.operation.endedAt ?? '');
    await recordAction(store, HOME, about, {
      ...{ operationId: SECRET, action: 'load-data', data: 'HIDDEN 1h', startedId: copyOf('f1e1') },
      ...{ at: at + 1000, userId: ANNA, channel: PRIVATE },
    });
    await recordCompleted(store, HOME, { about, operationId: copyOf('f1e1'), at: at + 2000 });
    await queue.close();
  }

  it.each(CELLS)('$title', async ({ reader, audience }) => {
    const acting = actingAs(audience);
    if (reader === 'digest form' || reader === 'end of a digest')
      await person(ANNA).command('/ktrdr', 'digest set weekdays at 9:00 Europe/Berlin training', { channel: PRIVATE });
    if (reader === 'undo of a mute' || reader === 'list of mutes' || reader === 'Home tab')
      await person(ANNA).command('/ktrdr', 'mute channel for 2h', { channel: PRIVATE });
    const before = postsIn(world.slack, PUBLIC).length;
    const seen = await READ[reader](acting);
    if (audience === 'member' || (audience === 'public' && PERSONAL.includes(reader))) {
      expect(seen).toMatch(MEMBER_SEES[reader]);
      await world.settled();
      if (audience === 'public') expect(postsIn(world.slack, PUBLIC)).toHaveLength(before);
      return;
    }
    expect(seen).not.toBe('');
    for (const secret of [`/archives/${PRIVATE}/`, `/archives/${dms[ANNA]}/`, 'weekdays at 9:00', 'HIDDEN'])
      expect(seen).not.toContain(secret);
    // What somebody asks for themselves is theirs.
    if (reader !== 'answered here') for (const operation of [SECRET, OWN]) expect(seen).not.toContain(operation);
    if (READERS[reader] === 'a sentence') expect(seen).toMatch(new RegExp(`${NOT_THERE}|${NOT_YOURS}|Only people who`));
  });

  it('nobody else: neither channel nor conversation shows what it should not', async () => {
    await world.settled();
    const { slack } = world;
    const own = (channel: string) => postsIn(slack, channel).map(wordsOf).join('\n');
    for (const channel of [PUBLIC, THERE, dms[BEN] ?? ''])
      for (const secret of [`/archives/${PRIVATE}/`, `/archives/${dms[ANNA]}/`, 'Same cause seen 5 times'])
        expect(own(channel)).not.toContain(secret);
    expect(slack.warnings()).toEqual([]);
  });

  const MEMBER_SEES: Readonly<Record<ReaderName, RegExp>> = {
    // The other answer of the private channel, and the public one.
    'same cause seen before': /Same cause seen 2 times before.*\/archives\/G0TRADE\//s,
    recent: new RegExp(`${SECRET}.*/archives/G0TRADE/`, 's'),
    'recent failures': new RegExp(`${SECRET}.*/archives/G0TRADE/`, 's'),
    'answered here': /No change since.*\/archives\/G0TRADE\//s,
    'Home tab': /#G0TRADE|\/archives\/G0TRADE\//,
    'feedback in status': /Feedback on 2 diagnoses: 100% right/,
    'whole flow': /will be posted in the thread/,
    'stack trace': /will be posted in the thread/,
    'what came after an earlier failure': /Fixed.*by loading HIDDEN 1h.*U0ANNA/s,
    claim: /U0ANNA/,
    feedback: /Noted/,
    'feedback form': /Noted: wrong/,
    'quiet form': /Snoozed here.*<!date.*Muted here.*<!date/is,
    share: /^Not everyone in that channel can read/,
    'digest form': /weekdays at 9:00/,
    'end of a digest': /G0TRADE/,
    'undo of a mute': /replies again/,
    'list of mutes': /channel/,
    'diagnose form': /^posted$/,
    'same question at the same time': /made the same request here <!date.*\/archives\/G0TRADE\//s,
  };

  const READ: Readonly<Record<ReaderName, (acting: Acting) => Promise<string>>> = {
    // The same answer says both.
    'what came after an earlier failure': async (acting) => sameCause.get(JSON.stringify(acting)) ?? '',
    async 'same cause seen before'(acting) {
      const seen = wordsOf(await diagnosed(acting.user, acting.channel, nextFresh()));
      sameCause.set(JSON.stringify(acting), seen);
      return seen;
    },
    recent: (acting) => told(acting, 'recent'),
    'recent failures': (acting) => told(acting, 'recent failures'),
    async 'answered here'({ user, channel, operation }) {
      const before = seenTs(channel);
      await person(user).command('/ktrdr', `diagnose ${operation}`, { channel });
      const found = await world.slack.waitForMessage(
        (message) => message.channel === channel && !before.has(message.ts) && isDone(message),
      );
      return wordsOf(found);
    },
    async 'Home tab'({ user, from }) {
      const { slack } = world;
      const home = await openHome(user);
      const { payload } = await person(user).clickInView(home, 'open_diagnose');
      const view = { ...(payload['view'] as object), private_metadata: JSON.stringify({ channel: from }) };
      const hash = person(user).home()?.hash;
      const actions = [{ type: 'button', action_id: 'stop_watch', value: from, block_id: 'b', action_ts: '1.1' }];
      await slack.deliver({ kind: 'interaction', payload: { ...payload, view, actions } });
      await expect.poll(() => person(user).home()?.hash).not.toBe(hash);
      return JSON.stringify([home.definition, person(user).home()?.definition]);
    },
    'feedback in status': (acting) => told(acting, 'status'),
    'whole flow': ({ user, channel, answerId }) => click(user, channel, 'more', `flow:${answerId}`),
    'stack trace': ({ user, channel, answerId }) => click(user, channel, 'more', `stack:${answerId}`),
    async claim({ user, channel, answerId }) {
      if (channel !== PRIVATE) return click(user, channel, 'claim', answerId);
      void click(user, channel, 'claim', answerId).catch(() => '');
      const { ts } = shown[PRIVATE] as Message;
      return wordsOf(
        await world.slack.waitForMessage((message) => message.ts === ts && /take_over|unclaim/.test(wordsOf(message))),
      );
    },
    feedback: ({ user, channel, answerId }) => click(user, channel, 'feedback_yes', answerId),
    async 'feedback form'({ user, channel, answerId }) {
      await clicked(user, channel, 'feedback_no', answerId);
      return submitted(user, channel, modalOf(user), { instead: 'data' });
    },
    async 'quiet form'({ user, channel, answerId, from }) {
      const open = async (id: string) => {
        await clicked(user, channel, 'more', `quiet:${id}`);
        return modalOf(user);
      };
      if (channel === PRIVATE) {
        const snoozed = await submitted(user, channel, await open(answerId), { choice: 'snooze' });
        return snoozed + (await submitted(user, channel, await open(answerId), { choice: 'mute' }));
      }
      const told = await click(user, channel, 'more', `quiet:${answerId}`);
      // Opened on an answer that is theirs, and sent with what is not.
      const own = answerIdIn(shown[channel] as Message);
      const forgeries: readonly { answerId: string; channel?: string }[] = [
        { answerId },
        // Where a member acts, the channel is theirs.
        ...(user === ANNA ? [] : [{ answerId, channel: from }]),
        // Nothing is said in a channel that is hidden from the bot, so that nothing there can be kept quiet.
        ...(user === BEN && from !== 'G0NOWHERE' ? [{ answerId: own, channel: from }] : []),
      ];
      for (const forged of forgeries)
        expect(await submitted(user, channel, withMetadata(await open(own), forged), { choice: 'snooze' })).toMatch(
          NOT_THERE,
        );
      return told;
    },
    async share({ user, channel, answerId }) {
      await clicked(user, channel, 'more', `share:${answerId}`);
      const sent = await person(user).submit(modalOf(user), { where: user === OLGA ? THERE : PUBLIC });
      return String(sent.errors['where']);
    },
    async 'digest form'({ user, channel, from }) {
      const modals = () => [...world.slack.store.views.values()].filter((view) => view.userId === user);
      const before = new Set(modals().map(({ id }) => id));
      if (user !== ANNA) return click(user, channel, 'open_digest', from);
      await clicked(user, channel, 'open_digest', from);
      await expect.poll(() => modals().some(({ id, type }) => type === 'modal' && !before.has(id))).toBe(true);
      return JSON.stringify(modalOf(user).definition);
    },
    'end of a digest': ({ user, channel, from }) => click(user, channel, 'end_digest', from),
    'undo of a mute': ({ user, channel, from }) =>
      click(user, channel, 'unmute', JSON.stringify({ channel: from, kind: 'channel', of: '' })),
    'list of mutes': (acting) => told(acting, 'mute list'),
    async 'diagnose form'({ user, channel, from }) {
      // The same question twice in a channel is answered once.
      const symptom = channel === PRIVATE ? 'slow' : 'stuck';
      const before = postsIn(world.slack, from).length;
      await person(user).globalShortcut('diagnose_anywhere');
      const sent = await person(user).submit(modalOf(user), { operation: `${world.healthy} ${symptom}`, where: from });
      if (user === ANNA) {
        await expect.poll(() => postsIn(world.slack, from).length, { timeout: 60_000 }).toBeGreaterThan(before);
        return 'posted';
      }
      await world.settled();
      expect(postsIn(world.slack, from)).toHaveLength(before);
      if (user === BEN && from !== 'G0NOWHERE') expect(JSON.stringify(sent.errors)).toContain(NOT_YOURS);
      return JSON.stringify(sent.errors);
    },
    async 'same question at the same time'({ user, channel, from }) {
      const operation = healthy.shift() ?? '';
      const asked = (by: string, where: string) =>
        person(by).command('/ktrdr', `diagnose ${operation}`, { channel: where });
      const isAbout = (message: Message, where: string) =>
        message.channel === where && message.text.includes(operation);
      const answered = deferred<void>();
      gate = answered.promise;
      // Somebody else who reads there; nobody else reads in a direct message.
      const [first, there] = from.startsWith('D') ? [ANNA, from] : [CARA, PRIVATE];
      await asked(first, there);
      await world.slack.waitForMessage((message) => isAbout(message, there));
      const before = seenTs(channel);
      await asked(user, channel);
      const isNew = (message: Message) => message.channel === channel && !before.has(message.ts);
      await world.slack.waitForMessage(
        (message) =>
          isNew(message) && (channel === PRIVATE ? wordsOf(message).includes('/archives/') : isAbout(message, channel)),
      );
      gate = null;
      answered.resolve();
      await world.settled();
      return world.slack.messages(channel).filter(isNew).map(wordsOf).join('\n');
    },
  };

  function actingAs(audience: Audience): Acting {
    const secret = { operation: SECRET, answerId: ids[SECRET] ?? '', from: PRIVATE };
    switch (audience) {
      case 'member':
        return { user: ANNA, channel: PRIVATE, isPublic: false, ...secret };
      case 'non-member':
        return { user: BEN, channel: PUBLIC, isPublic: false, ...secret };
      case 'public':
        return { user: ANNA, channel: PUBLIC, isPublic: true, ...secret };
      case 'direct message':
        return {
          user: BEN,
          channel: dms[BEN] ?? '',
          isPublic: false,
          operation: OWN,
          answerId: ids[OWN] ?? '',
          from: dms[ANNA] ?? '',
        };
      case 'other workspace':
        return { user: OLGA, channel: THERE, isPublic: false, ...secret };
      case 'forged':
        return {
          user: BEN,
          channel: PUBLIC,
          isPublic: false,
          operation: OPEN,
          answerId: `${HOME}-${'0'.repeat(32)}`,
          from: 'G0NOWHERE',
        };
    }
  }

  function person(user: string): ReturnType<FakeSlack['as']> {
    return world.slack.as(user);
  }

  function nextFresh(): string {
    const operation = fresh.shift();
    if (operation === undefined) throw new Error('There are too few operations.');
    return operation;
  }

  async function diagnosed(user: string, channel: string, operation: string): Promise<Message> {
    await person(user).command('/ktrdr', `diagnose ${operation}`, { channel });
    return world.slack.waitForMessage(
      (message) => message.channel === channel && message.text.includes(operation) && isDone(message),
    );
  }

  /** Typed as a command, or for everybody as a mention. */
  async function told({ user, channel, isPublic }: Acting, text: string): Promise<string> {
    if (!isPublic) {
      const { reply } = await person(user).command('/ktrdr', text, { channel });
      return reply === null ? '' : wordsOf(reply);
    }
    const { ts } = person(user).mention(channel, text);
    return wordsOf(await world.slack.waitForMessage(({ threadTs, botId }) => threadTs === ts && botId !== null));
  }

  /** A click in this channel with a value that the button there need not have; what they are told. */
  async function click(user: string, channel: string, actionId: string, value: string): Promise<string> {
    const before = seenTs(channel);
    await clicked(user, channel, actionId, value);
    const reply = await world.slack.waitForMessage(
      (message) => message.channel === channel && message.ephemeralFor === user && !before.has(message.ts),
    );
    return wordsOf(reply);
  }

  async function clicked(user: string, channel: string, actionId: string, value: string): Promise<void> {
    const { payload } = await person(user).click(latest(shown[channel] as Message), 'open_jaeger');
    const chosen = { type: 'overflow', selected_option: { value, text: { type: 'plain_text', text: 'x' } } };
    const action = actionId === 'more' ? chosen : { type: 'button', value };
    const actions = [{ ...action, action_id: actionId, block_id: 'b', action_ts: '1.1' }];
    const receipt = await world.slack.deliver({ kind: 'interaction', payload: { ...payload, actions } });
    expect(receipt.outcome).toBe('acknowledged');
  }

  /** What a form is answered with, which was opened in this channel. */
  async function submitted(user: string, channel: string, form: View, entries: Record<string, string>) {
    const before = seenTs(channel);
    expect((await person(user).submit(form, entries)).errors).toEqual({});
    return wordsOf(
      await world.slack.waitForMessage(
        (message) => message.channel === channel && message.ephemeralFor === user && !before.has(message.ts),
      ),
    );
  }

  /** As if somebody could change what the bot wrote into its form. */
  function withMetadata(form: View, { answerId, channel }: { answerId: string; channel?: string }): View {
    const { place } = JSON.parse(String(form.definition['private_metadata']));
    const forged = { answerId, place: { ...place, ...(channel !== undefined && { channel }) } };
    return { ...form, definition: { ...form.definition, private_metadata: JSON.stringify(forged) } };
  }

  async function openHome(user: string): Promise<View> {
    const before = person(user).home()?.hash;
    person(user).openHome();
    await expect.poll(() => person(user).home()?.hash ?? before).not.toBe(before);
    return person(user).home() as View;
  }

  function modalOf(user: string): View {
    const view = person(user).modal();
    if (view === null) throw new Error('No form was opened.');
    return view;
  }

  function seenTs(channel: string): ReadonlySet<string> {
    return new Set(world.slack.messages(channel).map(({ ts }) => ts));
  }

  function latest({ channel, ts }: Message): Message {
    return world.slack.message(channel, ts) as Message;
  }

  function isDone({ botId, text }: Message): boolean {
    return botId !== null && !/^(?:Queued|Reading)/.test(text);
  }

  function answerIdIn(message: Message): string {
    return /"value":"share:([^"]+)"/.exec(JSON.stringify(message.blocks))?.[1] ?? '';
  }
});
