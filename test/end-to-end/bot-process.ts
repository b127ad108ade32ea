/** The bot as an operator runs it: a process with an environment, which can be stopped and killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { FakeSlack } from '@ktrdr-bot/local-slack';
import { EMPTY_FOLDER, MAIN, TSX } from '../support/program.ts';

export interface BotProcess {
  /** Where it serves HTTP. */
  readonly url: string;
  /** Its log, line by line. */
  readonly log: readonly string[];
  kill(signal: NodeJS.Signals): void;
  /** The exit status, or null after a signal. */
  ended(): Promise<number | null>;
}

/** Resolves when it says that it has started. Slack is told its address in HTTP mode. */
export async function startBot(
  slack: FakeSlack,
  transport: 'http' | 'socket',
  env: Readonly<Record<string, string>>,
): Promise<BotProcess> {
  const child = spawn(process.execPath, ['--import', TSX, MAIN, 'start'], {
    cwd: EMPTY_FOLDER,
    env: {
      PATH: process.env['PATH'] ?? '',
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: slack.team.botToken,
      ...(transport === 'socket' ? { SLACK_APP_TOKEN: slack.appToken } : { SLACK_SIGNING_SECRET: slack.signingSecret }),
      HOST: '127.0.0.1',
      PORT: '0',
      ...env,
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const exited = once(child, 'exit');
  const log: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      const port = /"port":(\d+).*"msg":"started"/.exec(line)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    });
    child.once('exit', () => reject(new Error(`The bot ended before it had started:\n${log.join('\n')}`)));
  });
  if (transport === 'http') slack.connectBot({ kind: 'http', eventsUrl: `${url}/slack/events` });
  else await slack.socketConnected();
  return {
    url,
    log,
    kill: (signal) => void child.kill(signal),
    async ended() {
      await exited;
      return child.exitCode;
    },
  };
}
