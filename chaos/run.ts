/** One scenario from its first question to the verdicts. */
import { createCrowd } from './crowd.ts';
import { FAULTS, GOOD, isFault, type Question, type Verdict } from './judge.ts';
import type { Ledger } from './ledger.ts';
import { pause } from './pause.ts';
import { createRandom } from './random.ts';
import type { Scenario } from './scenarios.ts';
import { createWorld, type Disturbance, type World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  readonly commands: number;
  readonly perSecond: number;
  /** How long after its last change the workspace is believed to stay as it is although something is missing. */
  readonly patienceMs: number;
  /** Ends with the log files of the processes in it. */
  readonly workDir: string;
  say(progress: string): void;
}

export interface Outcome {
  readonly questions: readonly Question[];
  readonly verdicts: readonly Verdict[];
  readonly ledger: Ledger;
  readonly disturbances: readonly Disturbance[];
  /** A sentence for each process that ended by itself, did not stop, or is not ready although all is calm. */
  readonly complaints: readonly string[];
  readonly seconds: number;
}

/** After everybody has their result: a second one would come within this time. */
const QUIET_MS = 6_000;
/** People wait so long before they ask again. */
const ASK_AGAIN_MS = 10_000;
const LOOK_EVERY_MS = 2_000;
const READY_LIMIT_MS = 20_000;

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Outcome> {
  const startedAt = Date.now();
  const world = await createWorld(scenario.world, createRandom(options.seed), options.workDir);
  try {
    const crowd = createCrowd(world, {
      patienceMs: ASK_AGAIN_MS,
      mostAttempts: scenario.isEveryoneAnswered ? 12 : 2,
    });
    let isAsking = true;
    const disturbing = scenario.disturb(world, () => isAsking);
    const progress = setInterval(
      () => options.say(`${crowd.questions.length} asked, ${tally(crowd.verdicts())}`),
      30_000,
    );
    await crowd.ask({ ...options, isSameOperation: scenario.isSameOperation });
    isAsking = false;
    await disturbing;
    await settle(world, crowd, options.patienceMs);
    clearInterval(progress);
    const complaints = [...world.bots.flatMap((bot) => bot.complaints), ...(await unready(world))];
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    const { ledger, disturbances } = world;
    return { questions: crowd.questions, verdicts: crowd.verdicts(), ledger, disturbances, complaints, seconds };
  } finally {
    await world.close();
  }
}

/** Until everybody has a result and nothing more happens, or nothing has happened for so long that nothing will. */
async function settle({ ledger }: World, crowd: ReturnType<typeof createCrowd>, patienceMs: number): Promise<void> {
  let lastAskedAt = Date.now();
  for (;;) {
    if (crowd.askAgain()) lastAskedAt = Date.now();
    const isGood = !crowd.verdicts().some(isFault);
    const quietMs = Date.now() - Math.max(lastAskedAt, ledger.lastChangeAt());
    if (quietMs > (isGood ? QUIET_MS : patienceMs)) return;
    await pause(LOOK_EVERY_MS);
  }
}

async function unready({ bots }: World): Promise<readonly string[]> {
  const limit = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const ready = await Promise.all(bots.map((bot) => bot.isReady()));
    const others = bots.filter((_, index) => ready[index] !== true);
    if (others.length === 0 || Date.now() > limit) return others.map(({ name }) => `${name} is not ready at the end.`);
    await pause(LOOK_EVERY_MS);
  }
}

/** "12 answered, 1 stuck" */
function tally(verdicts: readonly Verdict[]): string {
  return [...GOOD, ...FAULTS]
    .map((verdict) => ({ verdict, count: verdicts.filter((other) => other === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`)
    .join(', ');
}
