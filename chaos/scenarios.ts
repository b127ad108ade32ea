/** What is disturbed while people ask. */
import {
  archiveSomeChannels,
  byAll,
  during,
  failOverOnce,
  fillChannels,
  flushOnce,
  freezeRepeatedly,
  killAtRandom,
  killRedisRepeatedly,
  nothing,
  once,
  restartInTurn,
  troubleRedis,
} from './disturbances.ts';
import { disturbSlack, limitRate, loseAnswers, refuseToken, takeSlackAway } from './slack-troubles.ts';
import type { World, WorldOptions } from './world.ts';

export interface Scenario {
  readonly about: string;
  readonly commands: number;
  readonly perSecond: number;
  readonly world: WorldOptions;
  readonly isSameOperation: boolean;
  /** Whether those who were refused have been answered in the end, because they asked again in calm. */
  readonly isEveryoneAnswered: boolean;
  /** Begins with the first question. It ends by itself, or soon after the last question has been asked. */
  disturb(world: World, isAsking: () => boolean): Promise<void>;
}

const SEPARATE = ['slack', 'worker', 'worker', 'scheduler'];
const DEFAULT_WORLD: WorldOptions = {
  queue: 'redis',
  processes: SEPARATE,
  channels: 60,
  people: 60,
  jaegerMs: 100,
  slack: {},
};
const EMBEDDED: Partial<WorldOptions> = { queue: 'pglite', processes: ['slack,worker,scheduler'] };

type Given = Partial<Omit<Scenario, 'world'>> & { readonly world?: Partial<WorldOptions> };

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  mixture: scenario('random kills of every process, Redis restarts and failovers, 10 % of all calls of Slack fail', {
    commands: 60,
    world: { queue: 'redis-pair', channels: 300, people: 300 },
    disturb: byAll(
      killAtRandom('', [4, 9]),
      troubleRedis([8, 16]),
      during(({ slack, random }) => disturbSlack(slack, 0.1, random.fork())),
    ),
  }),
  calm: scenario('nothing', { disturb: nothing }),
  'worker-kills': scenario('workers are killed, 10 % of all calls of Slack fail', {
    disturb: byAll(
      killAtRandom('worker', [2, 4]),
      during(({ slack, random }) => disturbSlack(slack, 0.1, random.fork())),
    ),
  }),
  'slack-faults': scenario('20 % of all calls of Slack fail', {
    disturb: during(({ slack, random }) => disturbSlack(slack, 0.2, random.fork())),
  }),
  'slack-away': scenario('Slack answers nothing for 40 s', {
    disturb: once(4, 40, ({ slack }) => takeSlackAway(slack)),
  }),
  'token-revoked': scenario('Slack refuses the token for 15 s', {
    world: { jaegerMs: 500 },
    disturb: once(4, 15, ({ slack }) => refuseToken(slack, 'token_revoked')),
  }),
  'token-dead': scenario('Slack refuses the token and never accepts it again', {
    commands: 20,
    isEveryoneAnswered: false,
    disturb: once(4, Number.POSITIVE_INFINITY, ({ slack }) => refuseToken(slack, 'account_inactive')),
  }),
  'channels-archived': scenario('channels are archived while their questions are answered', {
    world: { jaegerMs: 500 },
    isEveryoneAnswered: false,
    disturb: archiveSomeChannels,
  }),
  'long-rate-limit': scenario('for 30 s every post gets 429 with a Retry-After of 40 s', {
    disturb: once(4, 30, ({ slack }) => limitRate(slack, 'chat.postMessage', 40)),
  }),
  'lost-posts': scenario('posts arrive but their answers get lost, workers are killed, and people write 120 messages', {
    commands: 12,
    perSecond: 3,
    world: { channels: 3, slack: { mostPerPage: 15 } },
    disturb: byAll(
      once(0, 8, ({ slack }) => loseAnswers(slack, 'chat.postMessage')),
      fillChannels(2, 120),
    ),
  }),
  'one-channel': scenario('nothing, but everybody asks in one channel', { commands: 15, world: { channels: 1 } }),
  'same-operation': scenario('nothing, but everybody asks for the same operation', {
    commands: 8,
    isSameOperation: true,
    world: { jaegerMs: 1_000 },
  }),
  'redis-kill': scenario('Redis is killed three times and starts again from its file', {
    disturb: killRedisRepeatedly,
  }),
  'redis-freeze': scenario('Redis stands still for 4 to 15 s, twice', { disturb: freezeRepeatedly }),
  'redis-full': scenario('the memory of Redis is used up for 15 s', {
    disturb: once(4, 0, ({ redis }) => redis?.fill(15_000)),
  }),
  'redis-flush': scenario('Redis loses everything', { isEveryoneAnswered: false, disturb: flushOnce }),
  'redis-failover': scenario('the replica takes over; connections stay with the old master', {
    world: { queue: 'redis-pair' },
    disturb: failOverOnce,
  }),
  'redis-half-open': scenario('existing connections to Redis go silent', {
    disturb: once(6, 0, async ({ redis }) => redis?.silence()),
  }),
  'rolling-restart': scenario('every process is stopped and started in turn', { disturb: restartInTurn }),
  'embedded-kills': scenario('PGlite: the one process is killed', {
    commands: 30,
    perSecond: 1,
    world: EMBEDDED,
    disturb: killAtRandom('', [6, 10]),
  }),
  'embedded-slack-faults': scenario('PGlite: 25 % of all calls of Slack fail', {
    commands: 30,
    world: EMBEDDED,
    disturb: during(({ slack, random }) => disturbSlack(slack, 0.25, random.fork())),
  }),
  'embedded-slack-away': scenario('PGlite: Slack answers nothing for 90 s', {
    commands: 12,
    world: EMBEDDED,
    disturb: once(1, 90, ({ slack }) => takeSlackAway(slack)),
  }),
};

function scenario(about: string, given: Given): Scenario {
  return {
    about,
    commands: 50,
    perSecond: 2,
    isSameOperation: false,
    isEveryoneAnswered: true,
    disturb: nothing,
    ...given,
    world: { ...DEFAULT_WORLD, ...given.world },
  };
}
