// Generated from `environment.ts` by `npm run generate`; not edited by hand.
import type { Config } from './environment.ts';

export const VARIABLES: readonly string[] = [
  "SLACK_BOT_TOKEN",
  "SLACK_SIGNING_SECRET",
  "SLACK_APP_TOKEN",
  "SLACK_CLIENT_ID",
  "SLACK_CLIENT_SECRET",
  "SLACK_STATE_SECRET",
  "TOKEN_ENCRYPTION_KEY",
  "TOKEN_ENCRYPTION_KEY_PREVIOUS",
  "SLACK_API_URL",
  "HOST",
  "PORT",
  "PUBLIC_URL",
  "ROLES",
  "REDIS_URL",
  "REDIS_PREFIX",
  "REDIS_CA_FILE",
  "REDIS_CERT_FILE",
  "REDIS_KEY_FILE",
  "DATA_DIR",
  "WORKER_CONCURRENCY",
  "SHUTDOWN_TIMEOUT",
  "JAEGER_URL",
  "JAEGER_API",
  "JAEGER_PUBLIC_URL",
  "JAEGER_HEADERS",
  "JAEGER_CA_FILE",
  "JAEGER_SERVICES",
  "JAEGER_TIMEOUT",
  "JAEGER_MAX_BYTES",
  "JAEGER_REQUESTS_PER_SECOND",
  "LOOKBACK",
  "KTRDR_API_URL",
  "KTRDR_API_HEADERS",
  "KTRDR_API_CA_FILE",
  "KTRDR_API_PUBLIC_URL",
  "KTRDR_DEPLOYMENT",
  "KTRDR_COMPOSE_PROJECT",
  "GRAFANA_URL",
  "AUTO_REPLY_CHANNELS",
  "ALLOWED_TEAMS",
  "ALLOWED_CHANNELS",
  "ALLOWED_USERS",
  "ACTIONS",
  "ACTION_USERS",
  "DIGESTS",
  "ALERTS",
  "CAUSES_FILE",
  "REDACT",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "ADMIN_TOKEN",
  "LOG_LEVEL"
];

/** What `loadConfig({})` gives. */
export const DEFAULTS: Config = {
  "roles": [
    "slack",
    "worker",
    "scheduler"
  ],
  "logLevel": "info",
  "lookbackMs": 172800000,
  "shutdownMs": 8000,
  "redact": [],
  "tracing": {
    "url": null,
    "headers": {}
  },
  "digests": [],
  "actions": null,
  "alerts": [],
  "grafanaUrl": null,
  "http": {
    "host": "0.0.0.0",
    "port": 3000,
    "publicUrl": null,
    "adminToken": null
  },
  "queue": {
    "redisUrl": null,
    "redisPrefix": "ktrdr-bot",
    "redisFiles": {
      "ca": null,
      "cert": null,
      "key": null
    },
    "dataDir": ".data",
    "concurrency": 10
  },
  "slack": {
    "botToken": null,
    "signingSecret": null,
    "appToken": null,
    "oauth": null,
    "apiUrl": "https://slack.com/api/",
    "autoReplyChannels": [],
    "allowed": {
      "teams": null,
      "channels": null,
      "users": null
    }
  },
  "jaeger": {
    "url": "http://localhost:16686",
    "api": "auto",
    "publicUrl": "http://localhost:16686",
    "headers": {},
    "caFile": null,
    "services": [],
    "timeoutMs": 10000,
    "maxBytes": 268435456,
    "requestsPerSecond": null
  },
  "ktrdr": {
    "apiUrl": null,
    "publicUrl": null,
    "headers": {},
    "caFile": null,
    "deployment": "local",
    "composeProject": null
  }
};
