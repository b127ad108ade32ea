/** The environment, read once. `.env.example` and the table in README.md are generated from this schema (`documentation.ts`). */
import { z } from 'zod';
import { DEPLOYMENTS } from '../diagnosis/fixes/deployment.ts';
import { ACTIONS } from '../diagnosis/vocabulary/actions.ts';
import { alerts } from './alerts.ts';
import { ConfigError } from './config-error.ts';
import { contradictions } from './contradictions.ts';
import { digests } from './digests.ts';
import { secret } from './secret.ts';
import {
  duration,
  expressions,
  headers,
  idList,
  namesOf,
  parsed,
  readOtlpHeaders,
  redisUrl,
  size,
  timeout,
  url,
  wholeNumber,
  withoutCredentials,
  wordList,
} from './values.ts';

export const ROLES = ['slack', 'worker', 'scheduler'] as const;
export type Role = (typeof ROLES)[number];

/** Each variable: its notation, its default where there is one, and its meaning. */
export const Environment = z.object({
  SLACK_BOT_TOKEN: optional(secret('xoxb-'), 'Bot token of the Slack app (`xoxb-…`).'),
  SLACK_SIGNING_SECRET: optional(secret(''), 'Signing secret of the Slack app; required in HTTP mode.'),
  SLACK_APP_TOKEN: optional(secret('xapp-'), 'App-level token (`xapp-…`); when set, the bot uses socket mode.'),
  SLACK_CLIENT_ID: optional(
    secret(''),
    'OAuth client ID. Set all four OAuth variables to support multiple workspaces.',
  ),
  SLACK_CLIENT_SECRET: optional(secret(''), 'OAuth client secret.'),
  SLACK_STATE_SECRET: optional(
    secret(''),
    'OAuth: a long random string, such as the output of `openssl rand -hex 32`. Signs the state of an installation.',
  ),
  TOKEN_ENCRYPTION_KEY: optional(
    secret(''),
    'OAuth: a long random string, such as the output of `openssl rand -hex 32`. Encrypts the stored bot tokens.',
  ),
  TOKEN_ENCRYPTION_KEY_PREVIOUS: optional(
    secret(''),
    'OAuth: the previous `TOKEN_ENCRYPTION_KEY`, required until its tokens are re-encrypted. The log says when you can remove it.',
  ),
  SLACK_API_URL: url('http', 'https')
    .prefault('https://slack.com/api/')
    .describe(
      'Slack API URL; change it only for test workspaces. Its origin is also accepted for `response_url`s and upload URLs, which otherwise must be Slack’s own.',
    ),
  HOST: z.string().prefault('0.0.0.0').describe('Address on which the HTTP server listens.'),
  PORT: wholeNumber(0, 65_535).prefault('3000').describe('Port on which the HTTP server listens.'),
  PUBLIC_URL: optional(
    url('http', 'https'),
    'Public URL of the HTTP server, such as `https://bot.example.com`, for links to the install page.',
  ),
  ROLES: namesOf(ROLES)
    .prefault(ROLES.join(','))
    .describe('Which parts this process runs: `slack`, `worker`, `scheduler`.'),
  REDIS_URL: optional(
    redisUrl(),
    '`redis://user:password@host:6379/0`, `rediss://…` (TLS), `unix:///run/redis.sock?db=0`, or `redis+sentinel://host:26379,host:26379/master-name/0`. Special characters in the password are escaped (`%` as `%25`). Default: an embedded queue in `DATA_DIR`.',
  ),
  REDIS_PREFIX: parsed(
    (text) => (/^[\w.-]{1,64}$/.test(text) ? text : null),
    'must be up to 64 letters, digits, dots, -, or _',
  )
    .prefault('ktrdr-bot')
    .describe('Prefix of all keys in Redis. Bots of different Slack apps on one Redis need different prefixes.'),
  REDIS_CA_FILE: optional(z.string(), 'PEM file of a private certificate authority for `rediss://`.'),
  REDIS_CERT_FILE: optional(z.string(), 'PEM file of a client certificate for `rediss://`; requires `REDIS_KEY_FILE`.'),
  REDIS_KEY_FILE: optional(z.string(), 'PEM file of the key of `REDIS_CERT_FILE`.'),
  DATA_DIR: z.string().prefault('.data').describe('Files of the embedded queue.'),
  WORKER_CONCURRENCY: wholeNumber(1, 1000).prefault('10').describe('Concurrent diagnoses per process.'),
  SHUTDOWN_TIMEOUT: timeout()
    .prefault('8s')
    .describe(
      'Maximum time for a graceful stop. Jobs still running shortly before it are returned to the queue. Keep it below the grace period of the process manager (Docker: 10 s).',
    ),
  JAEGER_URL: url('http', 'https')
    .prefault('http://localhost:16686')
    .describe('Base URL of the Jaeger query service, with any path prefix.'),
  JAEGER_API: z
    .enum(['auto', 'v1', 'v3'], 'must be auto, v1 or v3')
    .prefault('auto')
    .describe('Which query API to use: `auto`, `v1` (up to 2.18), `v3` (from 2.19).'),
  JAEGER_PUBLIC_URL: optional(
    url('http', 'https'),
    'Jaeger URL for links in messages. Default: `JAEGER_URL`. A loopback URL isn’t linked.',
  ),
  JAEGER_HEADERS: optional(headers(), 'JSON object of extra request headers (authorization, tenant).'),
  JAEGER_CA_FILE: optional(z.string(), 'PEM file of a private certificate authority.'),
  JAEGER_SERVICES: optional(wordList(), 'Services to search first; default: all that Jaeger lists.'),
  JAEGER_TIMEOUT: timeout().prefault('10s').describe('Timeout per Jaeger request.'),
  JAEGER_MAX_BYTES: size().prefault('256MiB').describe('Maximum Jaeger response size.'),
  JAEGER_REQUESTS_PER_SECOND: optional(
    wholeNumber(1, 10_000),
    'Maximum requests per second to Jaeger, shared by all processes on one Redis. Without Redis, the limit is per process. Default: no limit.',
  ),
  LOOKBACK: duration().prefault('48h').describe('How far back to search for IDs without a time.'),
  KTRDR_API_URL: optional(
    url('http', 'https'),
    'The ktrdr backend, such as `http://localhost:8000`. If unset, only traces are used.',
  ),
  KTRDR_API_HEADERS: optional(headers(), 'JSON object of extra request headers for the ktrdr backend.'),
  KTRDR_API_CA_FILE: optional(z.string(), 'PEM file of a private certificate authority for the ktrdr backend.'),
  KTRDR_API_PUBLIC_URL: optional(
    url('http', 'https'),
    'Address in recommended commands (`--url`, `curl`). Default: `KTRDR_API_URL`, or the deployment’s usual address if only containers can resolve `KTRDR_API_URL`.',
  ),
  KTRDR_DEPLOYMENT: z
    .enum(DEPLOYMENTS, 'must be local, local-prod, sandbox, or homelab')
    .prefault('local')
    .describe(
      '`local`, `local-prod`, `sandbox`, or `homelab`: which containers, hosts, ports, and commands the fixes use.',
    ),
  KTRDR_COMPOSE_PROJECT: parsed(
    (text) => (/^[a-z0-9][a-z0-9_-]*$/.test(text) ? text : null),
    'must be the name of a Compose project: lowercase letters, digits, -, and _',
  )
    .optional()
    .describe(
      'Compose project of the containers, such as `slot-3`; default: `ktrdr` for `local` and `ktrdr-prod` for `local-prod`. If unset for a sandbox, a command finds the containers, unless the public address shows the slot.',
    ),
  GRAFANA_URL: optional(url('http', 'https'), 'Adds links to Grafana with the operation’s time window.'),
  AUTO_REPLY_CHANNELS: optional(
    idList(/^(?:\*|[CG][A-Z0-9]+)$/, 'C0123456789 (or * for all channels)'),
    'Channels with auto-replies to pasted operation IDs: channel IDs, or `*`.',
  ),
  ALLOWED_TEAMS: optional(
    idList(/^[TE][A-Z0-9]+$/, 'T0123456789'),
    'Workspaces where ktrdr-bot accepts requests. Default: all.',
  ),
  ALLOWED_CHANNELS: optional(
    idList(/^[CGD][A-Z0-9]+$/, 'C0123456789'),
    'Channels where ktrdr-bot accepts requests; their members can also use direct messages and the Home tab. Default: all.',
  ),
  ALLOWED_USERS: optional(idList(/^[UW][A-Z0-9]+$/, 'U0123456789'), 'People who can use ktrdr-bot. Default: all.'),
  ACTIONS: optional(
    namesOf(ACTIONS),
    'Actions available as buttons, run through the ktrdr API: any of `cancel`, `resume`, `start-again`, `load-data`. Default: none.',
  ),
  ACTION_USERS: optional(
    idList(/^[UW][A-Z0-9]+$/, 'U0123456789'),
    'People who can see and use these buttons. Required when `ACTIONS` is set.',
  ),
  DIGESTS: optional(
    digests(),
    'JSON array of `{channel, cron, tz, since?, type?, team?, feedback?}`: scheduled digests of failed operations. With `"feedback": true`, they name the causes that are often marked wrong. `team` is required with multiple workspaces.',
  ),
  ALERTS: optional(
    alerts(),
    'JSON array of `{channel, types?, team?}`: channels notified of failures and lost workers as they happen. `types` are `training`, `backtest`, `download`, and `agent`. Default: all. `team` is required with multiple workspaces.',
  ),
  CAUSES_FILE: optional(
    z.string(),
    'YAML file with additional causes, and the built-in ones to disable; see docs/own-causes.md.',
  ),
  REDACT: optional(
    expressions(),
    'Extra regular expressions to redact, one per line or as a JSON array, added to the built-in ones.',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    url('http', 'https'),
    'Where the bot exports its own traces: the base URL of a collector that accepts OTLP over HTTP, such as `http://localhost:4318` (not the gRPC port 4317).',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: optional(
    parsed(readOtlpHeaders, 'must be name=value pairs separated by commas'),
    'Headers for that collector: `name=value,name=value`, with values escaped as in a URL.',
  ),
  ADMIN_TOKEN: optional(
    secret(''),
    'Bearer token for `/metrics` and `/queues`, a long random string. If unset, both are disabled.',
  ),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'must be a pino log level, such as info')
    .prefault('info')
    .describe('Log level: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`.'),
});

export type Config = ReturnType<typeof nest>;

/**
 * With `serving` (the command `start`), the variables of Slack must be complete; other commands don't need them.
 * Empty and blank variables are absent.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>, serving = false): Config {
  const { config, problems } = readConfig(env, serving);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** All problems, and the configuration without the variables that can't be read, so that the others can be checked further. */
export function readConfig(env: Readonly<Record<string, string | undefined>>, serving: boolean) {
  const present: Record<string, string> = {};
  for (const name of Object.keys(Environment.shape)) {
    const value = env[name]?.trim() ?? '';
    if (value !== '') present[name] = value;
  }
  const { data, error } = Environment.safeParse(present);
  const issues = error?.issues ?? [];
  const problems = issues.map(({ path, message }) => `${String(path[0])} ${message}.`);
  problems.push(...contradictions(present, serving));
  for (const { path } of issues) delete present[String(path[0])];
  return { config: nest(data ?? Environment.parse(present)), problems };
}

function nest(env: z.output<typeof Environment>) {
  return {
    roles: env.ROLES,
    logLevel: env.LOG_LEVEL,
    lookbackMs: env.LOOKBACK,
    shutdownMs: env.SHUTDOWN_TIMEOUT,
    redact: env.REDACT ?? [],
    tracing: { url: env.OTEL_EXPORTER_OTLP_ENDPOINT ?? null, headers: env.OTEL_EXPORTER_OTLP_HEADERS ?? {} },
    digests: env.DIGESTS ?? [],
    /** null means that actions are disabled. */
    actions: env.ACTIONS === undefined ? null : { kinds: env.ACTIONS, users: env.ACTION_USERS ?? [] },
    alerts: env.ALERTS ?? [],
    grafanaUrl: env.GRAFANA_URL ?? null,
    http: { host: env.HOST, port: env.PORT, publicUrl: env.PUBLIC_URL ?? null, adminToken: env.ADMIN_TOKEN ?? null },
    queue: {
      redisUrl: env.REDIS_URL ?? null,
      redisPrefix: env.REDIS_PREFIX,
      redisFiles: {
        ca: env.REDIS_CA_FILE ?? null,
        cert: env.REDIS_CERT_FILE ?? null,
        key: env.REDIS_KEY_FILE ?? null,
      },
      dataDir: env.DATA_DIR,
      concurrency: env.WORKER_CONCURRENCY,
    },
    slack: {
      botToken: env.SLACK_BOT_TOKEN ?? null,
      signingSecret: env.SLACK_SIGNING_SECRET ?? null,
      appToken: env.SLACK_APP_TOKEN ?? null,
      oauth: oauthIn(env),
      apiUrl: env.SLACK_API_URL.endsWith('/') ? env.SLACK_API_URL : `${env.SLACK_API_URL}/`,
      /** `['*']` means all. */
      autoReplyChannels: env.AUTO_REPLY_CHANNELS ?? [],
      /** null means all. */
      allowed: {
        teams: env.ALLOWED_TEAMS ?? null,
        channels: env.ALLOWED_CHANNELS ?? null,
        users: env.ALLOWED_USERS ?? null,
      },
    },
    jaeger: {
      url: env.JAEGER_URL,
      api: env.JAEGER_API,
      publicUrl: withoutCredentials(env.JAEGER_PUBLIC_URL ?? env.JAEGER_URL),
      headers: env.JAEGER_HEADERS ?? {},
      caFile: env.JAEGER_CA_FILE ?? null,
      services: env.JAEGER_SERVICES ?? [],
      timeoutMs: env.JAEGER_TIMEOUT,
      maxBytes: env.JAEGER_MAX_BYTES,
      requestsPerSecond: env.JAEGER_REQUESTS_PER_SECOND ?? null,
    },
    ktrdr: {
      apiUrl: env.KTRDR_API_URL ?? null,
      publicUrl: publicApiUrl(env),
      headers: env.KTRDR_API_HEADERS ?? {},
      caFile: env.KTRDR_API_CA_FILE ?? null,
      deployment: env.KTRDR_DEPLOYMENT,
      composeProject: env.KTRDR_COMPOSE_PROJECT ?? null,
    },
  } as const;
}

/** Null when one of the four is missing. */
function oauthIn(env: z.output<typeof Environment>) {
  const { SLACK_CLIENT_ID, SLACK_CLIENT_SECRET, SLACK_STATE_SECRET, TOKEN_ENCRYPTION_KEY } = env;
  return SLACK_CLIENT_ID && SLACK_CLIENT_SECRET && SLACK_STATE_SECRET && TOKEN_ENCRYPTION_KEY
    ? {
        clientId: SLACK_CLIENT_ID,
        clientSecret: SLACK_CLIENT_SECRET,
        stateSecret: SLACK_STATE_SECRET,
        encryptionKey: TOKEN_ENCRYPTION_KEY,
        earlierEncryptionKey: env.TOKEN_ENCRYPTION_KEY_PREVIOUS ?? null,
      }
    : null;
}

function publicApiUrl(env: z.output<typeof Environment>): string | null {
  const url = env.KTRDR_API_PUBLIC_URL ?? env.KTRDR_API_URL;
  return url === undefined ? null : withoutCredentials(url);
}

function optional<Reader extends z.ZodType>(reader: Reader, meaning: string) {
  return reader.optional().describe(meaning);
}
