import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS } from './commands.ts';

/** What bash made of one command. */
export interface Ran {
  readonly command: string;
  /** Program and arguments of each call, in no order: the parts of a pipeline run at the same time. */
  readonly calls: readonly (readonly string[])[];
  /** What bash complained of: an open quotation, a program that does not exist. */
  readonly reportedErrors: string;
}

export interface Runs {
  readonly ran: readonly Ran[];
  /** Names of the files that the commands left in their folder. */
  readonly left: readonly string[];
}

/** A program that does nothing but write down how it was called, in one write; ssh lets a shell read what it was given. */
const STUB = `#!/bin/bash
if [[ \${0##*/} == ssh ]]; then
  printf '%s\\0' 1 ssh "$1" >>"$CALLS"
  eval "\${*:2}"
  exit
fi
printf '%s\\0' "$#" "\${0##*/}" "$@" >>"$CALLS"
`;

/** Bash reads each command as if it were pasted there, and goes on with the next one whatever it does. */
const SCRIPT = `
mapfile -d '' -t commands <../commands
for i in "\${!commands[@]}"; do
  export CALLS="$PWD/../calls-$i"
  : >"$CALLS"
  ( eval "\${commands[i]}" ) </dev/null >/dev/null 2>"../complaints-$i"
done
`;

/** Runs commands under bash where no program exists but the stubs; one shell runs them all, each in a shell of its own. */
export function runCommands(commands: readonly string[]): Runs {
  const dir = mkdtempSync(join(tmpdir(), 'commands-'));
  try {
    const [programs, folder] = [join(dir, 'programs'), join(dir, 'folder')];
    mkdirSync(programs);
    mkdirSync(folder);
    writeFileSync(join(dir, 'stub'), STUB);
    chmodSync(join(dir, 'stub'), 0o755);
    for (const name of PROGRAMS) symlinkSync(join(dir, 'stub'), join(programs, name));
    writeFileSync(join(dir, 'commands'), commands.map((command) => `${command}\0`).join(''));
    execFileSync('/bin/bash', ['--norc', '--noprofile', '-c', SCRIPT], { cwd: folder, env: { PATH: programs } });
    const read = (name: string) => readFileSync(join(dir, name), 'utf8');
    return {
      ran: commands.map((command, i) => ({
        command,
        calls: callsIn(read(`calls-${i}`)),
        reportedErrors: read(`complaints-${i}`),
      })),
      left: readdirSync(folder),
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** `count, program, argument…`, each ended by a NUL. */
function callsIn(text: string): readonly (readonly string[])[] {
  const fields = text.split('\0').slice(0, -1);
  const calls: string[][] = [];
  while (fields.length > 0) calls.push(fields.splice(0, 2 + Number(fields[0])).slice(1));
  return calls;
}
