import { spawnSync } from 'node:child_process';

/** Commands that exist in today's ktrdr and whose output is correct, each as a whole. A new recommended command is allowed here. */
const WORD = String.raw`(?:[A-Za-z0-9_\-./:=@%+,]+|'(?:[^']|'\\'')+')`;
const HOST = String.raw`(?:backend|workers-b|workers-c|ktrdr-gpuworker)\.ktrdr\.home\.mynerd\.place`;
/** Of a container: in local `ktrdr-backend-1`, in a sandbox's slot `slot-3-db-1` or a container's id, in the homelab its fixed name. */
const SERVICE = String.raw`(?:backend|db|(?:backtest|training)-worker(?:-[1-3])?|design-agent-1|assessment-agent-1)`;
const NAME = String.raw`(?:${SERVICE}-1|[a-z0-9][a-z0-9_-]*-${SERVICE}-1|[0-9a-f]{12}|ktrdr-backend|ktrdr-db|(?:backtest|training)-worker-[1-3]|training-worker-gpu)`;
const ON_CONTAINERS = [
  String.raw`docker logs --tail 200 ${NAME}`,
  String.raw`docker restart ${NAME}`,
  String.raw`docker start(?: ${NAME})+`,
  String.raw`docker exec ${NAME} curl -s http://localhost:\d+/health`,
  String.raw`docker exec ${NAME} env \| grep -i otlp`,
  String.raw`docker exec ${NAME} env \| grep '\^KTRDR_DB_' \| grep -v PASSWORD`,
  String.raw`docker exec ${NAME} curl -sSI https://[\w.-]+`,
  String.raw`docker exec ${NAME} df -h /app/data /app/models`,
  String.raw`docker exec ${NAME} ls /app/strategies`,
  String.raw`docker exec ${NAME} find /app/models -maxdepth 2`,
  String.raw`docker exec ${NAME} (?:/app/\.venv/bin/alembic|python -m alembic) (?:upgrade head|current)`,
  String.raw`docker inspect -f '\{\{\.State\.OOMKilled\}\} exit \{\{\.State\.ExitCode\}\} restarts \{\{\.RestartCount\}\}' ${NAME}`,
  String.raw`docker inspect -f '\{\{range \.Mounts\}\}\{\{\.Source\}\} -> \{\{\.Destination\}\} rw=\{\{\.RW\}\}\{\{println\}\}\{\{end\}\}' ${NAME}`,
  String.raw`docker system df`,
  String.raw`docker stats --no-stream`,
  String.raw`df -h /mnt/ktrdr_data`,
];
const KTRDR = String.raw`ktrdr(?: --url https?://(?!localhost)${WORD})?`;
const SHAPES = [
  ...ON_CONTAINERS,
  String.raw`docker ps -a(?: --filter label=com\.docker\.compose\.project=[a-z0-9_-]+)? --filter name=(?:(?:training|backtest)-worker|(?:design|assessment)-agent|worker)`,
  String.raw`docker ps -a --filter label=com\.docker\.compose\.service=${SERVICE} --format '\{\{\.Names\}\}\\t\{\{\.Status\}\}'`,
  String.raw`curl -s ${WORD}`,
  String.raw`uv run kinfra (?:deploy status all|local-prod start-(?:ib|training)-host)`,
  String.raw`cd ib-host-service && \./start\.sh`,
  String.raw`nc -z -v localhost \d+`,
  String.raw`${KTRDR} (?:--json status|follow|resume|cancel|checkpoints show) ${WORD}`,
  String.raw`ktrdr (?:validate|migrate) (?:(?:\.|~/\.ktrdr/shared|/mnt/ktrdr_data)/strategies/)?${WORD}`,
  String.raw`${KTRDR} workers`,
  String.raw`${KTRDR} ops --(?:active|status failed)`,
  String.raw`${KTRDR} data range ${WORD} -t ${WORD}`,
  String.raw`${KTRDR} data load ${WORD} --timeframe ${WORD} --mode (?:full|backfill|tail)`,
];
/** What needs quotes or a pipe is one argument of ssh, for the shell at its other end. */
const OVER_SSH = ON_CONTAINERS.map((shape) =>
  /'|\\\|/.test(shape) ? `ssh ${HOST} "${shape}"` : `ssh ${HOST} ${shape}`,
);
const KNOWN = [...SHAPES, ...OVER_SSH].map(whole);
/** The same, each program of a pipeline by itself. */
const STAGES = [...SHAPES.flatMap((shape) => shape.split(String.raw` \| `)), `ssh ${HOST}`];
const CALLS = STAGES.map(whole);
/** What a shape begins with. */
export const PROGRAMS: readonly string[] = [...new Set(STAGES.flatMap((stage) => /^\w+/.exec(stage) ?? []))];

export function unknownCommands(commands: readonly string[]): readonly string[] {
  return commands.filter((command) => !KNOWN.some((shape) => shape.test(command)));
}

/** For a failed test: which commands were rejected, and where to allow them. */
export function howToAllow(commands: readonly (string | readonly string[])[]): string {
  const lines = commands.map((command) => `  ${typeof command === 'string' ? command : command.join(' ')}`);
  return [
    'These recommended commands are not among the known ones:',
    ...lines,
    'Is each spelled as ktrdr, docker or the shell expects it? Then add its shape to SHAPES in test/support/commands.ts.',
    '',
  ].join('\n');
}

/** Those of the calls, program first, that no known command makes; each of `values` may be an argument or a part of one. */
export function unknownCalls(
  calls: readonly (readonly string[])[],
  values: readonly string[],
): readonly (readonly string[])[] {
  const withoutValues = (word: string) => values.reduce((text, value) => text.replaceAll(value, 'X'), word);
  const asTyped = (word: string) => (/^[\w\-./:=@%+,]+$/.test(word) ? word : `'${word}'`);
  return calls.filter((call) => {
    const line = call.map((word) => asTyped(withoutValues(word))).join(' ');
    return /''/.test(line) || !CALLS.some((shape) => shape.test(line));
  });
}

function whole(shape: string): RegExp {
  return new RegExp(`^${shape}$`);
}

const accepted = new Map<string, boolean>();

/** Those that `bash -n` does not accept; one shell reads all that were not read before. */
export function refusedCommands(commands: readonly string[]): readonly string[] {
  const unread = [...new Set(commands)].filter((command) => !accepted.has(command));
  if (unread.length > 0) {
    const script = 'for command in "$@"; do bash -n <<<"$command" >/dev/null 2>&1 && echo yes || echo no; done';
    const { stdout } = spawnSync('bash', ['-c', script, 'bash', ...unread], { encoding: 'utf8' });
    stdout
      .trim()
      .split('\n')
      .forEach((line, i) => {
        accepted.set(unread[i] ?? '', line === 'yes');
      });
  }
  return commands.filter((command) => accepted.get(command) !== true);
}
