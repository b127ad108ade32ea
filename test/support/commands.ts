import { spawnSync } from 'node:child_process';

/** Commands that exist in today's ktrdr and whose output is correct, each as a whole. A new recommended command is allowed here. */
const WORD = String.raw`(?:[A-Za-z0-9_\-./:=@%+,]+|'(?:[^']|'\\'')+')`;
const SERVICE = String.raw`(?:backend|db|backtest-worker-[1-3]|training-worker-[1-3]|design-agent-1|assessment-agent-1)`;
const SHAPES = [
  String.raw`docker compose(?: -f docker-compose\.sandbox\.yml)? (?:up -d|restart|logs --tail=200)(?: ${SERVICE})+`,
  String.raw`docker compose(?: -f docker-compose\.sandbox\.yml)? exec ${SERVICE} env \| grep -i otlp`,
  String.raw`docker compose(?: -f docker-compose\.sandbox\.yml)? exec ${SERVICE} env \| grep '\^KTRDR_DB_' \| grep -v PASSWORD`,
  String.raw`docker compose(?: -f docker-compose\.sandbox\.yml)? exec ${SERVICE} df -h`,
  String.raw`docker compose(?: -f docker-compose\.sandbox\.yml)? exec ${SERVICE} (?:mount|alembic upgrade head)`,
  String.raw`docker system df`,
  String.raw`curl -s ${WORD}`,
  String.raw`uv run kinfra (?:sandbox up|local-prod start-(?:ib|training)-host)`,
  String.raw`nc -z -v localhost \d+`,
  String.raw`dmesg \| grep -i 'killed process' \| tail -5`,
  String.raw`ktrdr (?:--json status|follow|resume|cancel|checkpoints show|validate|migrate) ${WORD}`,
  String.raw`ktrdr ops --(?:active|status failed)`,
  String.raw`ktrdr list (?:strategies|models|checkpoints)`,
  String.raw`ktrdr data range ${WORD} -t ${WORD}`,
  String.raw`ktrdr data load ${WORD} --timeframe ${WORD} --mode (?:full|backfill|tail)`,
];
const KNOWN = SHAPES.map(whole);
/** The same, each program of a pipeline by itself. */
const STAGES = SHAPES.flatMap((shape) => shape.split(String.raw` \| `));
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
