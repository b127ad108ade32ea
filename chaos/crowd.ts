/** People who ask, and who ask again when they are told to. */
import { type Attempt, judge, type Question, rootsFor, type Verdict } from './judge.ts';
import { textOf } from './ledger.ts';
import { pause } from './pause.ts';
import { meaningOf } from './words.ts';
import type { World } from './world.ts';

export interface Crowd {
  readonly questions: readonly Question[];
  /** Asks so many questions at this rate; resolves when the last one is acknowledged. */
  ask(load: Load): Promise<void>;
  /** Those ask again who were told to and have waited long enough; true while somebody still has to. */
  askAgain(): boolean;
  /** In the order of the questions. */
  verdicts(): readonly Verdict[];
}

interface Load {
  readonly commands: number;
  readonly perSecond: number;
  /** Everybody asks for one operation, in one channel. */
  readonly isSameOperation: boolean;
}

/** "If nothing appears within a minute, ask again." */
const UNSURE_MS = 65_000;

/** `patienceMs`: how long people wait who were refused; nobody asks more often than `mostAttempts`. */
export function createCrowd(
  world: World,
  { patienceMs, mostAttempts }: { readonly patienceMs: number; readonly mostAttempts: number },
): Crowd {
  const { ledger, channels, people } = world;
  const questions: Question[] = [];
  /** Questions that have no answer as far as the person was told. */
  const open = new Set<number>();
  const underWay = new Set<number>();

  async function send(index: number): Promise<void> {
    const question = questions[index];
    if (question === undefined) return;
    open.delete(index);
    underWay.add(index);
    const attempt = await attemptOf(world, question);
    questions[index] = { ...question, attempts: [...question.attempts, attempt] };
    underWay.delete(index);
    if (attempt.told !== 'taken') open.add(index);
  }

  function askAgain(): boolean {
    for (const index of open) {
      const question = questions[index];
      const last = question?.attempts.at(-1);
      if (question === undefined || last === undefined) continue;
      if (question.attempts.length >= mostAttempts || rootsFor(question, ledger).length > 0) open.delete(index);
      else if (Date.now() - last.at >= (last.told === 'refused' ? patienceMs : UNSURE_MS)) void send(index);
    }
    return open.size + underWay.size > 0;
  }

  return {
    questions,
    async ask({ commands, perSecond, isSameOperation }) {
      const startedAt = Date.now();
      const first = world.nextOperation();
      const sent: Promise<void>[] = [];
      for (let count = 0; count < commands; count += 1) {
        await pause(Math.max(0, startedAt + (count * 1000) / perSecond - Date.now()));
        const operationId = isSameOperation ? first : world.nextOperation();
        const channel = channels[isSameOperation ? 0 : count % channels.length] ?? '';
        questions.push({ operationId, channel, userId: people[count % people.length] ?? '', attempts: [] });
        sent.push(send(questions.length - 1));
        askAgain();
      }
      await Promise.all(sent);
    },
    askAgain,
    verdicts() {
      const verdicts: Verdict[] = [];
      for (const indexes of groups(questions)) {
        const group = indexes.flatMap((index) => questions[index] ?? []);
        for (const [position, verdict] of judge(group, ledger).entries()) {
          const index = indexes[position] ?? 0;
          verdicts[index] = verdict;
          if (verdict === 'refused' && !underWay.has(index)) open.add(index);
        }
      }
      return verdicts;
    },
  };
}

/** Positions of the questions, by operation. */
function groups(questions: readonly Question[]): Iterable<readonly number[]> {
  const byOperation = new Map<string, number[]>();
  for (const [index, { operationId, attempts }] of questions.entries()) {
    if (attempts.length > 0) byOperation.set(operationId, [...(byOperation.get(operationId) ?? []), index]);
  }
  return byOperation.values();
}

async function attemptOf({ slack }: World, { userId, channel, operationId }: Question): Promise<Attempt> {
  const at = Date.now();
  const command = slack.as(userId).command('/ktrdr', `diagnose ${operationId}`, { channel });
  const { error, reply, receipt, responseUrl } = await command;
  const words = reply === null ? (error ?? '') : textOf(reply);
  if (error !== null) {
    // Without an answer nobody knows whether the bot had taken it, unless it was not even reached.
    const isRefused = receipt.outcome === 'failed' && (receipt.status !== null || receipt.isUnreachable === true);
    return { at, responseUrl, told: isRefused ? 'refused' : 'unsure', words };
  }
  const meaning = reply === null ? 'other' : meaningOf(words);
  const told = meaning === 'unsure' ? 'unsure' : meaning === 'refusal' ? 'refused' : 'taken';
  return { at, responseUrl, told, words };
}
