import { isList, isObject, type JsonObject } from '../json.ts';

/** One thing wrong with a value, and the JSON pointer of the value it is wrong with. */
export interface Problem {
  readonly pointer: string;
  readonly message: string;
}

/** Says everything that is wrong with a value; an empty answer means that Slack accepts it. */
export type Shape = (value: unknown, pointer: string) => readonly Problem[];

interface Bounds {
  readonly min?: number;
  readonly max: number;
}

/** The sentence as Slack writes it into `response_metadata.messages`. */
export function sentence(problem: Problem): string {
  return `[ERROR] ${problem.message} [json-pointer:${problem.pointer}]`;
}

export function string({ min = 1, max }: Bounds): Shape {
  return (value, pointer) => {
    if (typeof value !== 'string') return [{ pointer, message: 'must be a string' }];
    const length = [...value].length;
    if (length < min) return [{ pointer, message: `must be more than ${min - 1} characters` }];
    return length > max ? [{ pointer, message: `must be less than ${max + 1} characters` }] : [];
  };
}

export function boolean(): Shape {
  return (value, pointer) => (typeof value === 'boolean' ? [] : [{ pointer, message: 'must be a boolean' }]);
}

export function number({ min = Number.NEGATIVE_INFINITY, max }: Bounds): Shape {
  return (value, pointer) =>
    typeof value === 'number' && value >= min && value <= max
      ? []
      : [{ pointer, message: `must be a number from ${min} to ${max}` }];
}

export function oneOf(...allowed: readonly unknown[]): Shape {
  return (value, pointer) =>
    allowed.includes(value) ? [] : [{ pointer, message: `must be one of: ${allowed.join(', ')}` }];
}

export function list(item: Shape, { min = 1, max }: Bounds): Shape {
  return (value, pointer) => {
    if (!isList(value)) return [{ pointer, message: 'must be an array' }];
    if (value.length > max) return [{ pointer, message: `no more than ${max} items allowed` }];
    if (value.length < min) return [{ pointer, message: `no fewer than ${min} items allowed` }];
    return value.flatMap((entry, index) => item(entry, `${pointer}/${index}`));
  };
}

/** An object with exactly these properties; `type` is looked at by `variant` and always allowed. */
export function object(
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
  further: (value: JsonObject, pointer: string) => readonly Problem[] = () => [],
): Shape {
  return (value, pointer) => {
    if (!isObject(value)) return [{ pointer, message: 'must be an object' }];
    const missing = Object.keys(required)
      .filter((key) => value[key] === undefined)
      .map((key) => ({ pointer, message: `missing required field: ${key}` }));
    const inside = Object.entries(value).flatMap(([key, entry]) => {
      const shape = required[key] ?? optional[key];
      if (shape !== undefined) return shape(entry, `${pointer}/${key}`);
      return key === 'type' ? [] : [{ pointer, message: `invalid additional property: ${key}` }];
    });
    return [...missing, ...inside, ...further(value, pointer)];
  };
}

/** Objects told apart by their `type`. */
export function variant(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, pointer) => {
    if (!isObject(value)) return [{ pointer, message: 'must be an object' }];
    const type = value['type'];
    if (type === undefined) return [{ pointer, message: 'missing required field: type' }];
    const shape = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
    return shape === undefined
      ? [{ pointer: `${pointer}/type`, message: `unsupported type: ${String(type)}` }]
      : shape(value, pointer);
  };
}

export function anything(): Shape {
  return () => [];
}
