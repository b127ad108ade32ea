/** Installing the app in a workspace by OAuth: a page with a button, and the page to which Slack redirects people. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Installation } from '@slack/bolt';
import { InstallProvider } from '@slack/oauth';
import { WebAPIPlatformError, WebClient, type WebClientOptions } from '@slack/web-api';
import type { Logger } from 'pino';
import type { Installation as Installed } from '../../jobs/ports.ts';
import { boltLog } from '../intake/bolt-log.ts';
import { htmlOf, type Page, sendPage, setPageHeaders } from './html.ts';
import { BOT_SCOPES } from './scopes.ts';

const INSTALL_PATH = '/slack/install';
export const REDIRECT_PATH = '/slack/oauth_redirect';

interface InstallPagesOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly stateSecret: string;
  readonly apiUrl: string | undefined;
  /** Workspaces and organizations that can install the app; null means all. */
  readonly allowed: readonly string[] | null;
  save(installation: Installed): Promise<void>;
  useState(state: string): Promise<boolean>;
  readonly log: Logger;
}

/** Serves these two paths; false for any other. */
export function createInstallPages(options: InstallPagesOptions): (...request: Parameters<RequestListener>) => boolean {
  const { apiUrl, log } = options;
  const clientOptions: WebClientOptions = {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    allowAbsoluteUrls: false,
  };
  const provider = new InstallProvider({
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    stateSecret: options.stateSecret,
    installUrlOptions: { scopes: [...BOT_SCOPES] },
    installationStore: {
      storeInstallation: async (installation) => options.save(installedFrom(installation)),
      fetchInstallation: () => Promise.reject(new Error('Installations are read from their own store.')),
    },
    renderHtmlForInstallPath: (href) => htmlOf({ ...INSTALL_PAGE, link: { label: 'Add to Slack', href } }),
    logger: boltLog(log),
    clientOptions,
    ...(apiUrl === undefined ? {} : { authorizationUrl: new URL('/oauth/v2/authorize', apiUrl).href }),
  });

  async function rejectUnlisted(installation: Installation, response: ServerResponse): Promise<boolean> {
    const owner = ownerOf(installation);
    if (options.allowed === null || options.allowed.includes(owner)) return true;
    log.warn({ owner }, 'an installation was refused: not in ALLOWED_TEAMS');
    await new WebClient(installation.bot?.token, { ...clientOptions, logger: boltLog(log) }).auth.revoke();
    sendPage(response, notAllowed(owner));
    return false;
  }

  /** Slack's client checks the state, but accepts it repeatedly until it expires. */
  async function isFirstUse(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const state = new URL(request.url ?? '', 'http://localhost').searchParams.get('state') ?? '';
    if (await options.useState(state)) return true;
    sendPage(response, WRONG_STATE);
    return false;
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await provider.handleCallback(request, response, {
      beforeInstallation: (_options, way, page) => isFirstUse(way, page),
      afterInstallation: (installation, _options, _request, page) => rejectUnlisted(installation, page),
      success(installation, _options, _request, page) {
        log.info({ owner: ownerOf(installation), by: installation.user.id }, 'installed');
        sendPage(page, installedPage(installation));
      },
      failure: (error, _options, _request, page) => sendPage(page, pageFor(error)),
    });
  }

  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== INSTALL_PATH && path !== REDIRECT_PATH) return false;
    // A HEAD request to the redirect page must not use up the state.
    const allowed = path === INSTALL_PATH ? ['GET', 'HEAD'] : ['GET'];
    if (!allowed.includes(request.method ?? '')) {
      response.writeHead(405, { allow: allowed.join(', ') }).end();
      return true;
    }
    setPageHeaders(response);
    restrictCookies(response);
    const answered = path === INSTALL_PATH ? provider.handleInstallPath(request, response) : receive(request, response);
    answered.catch((err: unknown) => {
      log.error({ err }, 'an installation page failed');
      if (!response.headersSent) sendPage(response, NOT_INSTALLED);
    });
    return true;
  };
}

/** Slack's package leaves `SameSite` out. `Lax`, because people come back from Slack's page by a link. */
function restrictCookies(response: ServerResponse): void {
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) => {
    const isCookie = name.toLowerCase() === 'set-cookie';
    return setHeader(name, isCookie ? [value].flat().map((cookie) => `${cookie}; SameSite=Lax`) : value);
  };
}

function installedFrom(installation: Installation): Installed {
  const { bot } = installation;
  if (bot === undefined) throw new Error('Slack installed the app without a bot.');
  return {
    owner: ownerOf(installation),
    botToken: bot.token,
    botId: bot.id,
    botUserId: bot.userId,
    refreshToken: bot.refreshToken ?? null,
    expiresAtMs: bot.expiresAt === undefined ? null : bot.expiresAt * 1000,
    installedAtMs: Date.now(),
  };
}

function ownerOf({ isEnterpriseInstall, enterprise, team }: Installation): string {
  const owner = isEnterpriseInstall === true ? enterprise?.id : team?.id;
  if (owner === undefined) throw new Error('Slack did not say where the app was installed.');
  return owner;
}

const INSTALL_PAGE: Page = {
  status: 200,
  title: 'Install ktrdr-bot',
  sentences: [
    'ktrdr-bot explains in Slack, from traces, why a ktrdr operation failed, is stuck, or is slow.',
    'Next, Slack shows the permissions, and you select the workspace.',
  ],
};

function installedPage({ team }: Installation): Page {
  return {
    status: 200,
    title: 'ktrdr-bot is installed',
    sentences: [
      `It’s now available in ${team?.name ?? 'your organization'}.`,
      'Type /ktrdr help in any channel. Use /invite to add the bot where everyone should see its replies.',
    ],
    link: { label: 'Open Slack', href: `https://app.slack.com/client${team === undefined ? '' : `/${team.id}`}` },
  };
}

function notAllowed(owner: string): Page {
  return {
    status: 403,
    title: 'ktrdr-bot was not installed',
    sentences: [
      `ktrdr-bot isn’t enabled for ${owner}, so the access you granted was revoked.`,
      `Ask its admin to add ${owner} to ALLOWED_TEAMS.`,
    ],
  };
}

function failed(status: number, ...sentences: readonly string[]): Page {
  const link = { label: 'Try again', href: INSTALL_PATH };
  return { status, title: 'ktrdr-bot was not installed', sentences, link };
}

const WRONG_STATE = failed(
  400,
  'This installation wasn’t started in this browser within the last 10 minutes.',
  'Start again, and stay in one browser with cookies enabled.',
);

const CODE_REFUSED = failed(400, 'The installation code from Slack was already used or has expired. Start again.');

const NOT_INSTALLED = failed(
  500,
  'Slack didn’t complete the installation, or it couldn’t be stored.',
  'Try again in a minute. If it fails again, check ktrdr-bot’s log.',
);

const FAILURES: Readonly<Record<string, Page>> = {
  slack_oauth_missing_state: WRONG_STATE,
  slack_oauth_invalid_state: WRONG_STATE,
  slack_oauth_missing_code: failed(400, 'Slack sent no installation code. Start again.'),
  slack_oauth_installer_authorization_error: failed(403, 'The installation was cancelled. Nothing was changed.'),
};

const CODES_REFUSED = ['invalid_code', 'code_already_used', 'code_expired'];

function pageFor(error: Error & { readonly code: string }): Page {
  if (error instanceof WebAPIPlatformError && CODES_REFUSED.includes(error.data.error)) return CODE_REFUSED;
  return FAILURES[error.code] ?? NOT_INSTALLED;
}
