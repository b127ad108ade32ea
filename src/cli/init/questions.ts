/** What `init` asks, in order, and how each answer is tested. */
import type { Config } from '../../config/environment.ts';
import { weakSecrets } from '../../config/weak-secrets.ts';
import { DEPLOYMENTS } from '../../diagnosis/fixes/deployment.ts';
import { isLoopback } from '../../language/hosts.ts';
import { checkJaeger } from '../doctor/jaeger.ts';
import { checkKtrdr } from '../doctor/ktrdr.ts';
import { portProblems } from '../doctor/port.ts';
import { checkQueue } from '../doctor/queue.ts';
import type { Report } from '../doctor/report.ts';
import { checkAppToken, checkSlack } from '../doctor/slack.ts';

export interface Question {
  readonly variable: string;
  readonly isSecret?: boolean;
  /** Where to find the answer. */
  readonly about: string;
  /** What Enter stands for; null when there is no answer without typing. `''` leaves the variable out. */
  readonly usual: (config: Config) => string | null;
  /** Whether the question matters, given the earlier answers. */
  readonly isAsked?: (config: Config) => boolean;
  /** Tests the answer; null if there is nothing to test. */
  readonly check?: (config: Config, signal: AbortSignal) => Promise<Report | null>;
}

export const ADDRESSES: readonly Question[] = [
  {
    variable: 'JAEGER_URL',
    about: "Jaeger's address from this machine, the same as for its web page.",
    usual: () => 'http://localhost:16686',
    check: (config, signal) => checkJaeger(config, false, signal),
  },
  {
    variable: 'JAEGER_PUBLIC_URL',
    about: "Jaeger's address in people's browsers, for links in diagnoses. Press Enter for no links.",
    usual: () => '',
    isAsked: ({ jaeger }) => isPrivateHost(jaeger.url),
  },
  {
    variable: 'KTRDR_API_URL',
    about: 'The ktrdr backend\'s address from this machine. Enter "none" to use only traces.',
    usual: () => 'http://localhost:8000',
    check: (config, signal) => checkKtrdr(config, signal),
  },
  {
    variable: 'KTRDR_DEPLOYMENT',
    about: `Which ktrdr deployment this is, for the commands in diagnoses: ${DEPLOYMENTS.join(', ')}.`,
    usual: ({ ktrdr }) => usualDeployment(ktrdr.apiUrl),
    check: (config, signal) => checkKtrdr(config, signal),
  },
  {
    variable: 'REDIS_URL',
    about:
      'Redis, such as redis://localhost:6379. Press Enter for none: a single process then keeps its queue in DATA_DIR.',
    usual: () => '',
    check: (config) => checkQueue(config),
  },
];

export const PUBLIC_URL: Question = {
  variable: 'PUBLIC_URL',
  about: "The bot's public address for Slack: https://…, without a path. A reverse proxy forwards it to PORT.",
  usual: () => null,
};

const OAUTH_PAGE = "After “Install to Workspace”, it's on the app's page “OAuth & Permissions”: Bot User OAuth Token.";
const BASIC_PAGE = "It's on the app's page “Basic Information”";

export const BOT_TOKEN: Question = {
  variable: 'SLACK_BOT_TOKEN',
  isSecret: true,
  about: `${OAUTH_PAGE} It starts with xoxb-.`,
  usual: () => null,
  isAsked: ({ slack }) => slack.oauth === null,
  check: (config, signal) => checkSlack({ ...config, slack: { ...config.slack, appToken: null } }, signal),
};

export const APP_TOKEN: Question = {
  variable: 'SLACK_APP_TOKEN',
  isSecret: true,
  about: `${BASIC_PAGE}: App-Level Tokens → Generate, with the scope connections:write. It starts with xapp-.`,
  usual: () => null,
  check: (config, signal) => checkAppToken(config.slack, signal),
};

export const SIGNING_SECRET: Question = {
  variable: 'SLACK_SIGNING_SECRET',
  isSecret: true,
  about: `${BASIC_PAGE}: App Credentials → Signing Secret → Show. It can't be checked before Slack's first request.`,
  usual: () => null,
  check: async ({ slack }) =>
    weakness({ SLACK_SIGNING_SECRET: slack.signingSecret ?? '', SLACK_API_URL: slack.apiUrl }),
};

/** The health pages use it in socket mode as well. */
export const PORT: Question = {
  variable: 'PORT',
  about: "Another port for the bot's own pages: the usual one is in use, or is the port of ktrdr's Grafana.",
  usual: ({ http }) => String(http.port + 100),
  check: (config) => checkPort(config),
};

/** Only this machine, or its containers, can open it. */
export function isPrivateHost(url: string): boolean {
  const { hostname } = new URL(url);
  return isLoopback(hostname) || !/[.:]/.test(hostname);
}

function usualDeployment(apiUrl: string | null): string {
  const host = apiUrl === null ? '' : new URL(apiUrl).host;
  if (/[.]mynerd[.]place/.test(host)) return 'homelab';
  if (/^ktrdr-prod-/.test(host)) return 'local-prod';
  return /^slot-\d|:80(?:0[1-9]|10)$/.test(host) ? 'sandbox' : 'local';
}

async function weakness(secrets: Readonly<Record<string, string>>): Promise<Report | null> {
  const [text] = weakSecrets(secrets);
  if (text === undefined) return null;
  const problems = [{ variable: 'SLACK_SIGNING_SECRET', severity: 'error' as const, text }];
  return { name: 'settings', state: 'unavailable', detail: text, tookMs: 0, problems };
}

/** Null when it can be used. */
export async function checkPort(config: Config): Promise<Report | null> {
  const problems = await portProblems(config);
  const [first] = problems;
  return first === undefined ? null : { name: 'settings', state: 'partial', detail: first.text, tookMs: 0, problems };
}
