/** What the schemas of Block Kit are made of, and zod's issues in Slack's words. */
import { z } from 'zod';
import { isList, isObject, type JsonObject } from '../json.ts';

/** One thing wrong with a value, and the JSON pointer of the value it is wrong with. */
export interface Problem {
  readonly pointer: string;
  readonly message: string;
}

type Shape = Readonly<Record<string, z.ZodType>>;

/** The sentence as Slack writes it into `response_metadata.messages`. */
export function sentence(problem: Problem): string {
  return `[ERROR] ${problem.message} [json-pointer:${problem.pointer}]`;
}

/** Everything that Slack would refuse about the value at this pointer; empty when it is accepted. */
export function problemsIn(schema: z.ZodType, value: unknown, pointer: string): readonly Problem[] {
  const issues = schema.safeParse(value, { reportInput: true }).error?.issues ?? [];
  return issues.flatMap((issue) => problemsOf(issue, pointer));
}

/** Characters are counted as Slack does: one beyond the basic plane is one. */
export function text({ min = 1, max = Number.POSITIVE_INFINITY } = {}) {
  return z.string().check(({ value: input, issues }) => {
    const { length } = [...input];
    if (length < min) issues.push({ code: 'custom', input, message: `must be more than ${min - 1} characters` });
    if (length > max) issues.push({ code: 'custom', input, message: `must be less than ${max + 1} characters` });
  });
}

export function number(min: number, max: number) {
  const error = `must be a number from ${min} to ${max}`;
  return z.number(error).min(min, error).max(max, error);
}

export function list(item: z.ZodType, { min = 1, max = Number.MAX_SAFE_INTEGER } = {}) {
  const when = ({ value }: { readonly value: unknown }) => isList(value);
  return z
    .array(item)
    .refine(({ length }) => length >= min, { error: `no fewer than ${min} items allowed`, when })
    .refine(({ length }) => length <= max, { error: `no more than ${max} items allowed`, when });
}

/** An object with these properties and no others; a `type` is always allowed and checked by `variant`. */
export function object(required: Shape, optional: Shape = {}) {
  const optionals = Object.entries(optional).map(([key, schema]) => [key, schema.optional()] as const);
  const shape: Shape = { type: z.unknown().optional(), ...required, ...Object.fromEntries(optionals) };
  return z.strictObject(shape);
}

/** Objects distinguished by their `type`, which is added to each. */
export function variant(objects: Readonly<Record<string, z.ZodObject>>) {
  const [first, ...rest] = Object.entries(objects).map(([type, schema]) =>
    schema.safeExtend({ type: z.literal(type) }),
  );
  if (first === undefined) throw new Error('A variant needs at least one type.');
  return z.discriminatedUnion('type', [first, ...rest]);
}

/** For a condition over several properties: Slack reports it beside what is wrong with a single one. */
export function together(message: string, ...path: string[]) {
  return { error: message, path, when: ({ value }: { readonly value: unknown }) => isObject(value) };
}

/** The condition that exactly one of the properties is there. */
export function exactlyOne(...keys: readonly string[]) {
  return [
    (value: JsonObject) => keys.filter((key) => value[key] !== undefined).length === 1,
    together(`must have exactly one of: ${keys.join(', ')}`),
  ] as const;
}

const ARTICLED: Readonly<Record<string, string>> = { array: 'an array', object: 'an object' };

function problemsOf(issue: z.core.$ZodIssue, base: string): readonly Problem[] {
  const pointer = [base, ...issue.path].join('/');
  const missing = [
    {
      pointer: [base, ...issue.path.slice(0, -1)].join('/'),
      message: `missing required field: ${String(issue.path.at(-1))}`,
    },
  ];
  if (issue.input === undefined) return missing;
  const problem = (message: string): readonly Problem[] => [{ pointer, message }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.flatMap((key) => problem(`invalid additional property: ${key}`));
    case 'invalid_union': {
      const type = isObject(issue.input) ? issue.input['type'] : undefined;
      return type === undefined ? missing : problem(`unsupported type: ${String(type)}`);
    }
    case 'invalid_type':
      return problem(
        issue.expected === 'number' ? issue.message : `must be ${ARTICLED[issue.expected] ?? `a ${issue.expected}`}`,
      );
    case 'invalid_value':
      return problem(`must be one of: ${issue.values.join(', ')}`);
    default:
      return problem(issue.message);
  }
}
