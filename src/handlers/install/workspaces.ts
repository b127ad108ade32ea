/** Several workspaces: each request is served with the bot token of the workspace that it comes from. */
import type { App, AuthorizeResult, AuthorizeSourceData } from '@slack/bolt';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Bot, Installation, RequestOrigin } from '../../jobs/ports.ts';
import { type Notice, notice } from '../notice.ts';

/** The app's settings at Slack, and the store of its installations. */
export interface Workspaces {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly stateSecret: string;
  botOf(where: RequestOrigin): Promise<Bot>;
  save(installation: Installation): Promise<void>;
  /** True once per OAuth state, so that a redirect from Slack can't be used twice. */
  useState(state: string): Promise<boolean>;
}

/**
 * Deletes the token of a workspace or organization, and has the rest deleted later; false when the event is about an earlier
 * installation.
 */
export type Forget = (owner: string, eventAtMs: number) => Promise<boolean>;

/** Why a request cannot be answered with a token; `cause` is set when trying again can help. */
export interface Unable {
  readonly sentence: Notice;
  readonly cause: Error | null;
}

/** The key of `Unable` in Bolt's request context. The acknowledgement, which needs no token, can still show it. */
const UNABLE = 'unable';

export function unableIn(context: Readonly<Record<string, unknown>>): Unable | null {
  const unable = context[UNABLE];
  return isUnable(unable) ? unable : null;
}

export function authorizeAt({ botOf }: Workspaces, log: Logger) {
  return async ({
    teamId,
    enterpriseId,
    isEnterpriseInstall,
  }: AuthorizeSourceData<boolean>): Promise<AuthorizeResult> => {
    const where = { teamId: teamId ?? '', enterpriseId: enterpriseId ?? null, isEnterpriseInstall };
    try {
      const bot = await botOf(where);
      if (bot.kind === 'bot') return { botToken: bot.botToken, botId: bot.botId, botUserId: bot.botUserId };
      // Logged only as info, because anyone can send a request from a workspace without the app.
      log[bot.reason === 'not_installed' ? 'info' : 'error'](where, bot.why);
      return { [UNABLE]: unableFor(bot) };
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      log.error({ ...where, reason: cause.message }, 'no token could be read');
      const sentence = notice`ktrdr-bot can’t reach its store. Try again in a minute. If it keeps failing, contact your ktrdr-bot admin.`;
      return { [UNABLE]: { sentence, cause } };
    }
  };
}

function unableFor({ why, reason, installUrl }: Extract<Bot, { kind: 'none' }>): Unable {
  if (reason === 'token_late') return { sentence: [why], cause: new Error(why) };
  const way: Notice =
    installUrl === null
      ? [' To install the app, ask your ktrdr-bot admin for its install page.']
      : [' Install the app here: ', { url: installUrl }];
  return { sentence: [why, ...way], cause: null };
}

/** Slack reports an uninstalled app by two events, each possibly repeated; all have the same effect. */
export function registerUninstall(app: App, forget: Forget, log: Logger): void {
  async function leave(body: unknown, isOrg: boolean) {
    const envelope = envelopeSchema.safeParse(body).data;
    if (envelope === undefined) return;
    const { team_id: teamId, enterprise_id: enterpriseId, event_time: eventAtS } = envelope;
    const owner = isOrg ? (enterpriseId ?? teamId) : teamId;
    const isForgotten = await forget(owner, eventAtS * 1000);
    log.info({ owner, isForgotten }, 'the app was removed');
  }

  app.event('app_uninstalled', async ({ body, context }) => leave(body, context.isEnterpriseInstall));
  app.event('tokens_revoked', async ({ event, body, context }) => {
    // Revoked user tokens don't affect the app.
    if (revokedSchema.safeParse(event).success) await leave(body, context.isEnterpriseInstall);
  });
}

const envelopeSchema = z.object({
  team_id: z.string(),
  enterprise_id: z.string().nullish(),
  event_time: z.number(),
});

const revokedSchema = z.object({ tokens: z.object({ bot: z.array(z.string()).min(1) }) });

function isUnable(value: unknown): value is Unable {
  return typeof value === 'object' && value !== null && 'sentence' in value && 'cause' in value;
}
