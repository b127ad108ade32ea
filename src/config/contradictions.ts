import { weakSecrets } from './weak-secrets.ts';

const OAUTH = ['SLACK_CLIENT_ID', 'SLACK_CLIENT_SECRET', 'SLACK_STATE_SECRET', 'TOKEN_ENCRYPTION_KEY'];

/** Sentences about variables that require or exclude each other. With `serving`, Slack's variables must be complete. */
export function contradictions(present: Readonly<Record<string, string>>, serving: boolean): readonly string[] {
  const problems: string[] = [];
  const isSet = (name: string) => present[name] !== undefined;
  const missing = OAUTH.filter((name) => !isSet(name));
  if (missing.length > 0 && missing.length < OAUTH.length)
    for (const name of missing) problems.push(`${name} is missing: set all four OAuth variables or none.`);
  if (isSet('TOKEN_ENCRYPTION_KEY_PREVIOUS') && !isSet('TOKEN_ENCRYPTION_KEY'))
    problems.push('TOKEN_ENCRYPTION_KEY is missing: TOKEN_ENCRYPTION_KEY_PREVIOUS is the previous key.');
  problems.push(...redisContradictions(present));
  if (isSet('ACTIONS') && !isSet('ACTION_USERS'))
    problems.push('ACTION_USERS is missing: it lists who can use the buttons in ACTIONS.');
  if (isSet('ACTIONS') && !isSet('KTRDR_API_URL'))
    problems.push('KTRDR_API_URL is missing: ACTIONS are requests to its API.');
  if (!serving) return problems;
  problems.push(...weakSecrets(present));
  if (!isSet('SLACK_BOT_TOKEN') && missing.length === OAUTH.length)
    problems.push("SLACK_BOT_TOKEN is missing: copy it from the app's page “OAuth & Permissions”.");
  const receives = (present['ROLES'] ?? 'slack').includes('slack');
  if (receives && !isSet('SLACK_APP_TOKEN') && !isSet('SLACK_SIGNING_SECRET'))
    problems.push(
      'SLACK_SIGNING_SECRET is missing: HTTP mode checks every request with it (or set SLACK_APP_TOKEN for socket mode).',
    );
  return problems;
}

function redisContradictions(present: Readonly<Record<string, string>>): readonly string[] {
  const { REDIS_URL, REDIS_CA_FILE, REDIS_CERT_FILE, REDIS_KEY_FILE } = present;
  const files = { REDIS_CA_FILE, REDIS_CERT_FILE, REDIS_KEY_FILE };
  const set = Object.entries(files).flatMap(([name, path]) => (path === undefined ? [] : [name]));
  const problems: string[] = [];
  if (set.length > 0 && REDIS_URL?.startsWith('rediss') !== true)
    problems.push(`${set.join(', ')}: only a REDIS_URL that starts with rediss:// uses certificates.`);
  if (REDIS_CERT_FILE !== undefined && REDIS_KEY_FILE === undefined)
    problems.push('REDIS_KEY_FILE is missing: REDIS_CERT_FILE needs its key.');
  if (REDIS_KEY_FILE !== undefined && REDIS_CERT_FILE === undefined)
    problems.push('REDIS_CERT_FILE is missing: REDIS_KEY_FILE is its key.');
  return problems;
}
