/** Checks by `auth.test` whether Slack still accepts the bot's tokens. */
import type { Logger } from 'pino';
import { outcomeOf } from './post-outcome.ts';
import { createWebClient } from './web-client.ts';

export interface TokenCheckOptions {
  tokenFor(teamId: string): Promise<string>;
  /** The workspaces to check; the empty ID stands for the configured token. */
  teams(): Promise<readonly string[]>;
  readonly apiUrl: string;
  readonly log: Logger;
}

export interface TokenCheck {
  /**
   * Asks Slack, unless it did so a few seconds ago or is rate-limited. Resolves to one sentence for each rejected token, and to
   * one when Slack doesn't respond. Never rejects.
   */
  check(): Promise<readonly string[]>;
  /** The result of the last check. */
  problems(): readonly string[];
}

const TIMEOUT_MS = 5_000;
const FRESH_MS = 5_000;

export function createTokenCheck({ tokenFor, teams, apiUrl, log }: TokenCheckOptions): TokenCheck {
  const client = createWebClient(apiUrl, TIMEOUT_MS);
  const refused = new Map<string, string>();
  let silence: string | null = null;
  let notBefore = 0;
  let checking: Promise<void> | null = null;

  async function ask(teamId: string): Promise<void> {
    try {
      await client.auth.test({ token: await tokenFor(teamId) });
      if (refused.delete(teamId)) log.info({ teamId }, 'Slack takes the bot token again');
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome?.kind === 'rate-limited') notBefore = Date.now() + outcome.retryAfterMs;
      else if (outcome === null) silence = `The bot token couldn’t be looked up (${reasonOf(error)}).`;
      else if (outcome.kind === 'uncertain') silence = `Slack isn’t responding (${outcome.reason}).`;
      else note(teamId, outcome.error);
    }
  }

  function note(teamId: string, code: string): void {
    // The app was removed there, so there is no problem to report.
    if (code === 'not_installed') return void refused.delete(teamId);
    const isKnown = refused.get(teamId) === code;
    refused.set(teamId, code);
    if (!isKnown) log.error({ teamId, code }, refusal(teamId, code));
  }

  async function checkAll(): Promise<void> {
    notBefore = Date.now() + FRESH_MS;
    silence = null;
    const asked = await teams().catch((): readonly string[] => []);
    for (const teamId of refused.keys()) if (!asked.includes(teamId)) refused.delete(teamId);
    for (const teamId of asked) await ask(teamId);
  }

  const problems = () => {
    const refusals = [...refused].map(([teamId, code]) => refusal(teamId, code));
    return silence === null ? refusals : [...refusals, silence];
  };
  return {
    async check() {
      if (checking === null && Date.now() < notBefore) return problems();
      checking ??= checkAll().finally(() => {
        checking = null;
      });
      await checking;
      return problems();
    },
    problems,
  };
}

function refusal(teamId: string, code: string): string {
  if (teamId !== '') return `Slack rejects the bot token of ${teamId} (${code}): reinstall the app there.`;
  return `Slack rejects the bot token (${code}): set SLACK_BOT_TOKEN to the one on the app’s page “OAuth & Permissions”.`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
