/** The ways to build a fix: each gives advice if its command can't be typed or would be a guess. */
import type { Clean } from '../clean.ts';
import type { Fix, ShellCommand } from '../finding.ts';
import { uncapital } from '../words.ts';
import { literal, overSsh, type ShellWord, sh, wordOf } from './shell.ts';
import type { Container, Stack } from './stack.ts';

export type FixMaker = ReturnType<typeof fixMaker>;

export function advice(text: string): Fix {
  return { kind: 'advice', text };
}

/** Replaces a command that inspects, if it can't be typed. */
export function looks(text: string): Fix {
  return { kind: 'advice', text, effect: 'inspects' };
}

/** `reading` says what the output means, in sentences. */
export function inspects(label: string, reading: string, command: ShellCommand): Fix {
  return { kind: 'command', label, command, effect: 'inspects', reading };
}

/** The same command, with a reading for one cause. Advice already says everything. */
export function readAs<F extends Fix | null>(fix: F, reading: string): F {
  if (fix?.kind !== 'command' || fix.reading === undefined) return fix;
  const before = BEFORE_READING.exec(fix.reading)?.[0] ?? '';
  return { ...fix, reading: before === '' ? reading : `${before}${uncapital(reading)}` };
}

export function changes(label: string, command: ShellCommand): Fix {
  return { kind: 'command', label, command, effect: 'changes' };
}

export function at(host: ShellWord | null, command: ShellCommand): ShellCommand {
  return host === null ? command : overSsh(host, command);
}

export function withNote(label: string, note: string | null): string {
  return note === null ? label : `${label} (${note})`;
}

export function fixMaker({ api }: Stack, clean: Clean) {
  const wordsOf = (values: readonly (string | null)[]) => {
    const words = values.map((value) => (value === null ? null : wordOf(value, clean))).filter((word) => word !== null);
    return words.length === values.length ? words : null;
  };
  /** A command for values that can be typed as they are; without one of them, or for any other, another fix. */
  const fixOf = (values: readonly (string | null)[], otherwise: Fix, make: (...words: ShellWord[]) => Fix): Fix => {
    const words = wordsOf(values);
    return words === null ? otherwise : make(...words);
  };
  const target = api === 'http://localhost:8000' ? [] : api === null ? null : wordsOf([forCli(api)]);
  const ktrdr = [literal('ktrdr'), ...(target ?? []).flatMap((url) => [literal('--url'), url])];
  return {
    wordsOf,
    fixOf,
    /** The command line of ktrdr, pointed at this deployment; the folder decides if its address is unknown. */
    ktrdrFix: (
      values: readonly (string | null)[],
      otherwise: Fix,
      make: (ktrdr: readonly ShellWord[], ...words: ShellWord[]) => Fix,
    ) =>
      api !== null && target === null
        ? otherwise
        : fixOf(values, otherwise, (...words) => {
            const fix = make(ktrdr, ...words);
            return api === null && fix.kind === 'command'
              ? { ...fix, label: withNote(fix.label, 'in the folder of the sandbox') }
              : fix;
          }),
    apiFix: ({ label, reading }: Look, path: string, otherwise: Fix) =>
      fixOf([api === null ? null : `${api}${path}`], otherwise, (url) => inspects(label, reading, sh`curl -s ${url}`)),
  };
}

/** A sandbox's folder makes ktrdr ignore `--url http://localhost:8000`, but not the same address in numbers. */
function forCli(api: string): string {
  return api.replace(/^(https?:\/\/)localhost(?=[:/]|$)/, '$1127.0.0.1');
}

/** What a command that inspects is for, and what its output means. */
export interface Look {
  readonly label: string;
  readonly reading: string;
}

type OnContainer = (name: ShellWord) => ShellCommand;

/** If the project is unknown, the container must be found first. */
export function lookAt(container: Container, { label, reading }: Look, make: OnContainer): Fix {
  const { name, host, service, note } = container;
  if (name !== null) return inspects(withNote(label, note), reading, at(host, make(name)));
  return inspects(
    `Find the ${service} container`,
    withItsName(make, reading),
    sh`docker ps -a --filter label=com.docker.compose.service=${service} --format '{{.Names}}\\t{{.Status}}'`,
  );
}

const BEFORE_READING = /^Then run `[^`]*` with its name: /;

/** For commands that can be run only once the container is found. */
export function withItsName(make: OnContainer, reading: string): string {
  return `Then run \`${make(literal('NAME'))}\` with its name: ${uncapital(reading)}`;
}

/** `effect` says in a few words what else to know beforehand. All containers are on one machine. */
export function restart(container: Container, label: string, effect: string): Fix {
  const { name, host, note } = container;
  if (name === null) return advice(`${label}: run docker restart with its container name; ${effect}.`);
  return changes(withNote(`${label}: ${effect}`, note), at(host, sh`docker restart ${name}`));
}

/** Has no effect on running containers. All containers are on one machine. */
export function start([first, ...others]: readonly [Container, ...Container[]], label: string): Fix {
  const names = [first, ...others].flatMap(({ name }) => name ?? []);
  return names.length === 0
    ? advice(`${label}: run docker start with its container name.`)
    : changes(label, at(first.host, sh`docker start ${names}`));
}
