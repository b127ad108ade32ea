/** What Slack and the way to it do at random. */
import type { FakeSlack, SlackFault } from '@ktrdr-bot/local-slack';
import type { Random } from './random.ts';

const SLOW_MS = 3_000;

const KINDS: readonly SlackFault[] = [
  { kind: 'status', status: 500, when: 'before' },
  { kind: 'status', status: 503, when: 'after' },
  { kind: 'reset', when: 'before' },
  { kind: 'reset', when: 'after' },
  { kind: 'rate-limited', retryAfterS: 1 },
  { kind: 'error', error: 'internal_error' },
  { kind: 'slow', delayMs: SLOW_MS },
  { kind: 'slow', delayMs: SLOW_MS, when: 'before' },
];

/** This share of all calls fails, in every way that Slack knows, until the function that is returned is called. */
export function disturbSlack(slack: FakeSlack, share: number, random: Random): () => void {
  return whileOn(slack, '*', () => (random.chance(share) ? random.pick(KINDS) : null));
}

/** As long as it lasts, no call reaches Slack. */
export function takeSlackAway(slack: FakeSlack): () => void {
  return whileOn(slack, '*', () => ({ kind: 'reset', when: 'before' }));
}

/** Every method answers the error; response addresses need no token and go on working. */
export function refuseToken(slack: FakeSlack, error: string): () => void {
  return whileOn(slack, '*', (method) =>
    ['response_url', 'upload'].includes(method) ? null : { kind: 'error', error },
  );
}

/** Answers of the method get lost after it has taken effect. */
export function loseAnswers(slack: FakeSlack, method: string): () => void {
  return whileOn(slack, method, () => ({ kind: 'reset', when: 'after' }));
}

export function limitRate(slack: FakeSlack, method: string, retryAfterS: number): () => void {
  return whileOn(slack, method, () => ({ kind: 'rate-limited', retryAfterS }));
}

function whileOn(slack: FakeSlack, method: string, draw: (method: string) => SlackFault | null): () => void {
  let isOn = true;
  slack.fault(method, (called) => (isOn ? draw(called) : null), { times: Number.POSITIVE_INFINITY });
  return () => {
    isOn = false;
  };
}
