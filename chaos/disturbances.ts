/** The ways in which a scenario disturbs its world, and their combination. Times are in seconds unless they say otherwise. */
import type { BotProcess } from './bot-process.ts';
import { pause } from './pause.ts';
import type { World } from './world.ts';

type Disturb = (world: World, isAsking: () => boolean) => Promise<void>;
/** Its earliest and its latest moment after the one before. */
type Every = readonly [from: number, to: number];

const LOOK_EVERY_MS = 200;

export async function nothing(): Promise<void> {}

export function byAll(...all: readonly Disturb[]): Disturb {
  return async (world, isAsking) => {
    await Promise.all(all.map((disturb) => disturb(world, isAsking)));
  };
}

/** From the first question to the last. */
export function during(begin: (world: World) => () => void): Disturb {
  return async (world, isAsking) => {
    const end = begin(world);
    while (isAsking()) await pause(LOOK_EVERY_MS);
    end();
    world.note('the disturbance of Slack ends');
  };
}

/** So long after the first question, for so long; an infinite one never ends. */
export function once(
  after: number,
  lasting: number,
  begin: (world: World) => Promise<void> | (() => void) | undefined,
): Disturb {
  return async (world) => {
    await pause(after * 1000);
    world.note('the disturbance begins');
    const end = await begin(world);
    if (lasting === Number.POSITIVE_INFINITY) return;
    await pause(lasting * 1000);
    if (typeof end === 'function') end();
    world.note('the disturbance ends');
  };
}

/** Kills a process whose name begins so, and starts it again after a moment. */
export function killAtRandom(prefix: string, every: Every): Disturb {
  return repeatedly(every, async ({ bots, random, note }) => {
    const bot = random.pick(bots.filter(({ name }) => name.startsWith(prefix)));
    note(`${bot.name} is killed`);
    await bot.kill();
    await pause(random.between(0, 1_500));
    await bot.start();
    note(`${bot.name} is back`);
  });
}

export function troubleRedis(every: Every): Disturb {
  return repeatedly(every, async ({ redis, random, note }) => {
    const trouble = random.pick(['restart', 'fail over', 'freeze', 'silence'] as const);
    note(`Redis: ${trouble} begins`);
    if (trouble === 'restart') await redis?.restart(random.between(300, 3_000));
    else if (trouble === 'freeze') await redis?.freeze(random.between(1_000, 6_000));
    else if (trouble === 'fail over') await redis?.failOver();
    else redis?.silence();
    note(`Redis: ${trouble} ends`);
  });
}

export const killRedisRepeatedly: Disturb = async ({ redis, random, note }) => {
  for (let count = 0; count < 3; count += 1) {
    await pause(4_000);
    await redis?.restart(random.between(1_000, 4_000));
    note('Redis is back');
  }
};

export const freezeRepeatedly: Disturb = async ({ redis, random, note }) => {
  for (let count = 0; count < 2; count += 1) {
    await pause(4_000);
    await redis?.freeze(random.between(4_000, 15_000));
    note('Redis goes on');
  }
};

/** Once: after a second time the old connections would lead to the master again. */
export const failOverOnce: Disturb = async (world) => {
  await pause(8_000);
  const isDone = await world.redis?.failOver();
  world.note(isDone ? 'the replica has taken over' : 'the replica could not take over');
};

export const flushOnce: Disturb = async ({ redis, note }) => {
  await pause(8_000);
  await redis?.flush();
  note('Redis has lost everything');
};

export const restartInTurn: Disturb = async ({ bots, note }) => {
  for (const bot of bots) {
    await pause(3_000);
    note(`${bot.name} is stopped`);
    await bot.stop();
    await bot.start();
    note(`${bot.name} is back`);
  }
};

/** Every third one, three seconds after the first question. */
export const archiveSomeChannels: Disturb = async ({ slack, channels, note }) => {
  await pause(3_000);
  for (const id of channels.filter((_, index) => index % 3 === 0)) {
    slack.store.putChannel({ ...slack.channel(id), archived: true });
  }
  note('every third channel is archived');
};

/** Kills the workers, and before they are back people have written so many messages to every channel. */
export function fillChannels(after: number, messages: number): Disturb {
  return async ({ slack, bots, channels, people: [writer = ''] }) => {
    await pause(after * 1000);
    const workers = bots.filter(({ name }) => name.startsWith('worker'));
    await Promise.all(workers.map((bot) => bot.kill()));
    for (const channel of channels) {
      for (let count = 0; count < messages; count += 1) slack.as(writer).say(channel, `message ${count + 1}`);
    }
    await Promise.all(workers.map((bot: BotProcess) => bot.start()));
  };
}

function repeatedly(every: Every, act: (world: World) => Promise<void>): Disturb {
  return async (world, isAsking) => {
    for (;;) {
      const wakeAt = Date.now() + world.random.between(...every) * 1000;
      while (isAsking() && Date.now() < wakeAt) await pause(LOOK_EVERY_MS);
      if (!isAsking()) return;
      await act(world);
    }
  };
}
