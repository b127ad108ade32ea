/** What a person does in a browser to install the app: the page, the permission at Slack, and the way back. */
import type { FakeSlack } from '@ktrdr-bot/local-slack';

export interface PageSeen {
  readonly status: number;
  readonly text: string;
  readonly cookies: readonly string[];
}

export interface Begun {
  /** Where “Add to Slack” leads to. */
  readonly authorizeUrl: string;
  readonly cookie: string;
}

export async function beginInstalling(botUrl: string): Promise<Begun> {
  const response = await fetch(`${botUrl}/slack/install`);
  const page = await response.text();
  const href = /href="([^"]+)"/.exec(page)?.[1] ?? '';
  return {
    authorizeUrl: href.replaceAll('&amp;', '&'),
    cookie: response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '',
  };
}

export async function comeBack(botUrl: string, query: URLSearchParams, cookie: string): Promise<PageSeen> {
  const response = await fetch(`${botUrl}/slack/oauth_redirect?${query}`, { headers: { cookie } });
  return { status: response.status, text: await response.text(), cookies: response.headers.getSetCookie() };
}

export async function install(botUrl: string, slack: FakeSlack, teamId: string, userId: string): Promise<PageSeen> {
  const { authorizeUrl, cookie } = await beginInstalling(botUrl);
  return comeBack(botUrl, slack.oauth.approve(authorizeUrl, teamId, userId), cookie);
}

/** The environment of a bot that serves several workspaces. */
export function oauthEnvironment(slack: FakeSlack) {
  return {
    SLACK_BOT_TOKEN: '',
    SLACK_CLIENT_ID: slack.oauth.clientId,
    SLACK_CLIENT_SECRET: slack.oauth.clientSecret,
    SLACK_STATE_SECRET: 'a-long-random-text-for-the-state',
    TOKEN_ENCRYPTION_KEY: 'a-long-random-text-for-the-tokens',
  };
}
