/** `CAUSES_FILE`: an operator's own causes, in YAML. Every problem is reported with its line number. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Document, LineCounter, Node } from 'yaml';
import { z } from 'zod';
import { SCENARIOS, SEVERITIES } from '../diagnosis/finding.ts';
import { DEPLOYMENTS } from '../diagnosis/fixes/deployment.ts';
import { hasQuotes, NAMED } from '../diagnosis/fixes/shell.ts';
import {
  NO_OWN_CAUSES,
  type OwnCause,
  type OwnCauses,
  PLACEHOLDERS,
  type TextMatch,
} from '../diagnosis/own-causes/own-cause.ts';
import { RULES } from '../diagnosis/rules/index.ts';
import { canonicalType } from '../diagnosis/vocabulary/operations.ts';
import { linear } from '../language/linear-expressions.ts';
import { nearest } from '../language/nearest.ts';
import { ConfigError } from './config-error.ts';

export interface CausesFile {
  readonly own: OwnCauses;
  /** Sentences, in the order of their lines; when there are any, `own` is empty. */
  readonly problems: readonly string[];
}

/** Every cause is tried on every operation, and a larger number is probably a mistake. */
const MOST_CAUSES = 500;
const LONGEST_TEXT = 2000;
/** These rules describe the kind of answer, not a problem, so they can't be disabled. */
const ALWAYS_ON = ['still-running', 'trace-not-found'];

/** Throws a `ConfigError` with all problems. Reads nothing when the variable is unset. */
export function ownCausesOf(env: Readonly<Record<string, string | undefined>>): OwnCauses {
  const path = env['CAUSES_FILE']?.trim() ?? '';
  if (path === '') return NO_OWN_CAUSES;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError(["CAUSES_FILE is a file that can't be read."]);
  }
  const { own, problems } = readCausesFile(text);
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `CAUSES_FILE, ${problem}`));
  return own;
}

export function readCausesFile(text: string): CausesFile {
  // Loaded only if there is a file, because loading takes as long as the rest of a short command.
  const yaml: typeof import('yaml') = createRequire(import.meta.url)('yaml');
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const broken = document.errors.map(
    ({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${asSentence(message)}`,
  );
  if (broken.length > 0) return { own: NO_OWN_CAUSES, problems: broken };
  let value: unknown;
  try {
    // Aliases that multiply would fill the memory.
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    return { own: NO_OWN_CAUSES, problems: [`line 1: ${asSentence(error instanceof Error ? error.message : '')}`] };
  }
  const read = fileSchema.safeParse(value);
  if (read.success) return { own: read.data, problems: [] };
  const problems = read.error.issues.map(({ path, message }) => {
    const line = lineOf(path, document, lines);
    return { line, text: `line ${line}: ${asSentence(message)}` };
  });
  return { own: NO_OWN_CAUSES, problems: problems.sort((a, b) => a.line - b.line).map((one) => one.text) };
}

/** The line of the key or item at the path; if it is missing, the line of its parent. */
function lineOf(path: readonly PropertyKey[], document: Document, lines: LineCounter): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const range = (node as Node | null | undefined)?.range;
    if (range != null) return lines.linePos(range[0]).line;
  }
  return 1;
}

function asSentence(message: string): string {
  const line = message.split('\n', 1)[0] ?? '';
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

const text = z
  .string('must be text')
  .trim()
  .min(1, 'must not be empty')
  .max(LONGEST_TEXT, `must have at most ${LONGEST_TEXT} characters`);

const scalar = z.union([text, z.number(), z.boolean()], 'must be text').transform(String);

const textMatch = z.unknown().transform((value, context): TextMatch => {
  const whole = scalar.safeParse(value);
  if (whole.success) return { kind: 'equals', text: whole.data };
  const [key, ...others] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const inner = scalar.safeParse(key?.[1]);
  if (key === undefined || others.length > 0 || !inner.success || !isKind(key[0])) {
    context.addIssue({
      code: 'custom',
      message: 'must be the whole text, or one of starts-with, ends-with, and matches, with text',
    });
    return z.NEVER;
  }
  const problem = key[0] === 'matches' ? problemOf(inner.data) : null;
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  return { kind: key[0], text: inner.data };
});

function isKind(key: string): key is 'starts-with' | 'ends-with' | 'matches' {
  return ['starts-with', 'ends-with', 'matches'].includes(key);
}

function problemOf(source: string): string | null {
  try {
    linear(new RegExp(source, 's'));
    return null;
  } catch {
    return "must be a regular expression without look-ahead, look-behind, and back-references: the linear-time regex engine doesn't support them";
  }
}

const operationType = z.string('must be an operation type').transform((name, context) => {
  const type = canonicalType(name);
  if (type !== null) return type;
  context.addIssue({
    code: 'custom',
    message: `must be types such as training, backtest, download, or agent, not "${name}"`,
  });
  return z.NEVER;
});

const conditions = z
  .strictObject(
    {
      types: z.array(operationType, 'must be a list of operation types').min(1, 'must not be empty').exactOptional(),
      message: textMatch.exactOptional(),
      exception: textMatch.exactOptional(),
      span: textMatch.exactOptional(),
      service: textMatch.exactOptional(),
      attributes: z.record(z.string(), textMatch, 'must be attribute names with their values').exactOptional(),
    },
    { error: unknownKey('a condition', ['types', 'message', 'exception', 'span', 'service', 'attributes']) },
  )
  .refine(
    ({ types: _, ...when }) => Object.keys(when).length > 0,
    'must have at least one of message, exception, span, service, or attributes',
  );

const deployments = z.array(
  z.enum(DEPLOYMENTS, `must be one of ${DEPLOYMENTS.join(', ')}`),
  'must be a list of deployments',
);

const fix = z
  .strictObject(
    {
      advice: text.exactOptional(),
      command: text.exactOptional(),
      label: text.exactOptional(),
      effect: z.enum(['inspects', 'changes'], 'must be inspects or changes').exactOptional(),
      deployments: deployments.exactOptional(),
    },
    { error: unknownKey('part of a fix', ['advice', 'command', 'label', 'effect', 'deployments']) },
  )
  .transform((given, context) => {
    const { advice, command, label, effect, deployments: only } = given;
    const where = only === undefined ? {} : { deployments: only };
    if (advice !== undefined && command === undefined) return { kind: 'advice' as const, text: advice, ...where };
    if (command === undefined || advice !== undefined || label === undefined || effect === undefined) {
      context.addIssue({
        code: 'custom',
        message: 'must have either advice, or command with label and effect (inspects or changes)',
      });
      return z.NEVER;
    }
    if (command.match(NAMED) !== null && hasQuotes(command))
      context.addIssue({
        code: 'custom',
        path: ['command'],
        message:
          'must have no quotes, backslashes, or $(…) when it has names in braces: their values are quoted automatically',
      });
    if (/\n/.test(command)) context.addIssue({ code: 'custom', path: ['command'], message: 'must be one line' });
    return { kind: 'command' as const, label, command, effect, ...where };
  });

const ownCause = z
  .strictObject(
    {
      id: z
        .string('must be text')
        .regex(/^[a-z][a-z0-9-]{1,60}$/, 'must be lowercase letters, digits, and hyphens')
        .refine((id) => !RULES.some((rule) => rule.id === id), 'must not be the ID of a built-in cause'),
      title: text,
      when: conditions,
      scenario: z.enum(SCENARIOS, `must be one of ${SCENARIOS.join(', ')}`).default('failed'),
      severity: z.enum(SEVERITIES, `must be one of ${SEVERITIES.join(', ')}`).default('blocking'),
      confidence: z
        .enum(['likely', 'possible'], 'must be likely or possible: only built-in causes can be certain')
        .default('likely'),
      headline: text,
      explanation: text,
      fixes: z.array(fix, 'must be a list of fixes').min(1, 'must have at least one fix'),
    },
    {
      error: unknownKey('part of a cause', [
        ...['id', 'title', 'when', 'scenario', 'severity', 'confidence', 'headline', 'explanation', 'fixes'],
      ]),
    },
  )
  .superRefine((cause, context) => {
    const known = [...PLACEHOLDERS, ...groupsIn(cause.when.message)];
    for (const { path, template } of templatesIn(cause)) {
      for (const [, name = ''] of template.matchAll(NAMED)) {
        if (!known.includes(name))
          context.addIssue({
            code: 'custom',
            path: [...path],
            message: `has {${name}}, which isn't one of ${known.map((one) => `{${one}}`).join(', ')}`,
          });
      }
    }
  });

interface Template {
  readonly path: readonly PropertyKey[];
  readonly template: string;
}

function templatesIn({ headline, explanation, fixes }: Omit<OwnCause, 'when'>): readonly Template[] {
  const ofFixes = fixes.flatMap((one, i): readonly Template[] => {
    const at = (key: string, template: string) => ({ path: ['fixes', i, key], template });
    return one.kind === 'advice' ? [at('advice', one.text)] : [at('command', one.command), at('label', one.label)];
  });
  return [{ path: ['headline'], template: headline }, { path: ['explanation'], template: explanation }, ...ofFixes];
}

function groupsIn(message: TextMatch | undefined): readonly string[] {
  return message?.kind === 'matches'
    ? [...message.text.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map(([, name = '']) => name)
    : [];
}

const fileSchema = z
  .strictObject(
    {
      causes: z
        .array(ownCause, 'must be a list of causes')
        .max(MOST_CAUSES, `must have at most ${MOST_CAUSES} causes`)
        .default([]),
      off: z
        .array(
          z.string('must be the ID of a built-in cause').superRefine((id, context) => {
            const message = problemOfOff(id);
            if (message !== null) context.addIssue({ code: 'custom', message });
          }),
          'must be a list of built-in cause IDs',
        )
        .default([]),
    },
    { error: unknownKey('part of the file', ['causes', 'off']) },
  )
  .superRefine(({ causes }, context) => {
    for (const [i, { id }] of causes.entries()) {
      if (causes.findIndex((one) => one.id === id) < i)
        context.addIssue({ code: 'custom', path: ['causes', i, 'id'], message: `the ID ${id} is used twice` });
    }
  });

function problemOfOff(id: string): string | null {
  const ids = RULES.map((rule) => rule.id);
  if (ALWAYS_ON.includes(id)) return `${id} can't be disabled: it describes the outcome, not a cause`;
  if (ids.includes(id)) return null;
  const meant = nearest(id, ids);
  return `"${id}" isn't the ID of a built-in cause${meant === null ? '; "ktrdr-bot explain" lists them' : `; did you mean "${meant}"?`}`;
}

/** Zod's error for unknown keys, in plain words. */
function unknownKey(what: string, known: readonly string[]) {
  return (issue: { readonly code?: string | undefined; readonly keys?: readonly string[] }): string => {
    if (issue.code !== 'unrecognized_keys') return `must be ${known.join(', ')} with their values`;
    const [key = ''] = issue.keys ?? [];
    const meant = nearest(key, known);
    return `"${key}" isn't ${what}${meant === null ? `: use ${known.join(', ')}` : `; did you mean "${meant}"?`}`;
  };
}
