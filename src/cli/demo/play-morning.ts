/** The people of the bad morning: one enables alerts, and one clicks a button if no one else does. */
import type { FakeSlack, Message, Story } from '@ktrdr-bot/local-slack';
import { MORNING_MS, MORNING_PEOPLE } from './morning.ts';
import type { DemoBot } from './start-bot.ts';

const CHANNEL = 'C0OPS';
const BUTTON = 'action_start_again';
/** How long the viewer has to click it first. */
const PRESSED_AFTER_MS = 75_000;
const LOOK_MS = 1_000;
/** The morning begins when the bot has looked for failures. */
const FIRST_LOOK_MS = 60_000;

export interface MorningOptions {
  readonly slack: () => FakeSlack;
  readonly bot: () => DemoBot | null;
  readonly pressedAfterMs?: number;
}

export function createStory({
  slack,
  bot,
  pressedAfterMs = PRESSED_AFTER_MS,
}: MorningOptions): Story & { end(): void } {
  const [me, colleague] = MORNING_PEOPLE;
  let pressing: NodeJS.Timeout | undefined;
  let begunAt = Number.NEGATIVE_INFINITY;

  const messages = () =>
    slack()
      .messages(CHANNEL)
      .filter(({ ts }) => Number(ts) * 1000 >= begunAt);
  const isPressed = () => messages().some(({ text }) => /^\*?Start(?:ed|ing) again/.test(text));

  return {
    title: 'A bad morning',
    about:
      'Two hours in two minutes, in #ktrdr-ops: alerts about failures and a lost worker, a button that helps, and how it ends. You can press “Start again”; otherwise, Ben does.',
    async play() {
      const running = bot();
      if (running === null) throw new Error('ktrdr-bot hasn’t started.');
      if (Date.now() - begunAt < FIRST_LOOK_MS + MORNING_MS) {
        throw new Error(
          'The bad morning is already running in #ktrdr-ops. You can play it again seven minutes after it started.',
        );
      }
      begunAt = Date.now();
      clearInterval(pressing);
      pressing = setInterval(() => {
        const offer = messages().find((message) => message.ephemeralFor === colleague && offersStart(message));
        const isDue = offer !== undefined && Date.now() - begunAt > pressedAfterMs;
        if (!isPressed() && !isDue) return;
        clearInterval(pressing);
        if (!isPressed() && offer !== undefined)
          void slack()
            .as(colleague)
            .click(offer, BUTTON)
            .catch(() => undefined);
      }, LOOK_MS);
      await slack().as(me).command('/ktrdr', 'alerts on', { channel: CHANNEL });
      running.beginMorning();
      return CHANNEL;
    },
    end() {
      clearInterval(pressing);
    },
  };
}

/** The alert of the training run, because a backtest can't be started again without naming its model. */
function offersStart({ blocks, text }: Message): boolean {
  return text.includes('op_training') && JSON.stringify(blocks).includes(BUTTON);
}
