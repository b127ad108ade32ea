/** What people expect to read, from the bot's process through Slack to their eyes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Message } from '@ktrdr-bot/local-slack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { incidentNamed } from '../support/incident-named.ts';
import { objectsIn } from '../support/mrkdwn-linter.ts';
import { GRAFANA, JAEGER, lintedProblems, repliesOf } from './tools.ts';
import { answerTo, isWithoutRedis, openWorld, type World, wordsOf } from './world.ts';

const CHANNEL = 'C0OPS';
const BACKTESTS = [
  '16b-backtest-healthy-2',
  '16b-backtest-healthy-3',
  '16b-backtest-healthy-4',
  '16b-backtest-healthy-5',
];
const [LOST, RAISED] = ['10a-', 'failed-worker-exception'].map((name) => incidentNamed(name).operationId);
const SLOW = 'op_backtesting_20261123_070737_51051051';

describe.skipIf(isWithoutRedis())('what an answer says', () => {
  let world: World;
  const answers = new Map<string, Message>();
  beforeAll(async () => {
    world = await openWorld({}, ['10a-', 'failed-worker-exception', ...BACKTESTS], [slowBacktest()]);
    await world.startBot('http', { JAEGER_PUBLIC_URL: JAEGER, GRAFANA_URL: GRAFANA });
    for (const asked of [world.failed, world.healthy, `${SLOW} slow`, LOST ?? '', RAISED ?? '']) {
      const [id = ''] = asked.split(' ');
      await world.slack.as('U0ANNA').command('/ktrdr', `diagnose ${asked}`, { channel: CHANNEL });
      answers.set(id, await answerTo(world.slack, id, CHANNEL));
    }
    await world.settled();
  });
  afterAll(() => world.close());
  afterEach(() => {
    expect(world.slack.warnings()).toEqual([]);
    expect(lintedProblems(world.slack)).toEqual([]);
  });

  function answer(id: string | undefined): Message {
    const found = answers.get(id ?? '');
    if (found === undefined) throw new Error(`Nothing was asked about ${id}.`);
    return world.slack.message(found.channel, found.ts) ?? found;
  }

  /** The reply with this heading. */
  function detail(id: string | undefined, heading: string): Message {
    const found = repliesOf(world.slack, answer(id)).filter((reply) => wordsOf(reply).includes(`*${heading}*`));
    const [reply] = found;
    if (reply === undefined || found.length > 1) throw new Error(`${id} has ${found.length} × ${heading}.`);
    return reply;
  }

  it('its point comes first, with what happened, why, what next and how sure, in at most eight lines', () => {
    for (const message of [...answers.keys()].map(answer)) {
      const lines = linesOf(message);
      expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(8);
    }
    expect(linesOf(answer(world.failed))).toEqual([
      expect.stringMatching(/^No data for AUDUSD 1h/),
      expect.stringMatching(/^Backtest failed after 9.3 ms, <!date.*AUDUSD 1h.*op_backtesting_/),
      expect.stringContaining('stopped while loading data'),
      expect.stringMatching(/^Fix: Download it/),
      // The recorded ktrdr listens on a port of its own.
      expect.stringMatching(/^ktrdr --url http:\/\/127\.0\.0\.1:\d+ data load AUDUSD --timeframe 1h --mode full$/),
      expect.stringMatching(/^\*Certain\* · .*No data found in cache.* · asked by <@U0ANNA>$/),
    ]);
    expect(linesOf(answer(world.healthy))[0]).toContain('No problems found');
    // Only what goes on can be different a moment later.
    expect(linesOf(answer(LOST)).at(-1)).toMatch(/^\*Likely\* · .* · as of <!date[^>]+> · asked by <@U0ANNA>$/);
  });

  it('the notification alone says which operation, its status, the cause and the next step', () => {
    for (const [id, { text }] of answers) expect(text).toMatch(new RegExp(`^[A-Z].*\`${id}\`: \\w+\\. .+[.]$`));
    expect(answer(world.failed).text).toMatch(/failed\. No data for AUDUSD 1h.*Fix: Download it/);
  });

  it('the flow shows how long each step took, which one everything waited for, and by word and sign where it failed', () => {
    const flow = detail(world.failed, 'Execution flow');
    const [steps = ''] = preformattedIn(flow);
    // A service, a step with its time, or the rest of what the step above says.
    for (const line of steps.split('\n')) expect(line).toMatch(/^(?:ktrdr-\S+$|[•✗ ] +[\d.]+ (?:µs|ms|s) | {12,}\S)/);
    expect(steps).toMatch(/^✗ +[\d.]+ ms +backtest\.data_loading\n +failed here: DataNotFoundError:/m);
    expect(steps).toMatch(/^• /m);
    expect(wordsOf(flow)).toContain('• on the critical path · ✗ failed');
    // A failure within milliseconds lost no time.
    expect(wordsOf(flow)).not.toContain('Time: ');
    expect(wordsOf(detail(SLOW, 'Execution flow'))).toMatch(
      /Time: [\d.]+ min(?: [\d.]+ s)? on the critical path: ktrdr-[\w-]+ \d+(?:\.\d+)?% /,
    );
  });

  it('each command stands alone in a block that can be copied, and says whether it changes anything', () => {
    const fix = detail(LOST, 'Fix');
    // The first of them is in the message, because it helps most.
    expect(preformattedIn(answer(LOST))).toEqual(['docker logs --tail 200 ktrdr-training-worker-1-1']);
    expect(linesOf(answer(LOST)).join('\n')).toContain('Check first: Read the worker’s log.');
    expect(preformattedIn(fix)).toEqual([
      "docker inspect -f '{{.State.OOMKilled}} exit {{.State.ExitCode}} restarts {{.RestartCount}}' ktrdr-training-worker-1-1",
      'docker start ktrdr-training-worker-1-1',
    ]);
    expect(JSON.stringify(fix.blocks).match(/\((?:read-only|makes changes)\)/g)).toEqual([
      '(read-only)',
      '(makes changes)',
    ]);
  });

  it('its facts can be checked: traces with links, when, how long the analysis took, who was asked, which rule', () => {
    const note = detail(world.failed, 'Trace summary').blocks.filter(({ type }) => type === 'context');
    const summary = JSON.stringify(note);
    for (const fact of [
      'trace `80293c91cabe064444bbcda1bfb15bcd`, 17 spans, ',
      'worker `backtesting-worker-',
      'Jaeger and ktrdr API responded',
      'analyzed in ',
      '`data-missing/not-cached`',
    ]) {
      expect(summary).toContain(fact);
    }
    const open = JSON.stringify(answer(world.failed).blocks);
    expect(open).toContain(`"url":"${JAEGER}/trace/80293c91cabe064444bbcda1bfb15bcd?uiFind=`);
    expect(linesOf(answer(world.failed))[1]).toMatch(/<!date/);
    expect(JSON.stringify(answer(world.healthy).blocks)).toContain(`"url":"${GRAFANA}/explore`);
  });

  it('every moment is a token that Slack shows in the reader’s own time zone', () => {
    for (const id of answers.keys()) {
      const shown = [answer(id), ...repliesOf(world.slack, answer(id))].map(wordsOf).join('\n');
      expect(shown).toMatch(/<!date\^\d+\^\{date_short_pretty\} at \{time_secs\}\|/);
      expect(shown.replaceAll(/<!date\^[^>]*>|"fallback":"[^"]*"/g, '')).not.toMatch(/\d\d:\d\d:\d\d/);
    }
  });

  it('it is as sure as the evidence allows, and says what could not be checked', () => {
    expect(wordsOf(answer(world.failed))).toContain('*Certain*');
    expect(wordsOf(answer(LOST))).toContain('*Likely*');
    expect(wordsOf(detail(LOST, 'Root cause'))).toContain('Inferred from the evidence.');
    expect(wordsOf(detail(LOST, 'Root cause'))).toContain('Not checked');
    expect(repliesOf(world.slack, answer(world.healthy)).map(wordsOf).join()).not.toMatch(/Root cause|Fix/);
  });

  it('where a failure passed through several services, the one where it began is named', () => {
    expect(answer(RAISED).text).toContain(
      'failed in training.training_loop on ktrdr-training-worker-14fb9c2d: RuntimeError: shape mismatch in layer 3',
    );
    const [flow = ''] = preformattedIn(detail(RAISED, 'Execution flow'));
    expect(flow).toMatch(/^✗ .*worker\.training: RuntimeError:/m);
    expect(flow).toMatch(/^✗ .*training\.training_loop\n +failed here: RuntimeError:/m);
    expect(flow.match(/failed here/g)).toHaveLength(1);
  });

  it('a slow operation is compared with earlier ones of its kind, phase by phase', () => {
    const usual = preformattedIn(detail(SLOW, 'Trace summary')).join('\n');
    expect(usual).toMatch(/usual +high +this run/);
    expect(usual).toMatch(/total +\d+ ms +\d+ ms +1 min \d s +× \d+/);
    expect(usual).toContain('the simulation');
    expect(wordsOf(detail(SLOW, 'Trace summary'))).toContain('earlier EURUSD 1h backtests');
  });
});

/** A recorded backtest two minutes later, with a simulation that takes a minute longer. */
function slowBacktest(): unknown {
  const { dir, operationId } = incidentNamed('16b-backtest-healthy-5');
  const text = readFileSync(join(dir, 'v3.json'), 'utf8').replaceAll(operationId, SLOW);
  return JSON.parse(text, (key, value) => {
    if (key === 'traceId') return '51'.repeat(16);
    if (!key.endsWith('UnixNano')) return value;
    // After the last phase: the simulation has no span of its own.
    const later = BigInt(value) > 1_795_417_537_700_000_000n ? 180n : 120n;
    return String(BigInt(value) + later * 1_000_000_000n);
  });
}

/** What stands before the thread, line by line, without the buttons. */
function linesOf({ blocks }: Message): readonly string[] {
  return blocks
    .filter(({ type }) => type !== 'actions')
    .flatMap((block) => (block['type'] === 'rich_text' ? sectionsIn(block) : [textsIn(block).join(' · ')]))
    .flatMap((text) => text.split('\n'));
}

function sectionsIn(block: unknown): readonly string[] {
  return objectsIn(block)
    .filter(({ type }) => type === 'rich_text_section' || type === 'rich_text_preformatted')
    .map((section) => textsIn(section).join(''));
}

function preformattedIn({ blocks }: Message): readonly string[] {
  return objectsIn(blocks)
    .filter(({ type }) => type === 'rich_text_preformatted')
    .map((element) => textsIn(element).join(''));
}

function textsIn(value: unknown): readonly string[] {
  return objectsIn(value).flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
}
