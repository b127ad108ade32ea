/** The settings of a bot, checked as far as that is possible without a network. */
import { ownCausesOf } from '../config/causes-file.ts';
import { ConfigError } from '../config/config-error.ts';
import { type Config, readConfig } from '../config/environment.ts';
import { useOwnCauses } from '../diagnosis/catalogue.ts';
import { planAlerts, type Subscription } from '../jobs/alert/subscriptions.ts';
import { type PlannedDigest, planConfigured } from '../jobs/digest/schedules.ts';
import { readPemFile } from './sources.ts';

/** Also puts the causes of `CAUSES_FILE` into effect. Throws a `ConfigError` with all problems, so that they can be fixed at once. */
export async function loadSettings(env: Readonly<Record<string, string | undefined>>): Promise<Config> {
  const { config, problems } = readConfig(env, true);
  const { jaeger, ktrdr, queue, slack } = config;
  // Whether an entry has to name its workspace can't be said without them.
  const isTeamUnknown = problems.some((problem) => problem.startsWith('ALLOWED_TEAMS '));
  const planned = isTeamUnknown ? { ...config, slack: { ...slack, oauth: null } } : config;
  const files = [
    ['JAEGER_CA_FILE', jaeger.caFile],
    ['KTRDR_API_CA_FILE', ktrdr.apiUrl === null ? null : ktrdr.caFile],
    ['REDIS_CA_FILE', queue.redisFiles.ca],
    ['REDIS_CERT_FILE', queue.redisFiles.cert],
    ['REDIS_KEY_FILE', queue.redisFiles.key],
  ] as const;
  const checks: readonly (() => unknown)[] = [
    () => useOwnCauses(ownCausesOf(env)),
    () => planDigests(planned),
    () => planConfiguredAlerts(planned),
    ...files.map(
      ([variable, path]) =>
        () =>
          readPemFile(variable, path),
    ),
  ];
  const all = [...problems, ...(await Promise.all(checks.map(problemsOf))).flat()];
  if (all.length > 0) throw new ConfigError(all);
  return config;
}

async function problemsOf(check: () => unknown): Promise<readonly string[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** The digests of the configuration; throws a `ConfigError` that names each wrong entry. */
export function planDigests({ digests, slack }: Config): readonly PlannedDigest[] {
  const { planned, problems } = planConfigured(digests, onlyTeamOf(slack));
  const all = [...problems, ...wrongPlaces('DIGESTS', digests, slack)];
  if (all.length > 0) throw new ConfigError(all);
  return planned;
}

/** The alerts of the configuration; throws a `ConfigError` that names each wrong entry. */
export function planConfiguredAlerts({ alerts, slack }: Config): readonly Subscription[] {
  const wrong = wrongPlaces('ALERTS', alerts, slack);
  if (wrong.length > 0) throw new ConfigError(wrong);
  return planAlerts(alerts, onlyTeamOf(slack));
}

function onlyTeamOf({ allowed: { teams } }: Config['slack']): string {
  return teams?.length === 1 ? (teams[0] ?? '') : '';
}

/** Problems of entries for channels where the bot isn't allowed to post. */
function wrongPlaces(
  variable: string,
  entries: readonly { readonly team: string | null; readonly channel: string }[],
  { allowed, oauth }: Config['slack'],
): readonly string[] {
  return entries.flatMap(({ team, channel }, i) => {
    const entry = `${variable} entry ${i + 1}`;
    if (oauth !== null && team === null && allowed.teams?.length !== 1)
      return [
        `${entry} doesn't say which workspace its channel is in, and several can be installed. Add "team":"T0123456789".`,
      ];
    if (team !== null && allowed.teams !== null && !allowed.teams.includes(team))
      return [`${entry} has a workspace that isn't in ALLOWED_TEAMS.`];
    if (allowed.channels !== null && !allowed.channels.includes(channel))
      return [`${entry} has a channel that isn't in ALLOWED_CHANNELS.`];
    return [];
  });
}
