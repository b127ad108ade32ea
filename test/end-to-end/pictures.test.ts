import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isList, isObject, type JsonObject, type Message, objectsOf, type SlackFile } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isWithoutFont } from '../support/has-font.ts';
import { incidentNamed } from '../support/incident-named.ts';
import { latest, lintedProblems, repliesOf, replyIn, toldTo } from './tools.ts';
import { answerTo, isWithoutRedis, markersIn, openWorld, postsIn, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const FLOW = 'Execution flow';

describe.skipIf(isWithoutRedis() || (await isWithoutFont()))('the picture of the trace', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld({ fileProcessingMs: 800 });
  });
  afterEach(async () => {
    const { slack } = world;
    const markers = markersIn(slack);
    const problems = lintedProblems(slack);
    const warnings = slack.warnings();
    await world.close();
    expect(new Set(markers).size, `posted twice: ${markers.join(' ')}`).toBe(markers.length);
    expect([...problems, ...warnings]).toEqual([]);
  });

  async function ask(): Promise<Message> {
    await world.slack.as('U0ANNA').command('/ktrdr', `diagnose ${world.failed}`, { channel: CHANNEL });
    return answerTo(world.slack, world.failed, CHANNEL);
  }

  function pictures(): readonly Message[] {
    return postsIn(world.slack, CHANNEL).filter((message) => fileIn(message) !== null);
  }

  async function untilQuiet(): Promise<void> {
    await world.settled();
  }

  it('is in the last reply, below the words, and stays one however often the answer is delivered', async () => {
    const { slack } = world;
    await world.startBot('http');
    const answer = await ask();
    await untilQuiet();
    const picture = await replyIn(slack, answer, FLOW);
    expect(repliesOf(slack, answer).at(-1)?.ts).toBe(picture.ts);
    const file = slack.store.files.get(fileIn(picture) ?? '');
    expect(sizeOf(file)).toEqual({ width: 960, height: expect.toSatisfy((height) => height > 400 && height < 2000) });
    expect(file?.bytes.length).toBeLessThan(1_000_000);
    expect(file?.altText).toMatch(/^Gantt chart: \d+ spans over .*Services: .*Failed: /);
    expect(wordsOf(picture)).toContain(file?.altText);
    expect(wordsOf(picture)).toContain('backtest.data_loading');

    await slack.as('U0BEN').click(latest(slack, answer), 'claim');
    await slack.waitForMessage(({ ts, blocks }) => ts === answer.ts && JSON.stringify(blocks).includes('Claimed by'));
    await slack.as('U0BEN').click(latest(slack, answer), 'run_again');
    await untilQuiet();
    expect(pictures().map(({ ts }) => ts)).toEqual([picture.ts]);
    expect(slack.thread(CHANNEL, answer.ts).filter(({ text }) => /outdated/.test(text))).toEqual([]);
  });

  it.each([
    ['shows it', 'chat.update', ({ blocks }: JsonObject) => String(blocks).includes('slack_file')],
    ['uploads it', 'files.completeUploadExternal', () => true],
  ] as const)('comes once when the bot is killed while it %s', async (_what, method, where) => {
    const { slack } = world;
    const first = await world.startBot('http');
    // Slack has it, the bot does not know it yet. What Slack refuses before, because it still looks at the file, does not count.
    const isReady = () => filesOf().some(({ processedAt }) => processedAt !== null && processedAt < Date.now());
    const hangs = { kind: 'slow', delayMs: 9_000 } as const;
    slack.fault(method, hangs, { where: (args) => where(args) && (method !== 'chat.update' || isReady()) });
    const answer = await ask();
    await expect.poll(() => (method === 'chat.update' ? pictures() : filesOf()).length).toBe(1);
    first.kill('SIGKILL');
    expect(await first.ended()).toBeNull();

    await world.startBot('http');
    await untilQuiet();
    expect(pictures()).toHaveLength(1);
    expect(pictures()[0]?.threadTs).toBe(answer.ts);
  });

  it('is left out where files may not be uploaded, and the answer is whole without it', async () => {
    const { slack } = world;
    slack.fault('files.getUploadURLExternal', { kind: 'error', error: 'missing_scope' }, { times: 10 });
    const bot = await world.startBot('http');
    const answer = await ask();
    await replyIn(slack, answer, 'Fix');
    await untilQuiet();
    expect(pictures()).toEqual([]);
    expect(wordsOf(await replyIn(slack, answer, 'Execution flow'))).toContain('backtest.data_loading');
    expect(bot.log.filter((line) => line.includes('without its picture'))).toHaveLength(1);
  });

  /** Those of which the bot has said that they are complete. */
  function filesOf(): readonly SlackFile[] {
    return [...world.slack.store.files.values()].filter(({ processedAt }) => processedAt !== null);
  }
});

describe.skipIf(isWithoutRedis())('an execution flow that is too long for messages', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({}, [], [manySteps('16b-backtest-healthy-1', 350)]);
    await world.startBot('http');
  });
  afterAll(() => world.close());

  it('comes as a text file into the thread, once for everybody who asks', async () => {
    const { slack, healthy } = world;
    await slack.as('U0ANNA').command('/ktrdr', `diagnose ${healthy}`, { channel: CHANNEL });
    const answer = await answerTo(slack, healthy, CHANNEL);
    for (const person of ['U0ANNA', 'U0BEN']) {
      const shown = latest(slack, answer);
      const choice = /(?<="value":")flow:[^"]*/.exec(JSON.stringify(shown.blocks))?.[0] ?? '';
      expect((await slack.as(person).click(shown, 'more', choice)).error).toBeNull();
      await toldTo(slack, person, 'will be posted in the thread');
      await slack.waitForMessage(({ threadTs, files }) => threadTs === answer.ts && files.length > 0);
    }
    await world.settled();
    const [shared, ...more] = repliesOf(slack, answer).filter(({ files }) => files.length > 0);
    expect(more).toEqual([]);
    const [file] = shared?.files ?? [];
    expect(file).toMatchObject({ name: 'execution-flow.txt', title: expect.stringContaining(healthy) });
    const lines = new TextDecoder().decode(file?.bytes).split('\n');
    expect(lines.filter((line) => line.includes('simulate_chunk_of_bars')).length).toBe(350);
    expect(lines.filter((line) => /more spans/.test(line))).toEqual([]);
  });
});

function fileIn({ blocks }: Message): string | null {
  return /"slack_file":\{"id":"(\w+)"/.exec(JSON.stringify(blocks))?.[1] ?? null;
}

/** As the head of a PNG says. */
function sizeOf(file: SlackFile | undefined): { readonly width: number; readonly height: number } | null {
  const bytes = Buffer.from(file?.bytes ?? []);
  if (bytes.subarray(1, 4).toString() !== 'PNG') return null;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Jaeger's answer with so many more spans of a recorded operation, one after the other below one that is there. */
function manySteps(incident: string, count: number): unknown {
  const recorded: unknown = JSON.parse(readFileSync(join(incidentNamed(incident).dir, 'v3.json'), 'utf8'));
  const result = isObject(recorded) && isObject(recorded['result']) ? recorded['result'] : {};
  for (const resource of objectsOf(listOf(result['resourceSpans']))) {
    for (const scope of objectsOf(listOf(resource['scopeSpans']))) {
      const parent = objectsOf(listOf(scope['spans'])).find(({ name }) => String(name).startsWith('backtest.'));
      if (parent === undefined) continue;
      const start = BigInt(String(parent['startTimeUnixNano']));
      const spans = Array.from({ length: count }, (_, i) => ({
        traceId: parent['traceId'],
        spanId: (0xa0000000 + i).toString(16).padStart(16, '0'),
        parentSpanId: parent['spanId'],
        name: `backtest.simulate_chunk_of_bars_${i}`,
        kind: 1,
        startTimeUnixNano: String(start + BigInt(i) * 1000n),
        endTimeUnixNano: String(start + BigInt(i + 1) * 1000n),
        attributes: [{ key: 'chunk.index', value: { stringValue: String(i) } }],
        status: { code: 1 },
      }));
      const scopeSpans = [{ scope: scope['scope'], spans }];
      return { result: { resourceSpans: [{ resource: resource['resource'], scopeSpans }] } };
    }
  }
  throw new Error(`No step of a backtest is in ${incident}.`);
}

function listOf(value: unknown): readonly unknown[] {
  return isList(value) ? value : [];
}
